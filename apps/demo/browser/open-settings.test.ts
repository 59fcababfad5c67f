import { extractRecipe, presets } from "@brushwork/recipes";
import { beforeAll, expect, it } from "vitest";
import type { Site } from "../../../tests/chromium.js";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { button, openDemo, openMore, paintAll, painting, save, serveDemo, tiny } from "./page.fixture.js";

describeInChromium("the settings of a picture", (chromium) => {
  let site: Site;
  beforeAll(async () => {
    site = await chromium.serve(serveDemo());
  });

  it("paint the same picture again", async () => {
    const link = {
      ...tiny,
      engine: "wasm",
      balance: 40,
      strokes: -2,
      colors: "luma",
      colorStrength: 60,
      painting2: "way",
      weights: "1,3.2",
    };
    const { page: first } = await openDemo(chromium, site, { link });
    await paintAll(first);
    const before = await save(first, "Save PNG");
    const { page, reports } = await openDemo(chromium, site, {
      link: { engine: "wasm", painting2: "way" },
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const picked = page.getByLabel("Picture with settings");
    await picked.setInputFiles({
      name: "mine.png",
      mimeType: "image/png",
      buffer: Buffer.from(before.bytes),
    });
    await openMore(page);
    await expect.poll(() => page.getByLabel("Preset").inputValue()).toBe("opened");
    await page.getByRole("region", { name: "Painting 2" }).getByText("3.2×").waitFor();
    await paintAll(page);
    const { bytes } = await save(page, "Save PNG");
    expect(extractRecipe(bytes)).toEqual(extractRecipe(before.bytes));
    expect(Buffer.from(bytes).equals(Buffer.from(before.bytes))).toBe(true);
    await button(page, "Copy link").click();
    await button(page, "Copied").waitFor();
    const copied = new URL(await page.evaluate(() => navigator.clipboard.readText()));
    const { page: linked } = await openDemo(chromium, site, {
      link: Object.fromEntries(new URLSearchParams(copied.hash.slice(1))),
    });
    await openMore(linked);
    await expect.poll(() => linked.getByLabel("Preset").inputValue()).toBe("opened");
    await paintAll(linked);
    expect(extractRecipe((await save(linked, "Save PNG")).bytes)).toEqual(extractRecipe(before.bytes));
    expect(reports).toEqual({ violations: [], errors: [] });
  });

  it("are left out of a link that the page cannot paint by", async () => {
    const term = { loss: "magic", weight: 1, options: {} };
    const recipe = JSON.stringify({ ...presets.default.recipe, terms: [term] });
    const { page } = await openDemo(chromium, site, { link: { recipe, balance: 40 } });
    await page
      .getByRole("alert")
      .getByText('Expected the recipe to name a known loss, got "magic"')
      .waitFor();
    await openMore(page);
    expect(await page.getByLabel("Preset").inputValue()).toBe("default");
  });

  it("are missed in a picture that carries none, in one sentence", async () => {
    const { page } = await openDemo(chromium, site);
    const picked = page.getByLabel("Picture with settings");
    await picked.setInputFiles(painting);
    await page.getByRole("alert").getByText("The picture style.jpg carries no settings").waitFor();
    const text = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("Dear diary") };
    await picked.setInputFiles(text);
    await page.getByRole("alert").getByText("Expected a picture file of one of the formats").waitFor();
    await openMore(page);
    expect(await page.getByLabel("Preset").inputValue()).toBe("default");
  });
});
