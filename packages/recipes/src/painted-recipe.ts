import type { Recipe } from "./recipe.js";

/** Steps of all scales together. */
export function stepsOf({ scales }: Pick<Recipe, "scales">): number {
  return scales.reduce((sum, { steps }) => sum + steps, 0);
}

/** What a term is reported and weighted by. */
export function termName({ name, loss }: Recipe["terms"][number]): string {
  return name ?? loss;
}

/** The weight of each term, by its name. */
export function weightsOf({ terms }: Recipe): Readonly<Record<string, number>> {
  return Object.fromEntries(terms.map((term) => [termName(term), term.weight]));
}

/**
 * The recipe of what was painted after some of a recipe's steps: the steps that were done, and the weights that hold.
 * Without a change of weights on the way, it paints the same picture again.
 *
 * @param painted `steps`: those done, at least 1; `weights`: by term; those left out are the recipe's
 */
export function paintedRecipe(
  recipe: Recipe,
  { steps, weights = {} }: { readonly steps: number; readonly weights?: Readonly<Record<string, number>> },
): Recipe {
  const weightOf = (name: string) => (Object.hasOwn(weights, name) ? weights[name] : undefined);
  let left = steps;
  const scales = recipe.scales.flatMap((scale) => {
    const done = Math.min(left, scale.steps);
    left -= done;
    return done > 0 ? [{ ...scale, steps: done }] : [];
  });
  return {
    ...recipe,
    scales,
    terms: recipe.terms.map((term) => ({ ...term, weight: weightOf(termName(term)) ?? term.weight })),
  };
}
