import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { button, dist, openDemo, paintAll, save, serveDemo, slotPicture, tiny } from "./page.fixture.js";

describeInChromium("kept by the browser, the page", (chromium) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "brushwork-page-"));
    cpSync(dist, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ["a plain host", {}],
    ["a host that sends on who asks for index.html", { "index.html": "" }],
  ])("opens and paints again without a network, from %s", async (_, redirects) => {
    const site = await serveDemo({ redirects });
    const { page } = await openDemo(chromium, site);
    await serviceWorker(page);
    await site.close();
    await page.reload();
    await slotPicture(page, "Photograph").waitFor();
    await paintAll(page);
  });

  it("computes in threads from the second visit on, under the page's policy", async () => {
    const site = await chromium.serve(serveDemo());
    const { page } = await openDemo(chromium, site, { link: { ...tiny, engine: "wasm" } });
    await serviceWorker(page);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await page.reload();
    await slotPicture(page, "Photograph").waitFor();
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await paintAll(page);
    await page.getByText(/^WebAssembly \(SIMD\), \d+ threads?$/).waitFor();
  });

  it("leaves alone what else lies in its folder", async () => {
    const site = await chromium.serve(serveDemo({ files: { "notes/index.html": "<h1>Notes</h1>" } }));
    const { page } = await openDemo(chromium, site);
    await serviceWorker(page);
    await page.goto(`${site.address}notes/`);
    await page.getByRole("heading", { name: "Notes" }).waitFor();
    await page.goto(`${site.address}index.html?from=notes`);
    await slotPicture(page, "Photograph").waitFor();
  });

  it("gives way to a newer version when it is asked to, and pages of the older go on", async () => {
    const site = await chromium.serve(serveDemo({ folder }));
    const { page, reports } = await openDemo(chromium, site);
    await serviceWorker(page);
    await paintAll(page);
    const other = await page.context().newPage();
    await other.goto(page.url());
    await paintAll(other);

    publishNewer(folder);
    // Browsers look for it when a page is opened, and once a day.
    await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
    const offer = button(page, "A newer version is ready: load it");
    await offer.waitFor();
    expect(await version(page)).toBe("older");
    // A part that was not loaded yet, and that the host no longer has.
    expect((await save(page, "Save film")).bytes.length).toBeGreaterThan(1000);

    await offer.click();
    await expect.poll(() => version(page)).toBe("newer");
    await paintAll(page);
    expect(await version(other)).toBe("older");
    expect((await save(other, "Save film")).bytes.length).toBeGreaterThan(1000);
    expect(reports).toEqual({ violations: [], errors: [] });
  });
});

/** Waits until it has all files and answers for the host. */
async function serviceWorker(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}

/** The build that a page is of; undefined while it loads. */
async function version(page: Page): Promise<string | undefined> {
  const scripts = await page.content().catch(() => "");
  return /assets\/page-(newer)?/.test(scripts)
    ? scripts.includes("page-newer")
      ? "newer"
      : "older"
    : undefined;
}

/** What a build does to the folder after a change: new names for what has changed, and new versions of what names it. */
function publishNewer(folder: string): void {
  const assets = join(folder, "assets");
  const renamed = readdirSync(assets).flatMap((name) => {
    const [, kind] = /^(page|film)-.*\.js$/.exec(name) ?? [];
    return kind === undefined ? [] : [{ name, newer: `${kind}-newer.js` }];
  });
  expect(renamed.length).toBe(2);
  for (const { name, newer } of renamed) renameSync(join(assets, name), join(assets, newer));
  for (const path of ["index.html", "service-worker.js", "assets/page-newer.js", "assets/film-newer.js"]) {
    let text = readFileSync(join(folder, path), "utf8");
    for (const { name, newer } of renamed) text = text.replaceAll(name, newer);
    // The version, a hash of all files, stands in the service worker alone.
    if (path === "service-worker.js") text = text.replace(/(["'`])[0-9a-f]{12}\1/, '"newer"');
    writeFileSync(join(folder, path), text);
  }
}
