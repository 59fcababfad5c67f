import { expect, it } from "vitest";
import { compactRecipe } from "./compact-recipe.js";
import { presets } from "./presets.js";

// With a quarter of the channels, Σ (F − P)² has a quarter of the terms; Σ (G − A)² / C⁴ is what the readouts keep.
it("makes up for the channels that a sum does not have", () => {
  const { network, terms } = compactRecipe(presets.paper.recipe);
  expect(network).toEqual({ name: "compact", pooling: "average" });
  expect(terms.map(({ name, weight }) => [name, weight])).toEqual([
    ["content", 0.5 * 4],
    ["style", 1000 * 256],
    ["tv", 10 * 255 ** 2],
  ]);
});

it("leaves losses that average as they are", () => {
  expect(compactRecipe(presets.default.recipe).terms).toEqual(presets.default.recipe.terms);
});
