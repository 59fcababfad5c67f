import { describe, expect, it } from "vitest";
import { paintedRecipe, stepsOf, termName, weightsOf } from "./painted-recipe.js";
import { presets } from "./presets.js";
import { parseRecipe } from "./recipe.js";

const { recipe } = presets.default;
const scaled = { ...recipe, scales: [10, 20, 30].map((steps) => ({ size: 64, steps })) };

describe("the words for a recipe's parts", () => {
  it("count the steps of all scales", () => {
    expect(stepsOf(scaled)).toBe(60);
    expect(stepsOf({ scales: [] })).toBe(0);
  });

  it("name a term by its label, or else by its loss", () => {
    expect(termName({ loss: "wasserstein", name: "style", weight: 1, options: {} })).toBe("style");
    expect(termName({ loss: "tv", weight: 1, options: {} })).toBe("tv");
    expect(weightsOf(recipe)).toEqual({ content: 0.5, style: 1, tv: 10 });
  });
});

describe("paintedRecipe", () => {
  it("is the recipe itself where all of it was painted", () => {
    expect(paintedRecipe({ ...scaled, untilStable: 0.1 }, { steps: 60 })).toEqual(scaled);
    expect(paintedRecipe(scaled, { steps: 60, weights: {} })).toEqual(scaled);
    expect(paintedRecipe(scaled, { steps: 60 })).toEqual(scaled);
  });

  it.each([
    [1, [1]],
    [10, [10]],
    [11, [10, 1]],
    [15, [10, 5]],
    [30, [10, 20]],
    [59, [10, 20, 29]],
  ])("has the %d steps that were taken, scale by scale", (steps, expected) => {
    const { scales } = paintedRecipe(scaled, { steps });
    expect(scales).toEqual(expected.map((steps) => ({ size: 64, steps })));
  });

  it("has the weights that hold, by the labels of the terms", () => {
    const painted = paintedRecipe(scaled, { steps: 60, weights: { style: 5, wasserstein: 7, unknown: 1 } });
    expect(painted.terms.map(({ weight }) => weight)).toEqual([0.5, 5, 10]);
    expect(painted).toEqual({ ...scaled, terms: painted.terms });
  });

  it("takes 0 for a weight", () => {
    const painted = paintedRecipe(scaled, { steps: 60, weights: { content: 0 } });
    expect(painted.terms.map(({ weight }) => weight)).toEqual([0, 1, 10]);
  });

  it("keeps the weight of a term whose label every object has", () => {
    const terms = [{ loss: "tv", name: "toString", weight: 3, options: {} }];
    expect(paintedRecipe({ ...scaled, terms }, { steps: 60, weights: {} }).terms).toEqual(terms);
  });

  it("can be written and read again", () => {
    const painted = paintedRecipe(scaled, { steps: 15, weights: { tv: 2 } });
    expect(parseRecipe(painted)).toEqual(painted);
  });
});
