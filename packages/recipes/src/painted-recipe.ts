import type { Recipe } from "./recipe.js";

/** Number of steps of all scales together. */
export function stepsOf({ scales }: Pick<Recipe, "scales">): number {
  return scales.reduce((sum, { steps }) => sum + steps, 0);
}

/** The name under which a term is reported and its weight changed. */
export function termName({ name, loss }: Recipe["terms"][number]): string {
  return name ?? loss;
}

/** The weight of each term, by the term's name. */
export function weightsOf({ terms }: Recipe): Readonly<Record<string, number>> {
  return Object.fromEntries(terms.map((term) => [termName(term), term.weight]));
}

/**
 * The recipe of the picture after some of a recipe's steps: it has the completed steps, which are all to be done, and the
 * weights in force. Unless weights were changed during the run, it paints the same picture again.
 *
 * @param painted `steps`: the number of completed steps, at least 1; `weights`: by term name; a term that is left out
 * keeps the recipe's weight
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
  const { untilStable: _, ...rest } = recipe;
  return {
    ...rest,
    scales,
    terms: recipe.terms.map((term) => ({ ...term, weight: weightOf(termName(term)) ?? term.weight })),
  };
}
