import { beforeAll, expect, it } from "vitest";
import type { Site } from "../../../tests/chromium.js";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { button, openDemo, serveDemo } from "./page.fixture.js";

describeInChromium("Try four", (chromium) => {
  let site: Site;
  beforeAll(async () => {
    site = await chromium.serve(serveDemo());
  });

  it("paints four small pictures, and the chosen one large with its settings", async () => {
    const { page, reports } = await openDemo(chromium, site, {
      link: { size: 64, steps: 4, engine: "wasm" },
    });
    await button(page, "Try four").click();
    const grid = page.getByRole("list", { name: "Four tries" });
    await page.getByText(/^Picture 3 of 4, /).waitFor();
    // What is changed meanwhile is not theirs.
    await page.getByLabel("Balance").fill("-100");
    await page.getByText("Choose a picture: it is painted anew, at 64 pixels.").waitFor();
    const pictures = grid.getByRole("img");
    expect(await pictures.count()).toBe(4);
    const looks = await pictures.evaluateAll((all) =>
      all.map((one) => (one as HTMLCanvasElement).toDataURL()),
    );
    expect(new Set(looks).size).toBe(4);

    await button(page, "Paint it large: Broader strokes, nearer the painting").click();
    await page.getByText("Done: 4 of 4 steps").waitFor();
    await page.getByRole("img", { name: /^Painted:/ }).waitFor();
    expect(await page.getByLabel("Balance").inputValue()).toBe("40");
    expect(await page.getByLabel("Strokes").inputValue()).toBe("4");
    expect(reports).toEqual({ violations: [], errors: [] });
  });

  it("stops where it is asked to, and can be put away", async () => {
    const { page } = await openDemo(chromium, site, { link: { size: 256, steps: 2000, engine: "wasm" } });
    await button(page, "Try four").click();
    const tried = page.getByRole("list", { name: "Four tries" }).getByRole("img");
    await tried.first().waitFor();
    await button(page, "Stop").click();
    await page.getByText("Choose a picture").waitFor();
    expect(await tried.count()).toBe(1);
    await expect.poll(() => page.workers().length).toBe(0);
    await button(page, "Close the four tries").click();
    await page.getByRole("img", { name: "Your photograph" }).waitFor();
    await button(page, "Paint").waitFor();
  });
});
