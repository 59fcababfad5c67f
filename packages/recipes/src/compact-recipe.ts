import type { Recipe } from "./recipe.js";

/** How many times as many channels VGG-19 has, at every layer. */
const channels = 4;

/** Sums over channels, or, for Gram matrices, over pairs of channels, of squares of products of two features. */
const factors: ReadonlyMap<string, number> = new Map([
  ["content", channels],
  ["style", channels ** 4],
  ["wasserstein", channels],
]);

/**
 * A recipe meant for VGG-19, for the network compact in its place. Compact's features agree with VGG-19's in means;
 * a sum has fewer channels to run over, which the weights of the losses that sum make up for.
 */
export function compactRecipe(recipe: Recipe): Recipe {
  const { pooling } = recipe.network;
  return {
    ...recipe,
    // Which weights VGG-19 has says nothing of compact's.
    network: { name: "compact", pooling },
    terms: recipe.terms.map((term) =>
      term.options.reduction === "sum"
        ? { ...term, weight: term.weight * (factors.get(term.loss) ?? 1) }
        : term,
    ),
  };
}
