import { fittedSize } from "@brushwork/core";
import { presets, type Recipe } from "@brushwork/recipes";
import { describe, expect, it } from "vitest";
import { neededSide, type PictureSize } from "./needed-size.js";

const recipeOf = (size: Recipe["scales"][number]["size"], changes: Partial<Recipe> = {}): Recipe => ({
  ...presets.default.recipe,
  scales: [{ size, steps: 1 }],
  styleScale: 1,
  init: "content",
  ...changes,
});
const size = (width: number, height: number): PictureSize => ({ width, height });
const photograph = size(8000, 6000);

describe("the longer side that a run needs", () => {
  it("is a picture's own where it has a megapixel or less", () => {
    expect(neededSide(recipeOf(64), "content")(size(1024, 1024))).toBe(1024);
  });

  it("is its own where it is hardly more than twice as large as the run", () => {
    expect(neededSide(recipeOf(1000), "content")(size(2400, 2000))).toBe(2400);
  });

  it("is twice the largest scale's, to a quarter more", () => {
    const needed = neededSide(recipeOf(1500), "content")(photograph);
    expect(needed).toBeGreaterThanOrEqual(3000);
    expect(needed).toBeLessThanOrEqual(3750);
  });

  it("is that of a megapixel at least, whatever the scale: a picture on the way is painted again from the same one", () => {
    // 1183×887 is the least of this shape with 2 ** 20 pixels, and 1184×888 the least without a rest.
    for (const scale of [16, 64, 256, 512])
      expect(neededSide(recipeOf(scale), "content")(photograph)).toBe(1184);
  });

  it("grows with the style's scale, and for a style that the run starts from", () => {
    expect(neededSide(recipeOf(1000, { styleScale: 2 }), "style")(photograph)).toBe(4000);
    expect(neededSide(recipeOf(1200, { styleScale: 0.5 }), "style")(photograph)).toBe(1200);
    expect(neededSide(recipeOf(1200, { styleScale: 0.5, init: "style" }), "style")(photograph)).toBe(3200);
    expect(neededSide(recipeOf(1200), "init")(photograph)).toBe(3200);
  });

  it("fills a size that is given as a width and a height", () => {
    // 600 of the height of 6000, twice.
    expect(neededSide(recipeOf([600, 1200]), "content")(photograph)).toBe(3200);
  });

  it.each([
    [8000, 5333],
    [5333, 8000],
    [6016, 4011],
    [12_000, 701],
    [4033, 3023],
    [9999, 7777],
    [16_320, 12_240],
  ])("keeps the shape of %d×%d, so that each scale has the same size", (width, height) => {
    const own = size(width, height);
    for (const longer of [64, 100, 128, 233, 256, 400, 512, 1000]) {
      const side = neededSide(recipeOf(longer), "content")(own);
      expect(side).toBeLessThan(Math.max(width, height));
      const [high, wide] = fittedSize(own, side);
      for (const scale of [longer / 4, longer / 2, longer])
        expect(fittedSize({ width: wide, height: high }, Math.round(scale))).toEqual(
          fittedSize(own, Math.round(scale)),
        );
    }
  });
});
