import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { Site } from "../../../tests/chromium.js";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { button, dist, openDemo, openMore, paintAll, serveDemo } from "./page.fixture.js";

describe("what is built", () => {
  it("opens with less than 150 kB of script", () => {
    const sizes = scriptsOfPage().map((path) => gzipSync(readFileSync(path)).length);
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000);
  });

  it("opens without TensorFlow.js, which is the worker's", () => {
    for (const path of scriptsOfPage()) expect(readFileSync(path, "utf8")).not.toMatch(/_tfengine|Kernel '/);
  });

  it("has one worker to keep, with the page's own losses", () => {
    const workers = readdirSync(join(dist, "assets")).filter((name) => /worker-.*\.js$/.test(name));
    expect(workers).toEqual([expect.stringMatching(/^worker-/)]);
    expect(readFileSync(join(dist, "assets", workers[0]!), "utf8")).toContain("_tfengine");
  });

  it("has no script or style inside the page", () => {
    const html = readFileSync(join(dist, "index.html"), "utf8");
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=/i);
  });
});

describeInChromium("looks", (chromium) => {
  let site: Site;
  beforeAll(async () => {
    site = await chromium.serve(serveDemo());
  });

  it.each(["light", "dark"] as const)("has no serious fault of access in %s", async (colorScheme) => {
    const { page } = await openDemo(chromium, site, { colorScheme });
    await openMore(page);
    await page.getByText("More losses").click();
    await page.getByRole("switch", { name: "style" }).check();
    expect(await seriousFaults(page)).toEqual([]);
    await button(page, "Choose where").click();
    await page.getByRole("dialog").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await paintAll(page);
    await button(page, "Compare with the photograph").click();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByLabel("Network").selectOption("vgg19");
    await page.getByRole("dialog").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
  });

  it("fits a width of 360 pixels", async () => {
    const { page } = await openDemo(chromium, site, { viewport: { width: 360, height: 740 } });
    expect(await overflow(page)).toBe(0);
    await button(page, "Add a painting").click();
    await openMore(page);
    await page.getByText("More losses").click();
    await page.getByRole("switch", { name: "style" }).check();
    await paintAll(page);
    expect(await overflow(page)).toBe(0);
  });

  it.each([1360, 900])("leaves the settings free of the easel at a width of %i pixels", async (width) => {
    const { page } = await openDemo(chromium, site, { viewport: { width, height: 740 } });
    const easel = page.getByRole("region", { name: "Easel" });
    const settings = page.getByRole("region", { name: "Settings and figures" });
    await settings.evaluate((element) => element.scrollIntoView({ behavior: "instant" }));
    const [picture, controls] = [(await easel.boundingBox())!, (await settings.boundingBox())!];
    const below = controls.y >= picture.y + picture.height;
    const beside = controls.x >= picture.x + picture.width;
    expect(below || beside).toBe(true);
  });

  it("brings the picture into view where Paint is pressed on a phone", async () => {
    const { page } = await openDemo(chromium, site, { viewport: { width: 360, height: 640 } });
    const picture = page.getByRole("region", { name: "Easel" }).getByRole("img").first();
    const { y, height } = (await picture.boundingBox())!;
    expect(y + height).toBeGreaterThan(640);
    await button(page, "Paint").click();
    const bar = page.getByText(/^(Getting ready…|\d+ of|Done)/);
    await expect
      .poll(async () => {
        const [painted, below] = [await picture.boundingBox(), await bar.boundingBox()];
        return painted !== null && below !== null && painted.y >= 0 && painted.y + painted.height <= below.y;
      })
      .toBe(true);
  });

  it("announces to a screen reader how far it is, and no more", async () => {
    const { page } = await openDemo(chromium, site);
    await page.evaluate(() => {
      const spoken: string[] = [];
      (window as { spoken?: string[] }).spoken = spoken;
      new MutationObserver((changes) => {
        for (const { target } of changes) {
          const element = target instanceof Element ? target : target.parentElement;
          const region = element?.closest("output, [role=status], [role=alert], [aria-live]");
          if (region && region.getAttribute("aria-live") !== "off") spoken.push(region.textContent ?? "");
        }
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await page.getByLabel("Balance").fill("40");
    await paintAll(page);
    const spoken = await page.evaluate(() => (window as { spoken?: string[] }).spoken ?? []);
    const quarters = [25, 50, 75].map((share) => `${share} percent painted.`);
    const sentences = ["Getting ready to paint.", ...quarters, "The picture is painted."];
    expect(spoken.filter((sentence) => !sentences.includes(sentence))).toEqual([]);
    expect([spoken.at(0), spoken.at(-1)]).toEqual([sentences.at(0), sentences.at(-1)]);
  });

  it("lets the keyboard reach everything there is to press", async () => {
    const { page } = await openDemo(chromium, site);
    const reached = new Set<string>();
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      reached.add(
        await page.evaluate(() => {
          const { activeElement } = document;
          return activeElement?.getAttribute("aria-label") ?? activeElement?.textContent?.trim() ?? "";
        }),
      );
    }
    expect([...reached]).toEqual(
      expect.arrayContaining(["Choose a file: photograph", "Choose a file: painting", "Paint", "Copy link"]),
    );
  });
});

/** Scripts that the page loads before anything is asked of it: what it names, and what these import at once. */
function scriptsOfPage(): readonly string[] {
  const html = readFileSync(join(dist, "index.html"), "utf8");
  const waiting = [...html.matchAll(/(?:src|href)="(\.\/[^"]+\.js)"/g)].map(([, path]) => join(dist, path!));
  const found = new Set<string>();
  for (const path of waiting) {
    if (found.has(path)) continue;
    found.add(path);
    const text = readFileSync(path, "utf8");
    for (const [, imported] of text.matchAll(
      /(?:^|[;}\s])(?:import|export)[^;("'`]*["'`](\.\.?\/[^"'`]+\.js)["'`]/g,
    ))
      waiting.push(join(dirname(path), imported!));
  }
  return [...found];
}

async function seriousFaults(page: Page): Promise<readonly string[]> {
  // Colours are judged at rest.
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof import("axe-core") }).axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
}

function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
