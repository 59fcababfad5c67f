import { expect, it } from "vitest";
import { presets } from "./presets.js";
import { withStyleWeights } from "./style-weights.js";

const recipe = { ...presets.default.recipe, styles: [{ weight: 5, contentMask: true }, { weight: 6 }] };

it("the weights of styles replace those of the recipe, and a style without one counts 1", () => {
  expect(withStyleWeights(recipe, [{ weight: 3 }, {}])).toEqual({
    ...recipe,
    styles: [{ weight: 3, contentMask: true }, { weight: 1 }],
  });
});

it("styles without any weight leave the recipe as it is", () => {
  expect(withStyleWeights(recipe, [{}, {}])).toBe(recipe);
});
