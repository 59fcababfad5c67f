import { readFileSync } from "node:fs";
import { extractRecipe } from "@brushwork/core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { absenceOfChromium, launchChromium, type Site } from "../../../tests/chromium.js";
import {
  button,
  easelPixels,
  openDemo,
  paintAll,
  painting,
  photograph,
  pick,
  save,
  serveDemo,
  sizeOfPng,
  slotPicture,
  tiny,
} from "./page.fixture.js";

const absence = absenceOfChromium();

describe.skipIf(absence !== undefined)(`painting${absence ? ` (skipped: ${absence})` : ""}`, () => {
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    [browser, site] = await Promise.all([launchChromium(), serveDemo()]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  // Graphics cards in software take a second for a step, and many more to begin.
  it.each([
    ["webgpu", "WebGPU", 4],
    ["webgl", "WebGL", 4],
    ["wasm", "WebAssembly", 40],
  ])(
    "paints picked files with %s and saves a picture with its recipe",
    { timeout: 150_000 },
    async (engine, title, steps) => {
      const { page, reports } = await openDemo(browser, site, { link: { ...tiny, steps, engine } });
      await pick(page, "Photograph", {
        name: "my cat.jpg",
        mimeType: "image/jpeg",
        buffer: readFileSync(photograph),
      });
      await slotPicture(page, "Photograph").and(page.getByLabel("my cat.jpg")).waitFor();
      await pick(page, "Painting", painting);
      await slotPicture(page, "Painting").and(page.getByLabel("style.jpg")).waitFor();
      const before = await easelPixels(page);
      await recordTotals(page);

      await paintAll(page);

      expect(await easelPixels(page)).not.toBe(before);
      const totals = await recordedTotals(page);
      expect(totals.length).toBeGreaterThan(1);
      expect(totals.at(-1)).toBeLessThan(totals[0]!);
      await page.getByText(title, { exact: true }).and(page.getByRole("definition")).waitFor();

      const { name, bytes } = await save(page, "Save PNG");
      expect(name).toBe("my-cat-style.png");
      // The photograph has 451×300 pixels.
      expect(sizeOfPng(bytes)).toEqual([64, 43]);
      expect(extractRecipe(bytes)).toMatchObject({
        network: { name: "compact" },
        scales: [{ size: 64, steps }],
      });
      expect(reports).toEqual({ violations: [], errors: [] });
      await page.context().close();
    },
  );

  it("saves a JPEG with the recipe, and a film", async () => {
    const { page } = await openDemo(browser, site);
    await paintAll(page);
    const jpeg = await save(page, "Save JPEG");
    expect(jpeg.name).toBe("chelsea-the-cat-the-church-at-auvers-1890.jpg");
    expect(extractRecipe(jpeg.bytes)).toMatchObject({ scales: [{ size: 64, steps: 40 }] });
    const film = await save(page, "Save film");
    // A box named ftyp begins an MP4; the number of EBML begins a WebM.
    const beginning = Buffer.from(film.bytes.subarray(0, 8)).toString("latin1");
    expect(film.name.endsWith(".mp4") ? beginning.slice(4) : beginning.slice(0, 4)).toBe(
      film.name.endsWith(".mp4") ? "ftyp" : "\x1a\x45\xdf\xa3",
    );
    await page.context().close();
  });

  it("pauses, resumes, takes new weights and stops with the picture so far", async () => {
    const { page } = await openDemo(browser, site, { link: { size: 64, steps: 2000 } });
    await button(page, "Paint").click();
    await page.getByRole("img", { name: /^Painted:/ }).waitFor();

    await button(page, "Pause").click();
    const paused = page.getByText(/^Paused after/);
    await paused.waitFor();
    const progress = page.getByRole("progressbar", { name: "Painted so far" });
    // What was on its way when it paused arrives.
    await page.waitForTimeout(300);
    const at = await progress.getAttribute("value");
    await page.waitForTimeout(300);
    expect(await progress.getAttribute("value")).toBe(at);

    await button(page, "Resume").click();
    await page.getByLabel("Balance").fill("100");
    await expect.poll(() => progress.getAttribute("value")).not.toBe(at);

    await button(page, "Stop").click();
    const stopped = await page.getByText(/^Stopped after/).textContent();
    const steps = Number(stopped?.match(/\d+/)?.[0]);
    expect(steps).toBeLessThan(2000);
    const recipe = extractRecipe((await save(page, "Save PNG")).bytes);
    expect(recipe?.scales).toEqual([{ size: 64, steps }]);
    // Half of the thirtyfold goes to the style: 8 · √30.
    expect(recipe?.terms.find(({ name }) => name === "style")?.weight).toBeCloseTo(43.82, 2);
    await page.context().close();
  });

  it("asks before the page is left in mid-run", async () => {
    const { page } = await openDemo(browser, site, { link: { size: 64, steps: 2000 } });
    await button(page, "Paint").click();
    await page.getByRole("img", { name: /^Painted:/ }).waitFor();
    const [dialog] = await Promise.all([page.waitForEvent("dialog"), page.close({ runBeforeUnload: true })]);
    expect(dialog.type()).toBe("beforeunload");
    await dialog.accept();
  });

  it("compares, zooms and keeps the keyboard's focus visible", async () => {
    const { page } = await openDemo(browser, site);
    await paintAll(page);
    await button(page, "Compare with the photograph").click();
    const split = page.getByLabel("Photograph or painted picture");
    await split.fill("25");
    const before = page.getByRole("img", { name: "The photograph before" });
    expect(await before.evaluate((canvas) => getComputedStyle(canvas).clipPath)).toBe(
      "inset(0px 75% 0px 0px)",
    );
    const picture = page.getByRole("img", { name: /^Painted:/ });
    const fitted = (await picture.boundingBox())!.width;
    await button(page, "Zoom in").press("+");
    expect((await picture.boundingBox())!.width / fitted).toBeCloseTo(1.5, 2);
    await button(page, "Zoom in").press("0");
    expect((await picture.boundingBox())!.width / fitted).toBeCloseTo(1, 2);
    await page.context().close();
  });
});

/** Notes every total that the legend shows. */
async function recordTotals(page: Page): Promise<void> {
  await page.evaluate(() => {
    const totals: number[] = [];
    (window as { totals?: number[] }).totals = totals;
    new MutationObserver(() => {
      const shown = document.querySelector("[data-term=total] output")?.textContent;
      const total = Number(shown?.replaceAll(",", ""));
      if (shown && total !== totals.at(-1)) totals.push(total);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

function recordedTotals(page: Page): Promise<readonly number[]> {
  return page.evaluate(() => (window as { totals?: number[] }).totals ?? []);
}
