import { extractRecipe } from "@brushwork/recipes";
import type { Locator, Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import type { Site } from "../../../tests/chromium.js";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { button, openDemo, paintAll, pick, save, serveDemo, tiny } from "./page.fixture.js";

describeInChromium("masks", (chromium) => {
  let site: Site;
  beforeAll(async () => {
    site = await chromium.serve(serveDemo());
  });

  it("painted with the brush keep two paintings to their parts of the photograph", async () => {
    const { page, reports } = await openDemo(chromium, site, {
      link: { ...tiny, engine: "wasm", balance: 100 },
    });
    await button(page, "Add a painting").click();
    await pickStripes(page, "Painting", "#ff2000", "#b01000");
    await pickStripes(page, "Painting 2", "#0030ff", "#0060b0");

    const editor = await openEditor(page, "Painting");
    await editor.getByLabel("Brush size").fill("50");
    await editor.getByLabel("Hardness").fill("100");
    // A brush half as wide as the photograph, down its left side.
    await drag(page, editor, [0.25, -0.1], [0.25, 1.1]);
    await button(page, "Use this mask").click();
    await page.getByText(/^Acts in (49|50|51) % of the photograph\.$/).waitFor();
    const rest = await openEditor(page, "Painting 2");
    await rest.getByRole("button", { name: "The rest" }).click();
    await button(page, "Use this mask").click();
    await expect.poll(() => page.getByText(/^Acts in (49|50|51) % of the photograph\.$/).count()).toBe(2);

    await paintAll(page);
    const [left, right] = await rednessOfHalves(page);
    expect(left! - right!).toBeGreaterThan(40);
    const { styles } = extractRecipe((await save(page, "Save PNG")).bytes) ?? {};
    expect(styles).toEqual([
      { weight: 1, contentMask: true },
      { weight: 1, contentMask: true },
    ]);
    expect(reports).toEqual({ violations: [], errors: [] });
  });

  it("of a painting say which part of it counts, and its weight how much beside another", async () => {
    const { page, reports } = await openDemo(chromium, site, {
      link: { ...tiny, engine: "wasm", balance: 100 },
    });
    await pickStripes(page, "Painting", "#ff2000", "#0030ff", { broad: true });
    await button(page, "Add a painting").click();
    const first = page.getByRole("region", { name: "Painting", exact: true });
    await first.getByLabel("Weight").fill("8");
    await first.getByText("100×").waitFor();
    const redness = async (side: number) => {
      const editor = await openEditor(page, "Painting", "What counts");
      await editor.getByLabel("Brush size").fill("50");
      await editor.getByLabel("Hardness").fill("100");
      await editor.getByRole("button", { name: "Clear" }).click();
      await drag(page, editor, [side, -0.1], [side, 1.1]);
      await button(page, "Use this mask").click();
      await first.getByText(/^(49|50|51) % of the painting counts\.$/).waitFor();
      await paintAll(page);
      const [left, right] = await rednessOfHalves(page);
      return left! + right!;
    };
    const ofBlueHalf = await redness(0.25);
    const { styles } = extractRecipe((await save(page, "Save PNG")).bytes) ?? {};
    expect(styles).toEqual([{ weight: 100, styleMask: true }, { weight: 1 }]);
    expect((await redness(0.75)) - ofBlueHalf).toBeGreaterThan(20);
    // Another painting is another picture.
    await pickStripes(page, "Painting", "#ff2000", "#b01000");
    await first.getByText("All of it counts.").waitFor();
    expect(reports).toEqual({ violations: [], errors: [] });
  });

  it("are painted, erased, filled, cleared and undone, by keys too", async () => {
    const { page } = await openDemo(chromium, site);
    const editor = await openEditor(page, "Painting");
    const sheet = editor.getByRole("application");
    await editor.getByRole("button", { name: "Use this mask" }).click();
    await editor.getByRole("alert").getByText("is black throughout").waitFor();
    await editor.getByLabel("Hardness").fill("100");

    await sheet.press("Space");
    const dab = await paintedShare(editor);
    expect(dab).toBeGreaterThan(0);
    expect(await editor.getByRole("alert").count()).toBe(0);
    await sheet.press("Shift+ArrowRight");
    const stroke = await paintedShare(editor);
    expect(stroke).toBeGreaterThan(dab);
    await sheet.press("Control+z");
    expect(await paintedShare(editor)).toBe(dab);
    await editor.getByRole("button", { name: "Fill" }).click();
    expect(await paintedShare(editor)).toBe(1);
    await editor.getByRole("button", { name: "Eraser" }).click();
    await drag(page, editor, [0.5, 0.5], [0.5, 0.5]);
    // The brush is round, and as large as before.
    expect(1 - (await paintedShare(editor))).toBeCloseTo(dab, 2);
    await editor.getByRole("button", { name: "Clear" }).click();
    expect(await paintedShare(editor)).toBe(0);
    await editor.getByRole("button", { name: "Undo" }).click();
    await editor.getByRole("button", { name: "Use this mask" }).click();
    await page.getByText(/^Acts in \d+ %/).waitFor();
    await button(page, "Everywhere").click();
    await page.getByText("Acts everywhere.").waitFor();
  });

  it("of a file are taken, with a word where they are stretched", async () => {
    const { page } = await openDemo(chromium, site);
    const editor = await openEditor(page, "Painting");
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40"/><rect width="20" height="40" fill="white"/></svg>';
    await editor
      .getByLabel("Mask file")
      .setInputFiles({ name: "half.svg", mimeType: "image/svg+xml", buffer: Buffer.from(svg) });
    await editor.getByText("has another shape than the photograph: it is stretched over it").waitFor();
    expect(await paintedShare(editor)).toBeCloseTo(0.5, 1);
    await button(page, "Use this mask").click();
    await paintAll(page);
  });

  it("that a link was made with are asked for", async () => {
    const link = { ...tiny, painting2: "way", masks: "2", styleMasks: "2", weights: "1,3.2" };
    const { page } = await openDemo(chromium, site, { link });
    await expect.poll(() => page.getByText("The link was made with a mask here").count()).toBe(2);
    await page.getByRole("region", { name: "Painting 2" }).getByText("3.2×").waitFor();
    await button(page, "Paint").click();
    await page.getByRole("alert").getByText("a mask for “The Painter on His Way to Work, 1888”").waitFor();
    await button(page, "Everywhere").click();
    await button(page, "Paint").click();
    await page.getByRole("alert").getByText("Choose what counts of that painting, or All of it").waitFor();
    await button(page, "All of it").click();
    await paintAll(page);
  });
});

async function openEditor(page: Page, heading: string, which = "Where it acts"): Promise<Locator> {
  const field = page.getByRole("group", { name: `${which}: ${heading}`, exact: true });
  await field.getByRole("button", { name: /^(Choose where|Choose a part|Change)$/ }).click();
  const editor = page.getByRole("dialog");
  await editor.getByRole("application").waitFor();
  return editor;
}

/** Drags over the mask, between points given as shares of its width and height. */
async function drag(
  page: Page,
  editor: Locator,
  from: readonly [x: number, y: number],
  to: readonly [x: number, y: number],
): Promise<void> {
  const { x, y, width, height } = (await editor.getByRole("application").boundingBox())!;
  // A stroke begins on the photograph, and may leave it.
  await page.mouse.move(x + from[0] * width, y + Math.max(0.02, from[1]) * height);
  await page.mouse.down();
  await page.mouse.move(x + from[0] * width, y + from[1] * height);
  await page.mouse.move(x + to[0] * width, y + to[1] * height, { steps: 4 });
  await page.mouse.up();
}

/** The share of the photograph that the mask shown in the editor covers. */
function paintedShare(editor: Locator): Promise<number> {
  return editor
    .locator("canvas")
    .last()
    .evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, i) => i % 4 === 3 && value > 80).length / (data.length / 4);
    });
}

/** How much more red than blue there is, on average, in the left and in the right third of the picture on the easel. */
function rednessOfHalves(page: Page): Promise<readonly number[]> {
  return page.getByRole("img", { name: /^Painted:/ }).evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const width = Math.floor(canvas.width / 3);
    return [0, canvas.width - width].map((left) => {
      const { data } = canvas.getContext("2d")!.getImageData(left, 0, width, canvas.height);
      let sum = 0;
      for (let i = 0; i < data.length; i += 4) sum += data[i]! - data[i + 2]!;
      return sum / (data.length / 4);
    });
  });
}

/** @param broad whether there is one stripe of each colour: the left half is the other */
async function pickStripes(
  page: Page,
  heading: string,
  one: string,
  other: string,
  { broad = false } = {},
): Promise<void> {
  const width = broad ? 64 : 8;
  const stripes = Array.from(
    { length: 64 / width },
    (_, i) => `<rect x="${2 * width * i}" width="${width}" height="128" fill="${other}"/>`,
  ).join("");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128"><rect width="128" height="128" fill="${one}"/>${stripes}</svg>`;
  const file = { name: `${heading}.svg`, mimeType: "image/svg+xml", buffer: Buffer.from(svg) };
  await pick(page, heading, file);
  await page
    .getByRole("region", { name: heading, exact: true })
    .getByLabel(`${heading}: ${heading}.svg`)
    .waitFor();
}
