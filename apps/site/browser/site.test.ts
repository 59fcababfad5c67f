import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { type Site, serveSite } from "../../../tests/chromium.js";
import { describeInChromium } from "../../../tests/in-chromium.js";

const dist = fileURLToPath(new URL("../.vitepress/dist", import.meta.url));

/** The addresses of all pages, from the site's root, with what they hold. */
function readPages(): ReadonlyMap<string, string> {
  if (!existsSync(dist)) throw new Error("Expected the site to be built, found nothing: run pnpm build.");
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(sep).join("/"))
    .filter((file) => file.endsWith(".html") && file !== "404.html" && !file.startsWith("try/"));
  return new Map(
    files.map((file) => [
      file.replace(/(^|\/)index\.html$|\.html$/, "$1"),
      readFileSync(join(dist, file), "utf8"),
    ]),
  );
}

describe("the site", () => {
  const pages = readPages();

  it("has a page for each text and each package", () => {
    for (const page of [
      "",
      "getting-started",
      "troubleshooting",
      "messages",
      "packages/cli",
      "packages/loss-tv",
    ])
      expect(pages.has(page), page).toBe(true);
    expect([...pages.keys()].filter((page) => page.startsWith("api/@brushwork/")).length).toBeGreaterThan(17);
  });

  it("has no link that leads nowhere", () => {
    const ids = new Map(
      Array.from(pages, ([page, html]) => [
        page,
        new Set(Array.from(html.matchAll(/ id="([^"]+)"/g), ([, id]) => id)),
      ]),
    );
    const broken: string[] = [];
    let links = 0;
    for (const [page, html] of pages)
      for (const [, href = ""] of html.matchAll(/<a [^>]*href="([^"]+)"/g)) {
        const { origin, pathname, hash } = new URL(href.replaceAll("&amp;", "&"), `http://site/${page}`);
        if (origin !== "http://site" || pathname === "/try/") continue;
        links++;
        const target = ids.get(decodeURIComponent(pathname.slice(1)));
        if (!target || (hash !== "" && !target.has(decodeURIComponent(hash.slice(1)))))
          broken.push(`${page}: ${href}`);
      }
    expect(links).toBeGreaterThan(500);
    expect(broken).toEqual([]);
  });

  it("explains every message", () => {
    const text = pages.get("messages") ?? "";
    // One of the command, of the core, of a backend and of the page.
    for (const message of [
      "‹file› already exists: choose another name, or pass --force.",
      "The run was aborted.",
      "is damaged or cut off: get it again.",
      "This browser cannot encode films. Save the picture instead.",
    ])
      expect(text).toContain(message);
  });
});

describeInChromium("the site in Chromium", (chromium) => {
  let site: Site;
  beforeAll(async () => {
    site = await chromium.serve(serveSite({ folder: dist }));
  });

  it.each([
    ["a phone", { width: 390, height: 844 }],
    ["a desktop", { width: 1280, height: 900 }],
  ])("fits %s, without an error", async (_, viewport) => {
    const page = await chromium.newPage({ viewport });
    const errors = errorsOf(page);
    for (const path of [
      "",
      "getting-started",
      "pictures",
      "packages/cli",
      "messages",
      "api/@brushwork/core",
    ]) {
      await page.goto(site.address + path, { waitUntil: "networkidle" });
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), path).toBe(0);
      const broken = await page.evaluate(() =>
        Array.from(document.images)
          .filter(({ complete, naturalWidth }) => complete && naturalWidth === 0)
          .map(({ src }) => src),
      );
      expect(broken, path).toEqual([]);
    }
    await page.evaluate(axe.source);
    expect(await seriousFaults(page)).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("finds what is searched for, and leads to the page that paints", async () => {
    const page = await chromium.newPage({ viewport: { width: 1280, height: 900 } });
    const errors = errorsOf(page);
    await page.goto(`${site.address}getting-started`, { waitUntil: "networkidle" });
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByRole("searchbox").fill("flicker");
    await page.getByRole("option").filter({ hasText: "Films" }).first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Try it" }).click();
    await page.getByRole("button", { name: "Paint", exact: true }).waitFor();
    expect(errors).toEqual([]);
  });
});

function errorsOf(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  return errors;
}

async function seriousFaults(page: Page): Promise<readonly string[]> {
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(".VPDoc", { resultTypes: ["violations"] }),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}
