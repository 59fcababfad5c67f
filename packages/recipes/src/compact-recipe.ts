import type { Recipe } from "./recipe.js";

/** Channels of VGG-19 for each of compact's, at every layer. */
const channels = 4;

/** How many times smaller each loss's sum is with compact. For Gram matrices it is the fourth power of channels. */
const factors: ReadonlyMap<string, number> = new Map([
  ["content", channels],
  ["style", channels ** 4],
  ["wasserstein", channels],
  ["moments", channels],
  ["histogram", channels],
]);

/**
 * A recipe for VGG-19, adapted to the network compact. Compact's features match VGG-19's in means, but its sums run
 * over fewer channels, so that the losses that sum get larger weights.
 */
export function compactRecipe(recipe: Recipe): Recipe {
  // The weights that the recipe names are VGG-19's, and so is their input.
  const { weights: _, preprocessing: __, ...network } = recipe.network;
  return {
    ...recipe,
    network: { ...network, name: "compact" },
    terms: recipe.terms.map((term) =>
      term.options.reduction === "sum"
        ? { ...term, weight: term.weight * (factors.get(term.loss) ?? 1) }
        : term,
    ),
  };
}
