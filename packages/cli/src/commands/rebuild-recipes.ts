import { presets, pyramid, type Recipe, termName } from "@brushwork/recipes";

const base = presets.default.recipe;

/** Rebuilds a picture from one layer: nothing but the content's loss, and a little smoothness, from noise. */
export const reconstructionRecipe: Recipe = {
  ...base,
  terms: [
    { loss: "content", weight: 1, options: { layers: ["relu4_2"] } },
    { loss: "tv", weight: 1e4, options: {} },
  ],
  scales: pyramid({ size: 512, scales: 4, factor: 1.6, steps: 100 }),
  // The content ends where the image ends: there is no frame to hide.
  margin: 0,
  init: "noise",
};

/** Rebuilds a style alone: the default preset without its content, from noise. */
export const textureRecipe: Recipe = {
  ...base,
  terms: base.terms.filter((term) => termName(term) !== "content"),
  scales: pyramid({ size: 512, scales: 4, factor: 1.6, steps: 60 }),
  init: "noise",
};
