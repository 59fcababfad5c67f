import { existsSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { type Site, type SiteOptions, serveSite } from "../../../tests/chromium.js";
import type { Chromium } from "../../../tests/in-chromium.js";
import { policy } from "../content-security-policy.js";

export const dist = fileURLToPath(new URL("../dist", import.meta.url));

const examples = fileURLToPath(new URL("../../../examples", import.meta.url));

export const photograph = join(examples, "content.jpg");
export const painting = join(examples, "style.jpg");

/** The built page as a file host serves it: below a path, and with the page's policy for its workers too. */
export function serveDemo(options: SiteOptions = {}): Promise<Site> {
  if (!existsSync(dist)) throw new Error("Expected the page to be built, found nothing: run pnpm build.");
  const headers = { "content-security-policy": policy };
  return serveSite({ folder: dist, base: "/some/where/", headers, ...options });
}

/** A step takes some hundredths of a second. */
export const tiny = { size: 64, steps: 4 };

export interface OpenOptions extends BrowserContextOptions {
  /** What the link says. */
  readonly link?: Readonly<Record<string, string | number>>;
  /** Absent: the one that all tests share. */
  readonly browser?: Browser;
}

/** What the browser reports of a page, for tests to find empty. */
export interface Reports {
  readonly violations: readonly string[];
  readonly errors: readonly string[];
}

export async function openDemo(
  chromium: Chromium,
  { address }: Pick<Site, "address">,
  { link = tiny, browser, ...options }: OpenOptions = {},
): Promise<{ readonly page: Page; readonly reports: Reports }> {
  const page = await chromium.newPage(options, browser);
  // The tests' own limit ends what never comes.
  page.context().setDefaultTimeout(0);
  const reports = { violations: [] as string[], errors: [] as string[] };
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) reports.violations.push(message.text());
  });
  page.on("pageerror", (error) => reports.errors.push(error.message));
  const hash = new URLSearchParams(Object.entries(link).map(([name, value]) => [name, String(value)]));
  await page.goto(`${address}#${hash}`);
  await slotPicture(page, "Photograph").waitFor();
  await slotPicture(page, "Painting").waitFor();
  return { page, reports };
}

export function button(page: Page, name: string) {
  return page.getByRole("button", { name, exact: true });
}

export function slotPicture(page: Page, heading: "Photograph" | "Painting") {
  return page.getByRole("region", { name: heading, exact: true }).getByRole("img", { name: `${heading}:` });
}

export async function pick(page: Page, heading: string, file: Parameters<Page["setInputFiles"]>[1]) {
  await page.getByLabel(`${heading}: file`, { exact: true }).setInputFiles(file);
}

/** Presses Paint and waits for the last step. */
export async function paintAll(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Paint( again)?$/ }).click();
  const end = page.getByText(/^(Done:|Ended after|Nothing was painted)/);
  await end.waitFor();
  if (!(await end.textContent())?.startsWith("Done:"))
    throw new Error(
      `Expected the page to paint, got: ${(await page.getByRole("alert").allTextContents()).join(" ")}`,
    );
}

/** Presses Paint, and stops as soon as there is a step. */
export async function paintABit(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Paint( again)?$/ }).click();
  await button(page, "Stop").click();
  await page.getByText(/^Stopped after/).waitFor();
}

/** What stands in the slot; waits for it. */
export async function expectPicture(
  page: Page,
  heading: "Photograph" | "Painting",
  title: string,
): Promise<void> {
  await slotPicture(page, heading).and(page.getByLabel(title)).waitFor();
}

/** The pixels on the easel, as an address of data. */
export function easelPixels(page: Page): Promise<string> {
  return page
    .getByRole("region", { name: "Easel" })
    .getByRole("img")
    .first()
    .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
}

export async function save(page: Page, name: "Save PNG" | "Save JPEG" | "Save film") {
  const [download] = await Promise.all([page.waitForEvent("download"), button(page, name).click()]);
  const bytes = await buffer(await download.createReadStream());
  return { name: download.suggestedFilename(), bytes: new Uint8Array(bytes) };
}

/** Opens what is folded away below the settings. */
export function openMore(page: Page): Promise<void> {
  return page.getByText("More", { exact: true }).click();
}

/** The width and height that a PNG states. @throws {Error} when it is none */
export function sizeOfPng(bytes: Uint8Array): readonly [width: number, height: number] {
  const file = Buffer.from(bytes);
  if (file.toString("latin1", 0, 8) !== "\x89PNG\r\n\x1a\n")
    throw new Error("Expected a PNG, got another file.");
  return [file.readUInt32BE(16), file.readUInt32BE(20)];
}
