import { extractRecipe } from "@brushwork/recipes";
import type { Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import type { Site } from "../../../tests/chromium.js";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { button, openDemo, paintAll, save, serveDemo, tiny } from "./page.fixture.js";

describeInChromium("more losses", (chromium) => {
  let site: Site;
  beforeAll(async () => {
    site = await chromium.serve(serveDemo());
  });

  it("join the preset's, and the saved picture carries them", async () => {
    const { page, reports } = await openDemo(chromium, site);
    const gram = await openLosses(page);
    expect(await page.getByRole("switch").count()).toBe(5);
    await gram.getByRole("switch", { name: "style" }).check();
    // Ten to the power of two.
    await gram.getByLabel("Weight", { exact: true }).fill("8");
    await gram.getByLabel("Reduction").selectOption("relative");
    await gram.getByRole("checkbox", { name: "relu5_1" }).uncheck();
    await paintAll(page);
    await page.locator('[data-term="style 2"]').waitFor();

    const { terms = [] } = extractRecipe((await save(page, "Save PNG")).bytes) ?? {};
    expect(terms.map(({ loss, name = loss }) => [loss, name])).toEqual([
      ["content", "content"],
      ["wasserstein", "style"],
      ["tv", "tv"],
      ["style", "style 2"],
    ]);
    expect(terms.at(-1)).toEqual({
      loss: "style",
      name: "style 2",
      weight: 100,
      options: { layers: ["relu1_1", "relu2_1", "relu3_1", "relu4_1"], reduction: "relative" },
    });

    await gram.getByRole("switch", { name: "style" }).uncheck();
    await paintAll(page);
    expect(extractRecipe((await save(page, "Save PNG")).bytes)?.terms).toHaveLength(3);
    expect(reports).toEqual({ violations: [], errors: [] });
  });

  it("take new weights at the next step", async () => {
    const { page } = await openDemo(chromium, site, { link: { size: 64, steps: 2000 } });
    const gram = await openLosses(page);
    await gram.getByRole("switch", { name: "style" }).check();
    await button(page, "Paint").click();
    await page.getByRole("img", { name: /^Painted:/ }).waitFor();
    expect(await gram.getByLabel("Reduction").isDisabled()).toBe(true);
    await button(page, "Pause").click();
    await page.getByText(/^Paused after/).waitFor();
    await gram.getByLabel("Weight", { exact: true }).fill("12");
    await button(page, "Resume").click();
    await button(page, "Pause").click();
    await page.getByText(/^Paused after/).waitFor();
    await button(page, "Stop").click();
    await page.getByRole("button", { name: /^Paint( again)?$/ }).waitFor();
    const { terms = [] } = extractRecipe((await save(page, "Save PNG")).bytes) ?? {};
    expect(terms.at(-1)).toEqual({ loss: "style", name: "style 2", weight: 1000, options: {} });
  });

  it("say what is wrong with their options", async () => {
    const { page } = await openDemo(chromium, site);
    const gram = await openLosses(page);
    await gram.getByRole("switch", { name: "style" }).check();
    const weights = gram.getByLabel("Weights of single layers");
    await weights.fill("much");
    await button(page, "Paint").click();
    await page
      .getByRole("alert")
      .getByText('Expected the option "layerWeights" of the loss "style" to be an object, got "much".')
      .waitFor();
    expect(await weights.inputValue()).toBe("much");

    await weights.fill("");
    await weights.blur();
    expect(await weights.inputValue()).toBe("{}");
    await paintAll(page);
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("travel in links", async () => {
    const { page } = await openDemo(chromium, site, { permissions: ["clipboard-read", "clipboard-write"] });
    const gram = await openLosses(page);
    await gram.getByRole("switch", { name: "style" }).check();
    await gram.getByLabel("Weight", { exact: true }).fill("8");
    await gram.getByLabel("Reduction").selectOption("relative");
    await button(page, "Copy link").click();
    await button(page, "Copied").waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const again = await page.context().newPage();
    await again.goto(link);
    const brought = again.getByRole("group", { name: "style" });
    await brought.getByText("100", { exact: true }).waitFor();
    expect(await brought.getByLabel("Reduction").inputValue()).toBe('"relative"');
    await paintAll(again);
    expect(extractRecipe((await save(again, "Save PNG")).bytes)?.terms.at(-1)).toEqual({
      loss: "style",
      name: "style 2",
      weight: 100,
      options: { reduction: "relative" },
    });
    // A link without losses takes them away.
    await again.goto(`${site.address}#size=64`);
    await brought.getByLabel("Weight", { exact: true }).waitFor({ state: "detached" });
  });

  it.each([
    ["an unknown loss", { loss: "https://example.com/loss.js", options: {} }, "example.com"],
    ["an option out of its range", { loss: "style", options: { layers: [] } }, "layers"],
  ])("of a link are left out where it has %s, and the page says so", async (_, loss, words) => {
    const losses = JSON.stringify([{ ...loss, weight: 1 }]);
    const { page, reports } = await openDemo(chromium, site, { link: { ...tiny, losses } });
    const alert = page.getByRole("alert").filter({ hasText: "The losses of the link are left out." });
    await alert.getByText(words).waitFor();
    expect(await page.getByLabel("Size").inputValue()).toBe("64");
    const gram = await openLosses(page);
    expect(await gram.getByRole("switch", { name: "style" }).isChecked()).toBe(false);
    expect(reports).toEqual({ violations: [], errors: [] });
  });

  it("are those that the preset lacks", async () => {
    const { page } = await openDemo(chromium, site, { link: { preset: "paper" } });
    await page.getByText("More losses").click();
    await page.getByRole("group", { name: "wasserstein" }).waitFor();
    expect(await page.getByRole("switch").count()).toBe(5);
  });
});

/** The controls of Gram matrices, which the default preset lacks. */
async function openLosses(page: Page) {
  await page.getByText("More losses").click();
  const gram = page.getByRole("group", { name: "style" });
  await gram.waitFor();
  return gram;
}
