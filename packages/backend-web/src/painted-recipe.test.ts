import { presets } from "@brushwork/recipes";
import { describe, expect, it } from "vitest";
import { paintedRecipe } from "./painted-recipe.js";

const { recipe } = presets.default;
const scaled = { ...recipe, scales: [10, 20, 30].map((steps) => ({ size: 64, steps })) };

describe("paintedRecipe", () => {
  it("is the recipe itself where all of it was painted", () => {
    expect(paintedRecipe(scaled, { steps: 60, weights: {} })).toEqual(scaled);
  });

  it("has the steps that were taken", () => {
    const { scales } = paintedRecipe(scaled, { steps: 15, weights: {} });
    expect(scales).toEqual([
      { size: 64, steps: 10 },
      { size: 64, steps: 5 },
    ]);
  });

  it("has the weights of the losses and of the network", () => {
    const sha256 = "0".repeat(64);
    const painted = paintedRecipe(scaled, { steps: 60, weights: { wasserstein: 5, unknown: 1 }, sha256 });
    expect(painted.terms.map(({ weight }) => weight)).toEqual([0.5, 5, 10]);
    expect(painted.network).toEqual({ name: "vgg19", pooling: "average", sha256 });
  });
});
