import type { Recipe } from "@brushwork/core";

/**
 * The recipe of what was painted in fact: the steps that were taken, the weights that held in the end, and the very
 * weights of the network. A weight that was changed on the way is the one thing that it cannot tell.
 */
export function paintedRecipe(
  recipe: Recipe,
  {
    steps,
    weights,
    sha256,
  }: {
    readonly steps: number;
    readonly weights: Readonly<Record<string, number>>;
    readonly sha256?: string | undefined;
  },
): Recipe {
  let left = steps;
  const scales = recipe.scales.flatMap((scale) => {
    const taken = Math.min(left, scale.steps);
    left -= taken;
    return taken > 0 ? [{ ...scale, steps: taken }] : [];
  });
  return {
    ...recipe,
    scales,
    terms: recipe.terms.map((term) => ({ ...term, weight: weights[term.name] ?? term.weight })),
    network: { ...recipe.network, ...(sha256 !== undefined && { sha256 }) },
  };
}
