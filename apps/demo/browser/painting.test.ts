import { readFileSync } from "node:fs";
import { extractRecipe } from "@brushwork/recipes";
import type { Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import type { Site } from "../../../tests/chromium.js";
import { describeInChromium } from "../../../tests/in-chromium.js";
import {
  button,
  easelPixels,
  expectPicture,
  openDemo,
  paintAll,
  painting,
  photograph,
  pick,
  save,
  serveDemo,
  sizeOfPng,
  tiny,
} from "./page.fixture.js";

describeInChromium("painting", (chromium) => {
  let site: Site;
  beforeAll(async () => {
    site = await chromium.serve(serveDemo());
  });

  // Graphics cards in software take a second for a step, and many more to begin. WebGL differs in nothing but the engine,
  // which the tests of backend-web compare with Node's.
  it.each([
    ["webgpu", "WebGPU", 3],
    ["wasm", "WebAssembly", 12],
  ])(
    "paints picked files with %s and saves a picture with its recipe",
    { timeout: 900_000 },
    async (engine, title, steps) => {
      const { page, reports } = await openDemo(chromium, site, { link: { ...tiny, steps, engine } });
      await pick(page, "Photograph", {
        name: "my cat.jpg",
        mimeType: "image/jpeg",
        buffer: readFileSync(photograph),
      });
      await expectPicture(page, "Photograph", "my cat.jpg");
      await pick(page, "Painting", painting);
      await expectPicture(page, "Painting", "style.jpg");
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
    },
  );

  it("saves a JPEG with the recipe, and a film that plays", async () => {
    const { page } = await openDemo(chromium, site, { link: { size: 64, steps: 2000 } });
    await button(page, "Paint").click();
    // What is shown is filmed, and how many pictures that is in so many steps depends on the machine.
    const shown = new Set<string>();
    const count = async () => shown.add(await easelPixels(page)).size;
    await expect.poll(count, { timeout: 300_000 }).toBeGreaterThan(8);
    await button(page, "Stop").click();
    const stopped = await page.getByText(/^Stopped after/).textContent();
    const steps = Number(stopped?.match(/\d+/)?.[0]);
    const jpeg = await save(page, "Save JPEG");
    expect(jpeg.name).toBe("chelsea-the-cat-the-church-at-auvers-1890.jpg");
    expect(extractRecipe(jpeg.bytes)).toMatchObject({ scales: [{ size: 64, steps }] });
    const film = await save(page, "Save film");
    expect(film.name).toMatch(/^chelsea-the-cat-the-church-at-auvers-1890\.(mp4|webm)$/);
    const { width, height, duration, changes } = await watch(page, film.bytes);
    // The picture has 64×43 pixels; films want even sides.
    expect([width, height]).toEqual([64, 44]);
    expect(duration).toBeCloseTo(7.5, 1);
    expect(changes).toBeGreaterThan(3);
  });

  it("films what is transparent on white, as in a JPEG", async () => {
    const { page } = await openDemo(chromium, site);
    await pick(page, "Photograph", {
      name: "disc.svg",
      mimeType: "image/svg+xml",
      buffer: Buffer.from(
        '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"><circle cx="45" cy="30" r="25"/></svg>',
      ),
    });
    await expectPicture(page, "Photograph", "disc.svg");
    await paintAll(page);
    const { corner } = await watch(page, (await save(page, "Save film")).bytes);
    expect(Math.min(...corner)).toBeGreaterThan(240);
  });

  it("offers to paint what is chosen next, and to paint the same again", async () => {
    const { page } = await openDemo(chromium, site);
    await paintAll(page);
    await button(page, "Paint again").waitFor();
    await pick(page, "Painting", painting);
    await button(page, "Paint").waitFor();
    await page.getByRole("img", { name: /^Painted:/ }).waitFor();
  });

  it("pauses, resumes, takes new weights at the next step and stops with the picture so far", async () => {
    const { page } = await openDemo(chromium, site, { link: { size: 64, steps: 2000 } });
    await button(page, "Paint").click();
    await page.getByRole("img", { name: /^Painted:/ }).waitFor();

    await button(page, "Pause").click();
    const paused = await page.getByText(/^Paused after/).textContent();
    const styleBefore = await lossNow(page, "style");
    const contentBefore = await lossNow(page, "content");
    // Steps take a fraction of what it takes to save a picture.
    const shown = extractRecipe((await save(page, "Save PNG")).bytes);
    expect(await page.getByText(/^Paused after/).textContent()).toBe(paused);
    // The last preview may be some steps old; it carries its own.
    const [scale] = shown?.scales ?? [];
    expect(scale?.steps).toBeGreaterThanOrEqual(1);
    expect(scale?.steps).toBeLessThanOrEqual(Number(paused?.match(/\d+/)?.[0]));

    await page.getByLabel("Balance").fill("100");
    await button(page, "Resume").click();
    await button(page, "Pause").click();
    await page.getByText(/^Paused after/).waitFor();
    // Half of the thirtyfold goes to each: × √30, and ÷ √30. The picture has gone on by a few steps.
    expect((await lossNow(page, "style")) / styleBefore).toBeGreaterThan(2);
    expect((await lossNow(page, "content")) / contentBefore).toBeLessThan(0.5);

    await button(page, "Resume").click();
    await button(page, "Stop").click();
    const stopped = await page.getByText(/^Stopped after/).textContent();
    const steps = Number(stopped?.match(/\d+/)?.[0]);
    expect(steps).toBeLessThan(2000);
    const recipe = extractRecipe((await save(page, "Save PNG")).bytes);
    expect(recipe?.scales).toEqual([{ size: 64, steps }]);
    // √30.
    expect(recipe?.terms.find(({ name }) => name === "style")?.weight).toBeCloseTo(5.48, 2);
  });

  it("paints five times in a row and leaves nothing behind", async () => {
    const { page } = await openDemo(chromium, site, { link: tiny });
    const session = await page.context().newCDPSession(page);
    const heaps: number[] = [];
    for (let i = 0; i < 5; i++) {
      await paintAll(page);
      await expect.poll(() => page.workers().length).toBe(0);
      await session.send("HeapProfiler.collectGarbage");
      heaps.push((await session.send("Runtime.getHeapUsage")).usedSize);
    }
    // The first run brings the chart. The worker's code alone, were one left, is 1 MB.
    expect(heaps[4]! - heaps[1]!).toBeLessThan(400_000);
  });

  it("can be cancelled before the first step, and begun again", async () => {
    const { page } = await openDemo(chromium, site, { serviceWorkers: "block" });
    const weights = "**/compact-*.safetensors";
    // They never arrive.
    await page.route(weights, () => {});
    await button(page, "Paint").click();
    await page.getByText("Getting ready…").waitFor();
    await button(page, "Cancel").click();
    await button(page, "Paint").waitFor();
    await expect.poll(() => page.workers().length).toBe(0);
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.unroute(weights);
    await paintAll(page);
  });

  it("asks before the page is left in mid-run", async () => {
    const { page } = await openDemo(chromium, site, { link: { size: 64, steps: 2000 } });
    await button(page, "Paint").click();
    await page.getByRole("img", { name: /^Painted:/ }).waitFor();
    const [dialog] = await Promise.all([page.waitForEvent("dialog"), page.close({ runBeforeUnload: true })]);
    expect(dialog.type()).toBe("beforeunload");
    await dialog.accept();
  });

  it("fills the screen with the easel, and gives it back", async () => {
    const { page } = await openDemo(chromium, site);
    const isFull = () => page.evaluate(() => document.fullscreenElement?.getAttribute("aria-label") ?? null);
    await button(page, "Full screen").click();
    await expect.poll(isFull).toBe("Easel");
    await page.getByRole("button", { name: "Full screen", pressed: true }).click();
    await expect.poll(isFull).toBe(null);
    await page.getByRole("button", { name: "Full screen", pressed: false }).waitFor();
  });

  it("compares, zooms and keeps the keyboard's focus visible", async () => {
    const { page } = await openDemo(chromium, site);
    await paintAll(page);
    await button(page, "Compare with the photograph").click();
    const split = page.getByLabel("Photograph or painted picture");
    await split.fill("25");
    const before = page.getByRole("img", { name: "The photograph before" });
    expect(await before.evaluate((canvas) => getComputedStyle(canvas).clipPath)).toBe(
      "inset(0px 75% 0px 0px)",
    );
    const picture = page.getByRole("img", { name: /^Painted:/ });
    const { x, y, width, height } = (await picture.boundingBox())!;
    await page.mouse.move(x + width / 4, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + (width * 3) / 5, y + height / 3);
    await page.mouse.up();
    expect(await split.inputValue()).toBe("60");
    const fitted = (await picture.boundingBox())!.width;
    await button(page, "Zoom in").press("+");
    expect((await picture.boundingBox())!.width / fitted).toBeCloseTo(1.5, 2);
    await button(page, "Zoom in").press("0");
    expect((await picture.boundingBox())!.width / fitted).toBeCloseTo(1, 2);
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

/** What the legend says of a term. */
async function lossNow(page: Page, term: string): Promise<number> {
  return Number((await page.locator(`[data-term=${term}] output`).textContent())?.replaceAll(",", ""));
}

/**
 * Plays a film from beginning to end. `changes`: how many of eleven moments look different from the one before;
 * `corner`: the colour of its first pixel in the end.
 */
function watch(page: Page, bytes: Uint8Array) {
  return page.evaluate(async (text) => {
    const film = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const video = document.createElement("video");
    video.src = URL.createObjectURL(new Blob([film]));
    const next = (type: string) =>
      new Promise((resolve, reject) => {
        video.addEventListener(type, resolve, { once: true });
        video.addEventListener("error", () => reject(new Error(video.error?.message)), { once: true });
      });
    await next("loadeddata");
    const { videoWidth: width, videoHeight: height, duration } = video;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d")!;
    const seen: string[] = [];
    for (let tenth = 0; tenth <= 10; tenth++) {
      const arrived = next("seeked");
      video.currentTime = (duration * tenth) / 10;
      await arrived;
      context.drawImage(video, 0, 0);
      seen.push(canvas.toDataURL());
    }
    return {
      width,
      height,
      duration,
      changes: seen.filter((frame, i) => i > 0 && frame !== seen[i - 1]).length,
      corner: [...context.getImageData(0, 0, 1, 1).data.subarray(0, 3)],
    };
  }, Buffer.from(bytes).toString("base64"));
}
