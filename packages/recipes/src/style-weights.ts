import type { Recipe } from "./recipe.js";

/**
 * A recipe with the weights of several styles, in their order; a style without a weight counts 1. Where none has a
 * weight, the recipe keeps its own. Which styles have masks stays as it is.
 */
export function withStyleWeights(recipe: Recipe, styles: readonly { readonly weight?: number }[]): Recipe {
  if (styles.every(({ weight }) => weight === undefined)) return recipe;
  return { ...recipe, styles: styles.map(({ weight = 1 }, i) => ({ ...recipe.styles?.[i], weight })) };
}
