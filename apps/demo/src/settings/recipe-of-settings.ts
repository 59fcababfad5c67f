import { compactRecipe, presets, type Recipe, rescaled, stepsOf, termName } from "@brushwork/recipes";
import type { AddedLoss } from "./added-losses.js";
import { ranges, type Settings } from "./settings.js";

/** At either end of the balance, how many times more one of the two counts against the other than in the preset. */
const strongestBalance = 30;
/** How many times more smoothness counts at its upper end than in the preset; at its lower end it is off. */
const strongestSmoothness = 30;

/**
 * @param size of the longer side; a preset with a fixed shape keeps its own
 * @param added losses beside the preset's; those that it has itself are left out
 */
export function recipeOfSettings(settings: Settings, size: number, added: readonly AddedLoss[] = []): Recipe {
  const base = presets[settings.preset].recipe;
  const factors = factorsOf(settings);
  const recipe: Recipe = {
    ...base,
    network: { ...base.network, name: settings.network },
    terms: base.terms.map((term) => ({ ...term, weight: term.weight * (factors[termName(term)] ?? 1) })),
    scales: scalesOf(base.scales, size, settings.steps),
    styleScale: styleScaleOf(settings),
  };
  const { terms, ...rest } = settings.network === "compact" ? compactRecipe(recipe) : recipe;
  return { ...rest, terms: withAdded(terms, added) };
}

/** Whether a preset has a loss of its own accord. */
export function hasLoss({ preset }: Pick<Settings, "preset">, loss: string): boolean {
  return presets[preset].recipe.terms.some((term) => term.loss === loss);
}

/** The style's size relative to the picture's. */
export function styleScaleOf({ strokes }: Pick<Settings, "strokes">): number {
  return 2 ** (strokes / 4);
}

/** The width and height that a preset has whatever the photograph. */
export function fixedSize({ preset }: Pick<Settings, "preset">): readonly [number, number] | undefined {
  const size: Recipe["scales"][number]["size"] | undefined = presets[preset].recipe.scales.at(-1)?.size;
  return typeof size === "object" ? size : undefined;
}

/** The steps of a preset, of all its sizes together. */
export function usualSteps(preset: Settings["preset"]): number {
  return stepsOf(presets[preset].recipe);
}

/** What the preset's weights are multiplied by, by term. The balance is shared out, so that smoothness keeps its place. */
function factorsOf({ balance, smoothness }: Settings): Readonly<Record<string, number>> {
  const half = strongestBalance ** (balance / ranges.balance.max / 2);
  const middle = ranges.smoothness.max / 2;
  return {
    content: 1 / half,
    style: half,
    tv: smoothness === 0 ? 0 : strongestSmoothness ** ((smoothness - middle) / middle),
  };
}

/** Terms with further ones, each under its loss's name, or with a number behind where that is taken. */
function withAdded(terms: Recipe["terms"], added: readonly AddedLoss[]): Recipe["terms"] {
  const joined = [...terms];
  for (const term of added) {
    if (terms.some(({ loss }) => loss === term.loss)) continue;
    const names = new Set(joined.map(termName));
    let name = term.loss;
    for (let count = 2; names.has(name); count++) name = `${term.loss} ${count}`;
    joined.push(name === term.loss ? term : { ...term, name });
  }
  return joined;
}

/** The preset's scales for a size; the steps are shared out as they are in the preset. */
function scalesOf(base: Recipe["scales"], size: number, steps: number): Recipe["scales"] {
  const fixed = base.some((scale) => typeof scale.size !== "number");
  const scales = fixed ? base : rescaled(base, { size });
  const total = stepsOf({ scales });
  const coarser = scales
    .slice(0, -1)
    .map((scale) => ({ ...scale, steps: Math.max(1, Math.floor((steps * scale.steps) / total)) }));
  // What does not divide evenly goes to the finest.
  return [
    ...coarser,
    ...scales
      .slice(-1)
      .map((scale) => ({ ...scale, steps: Math.max(1, steps - stepsOf({ scales: coarser })) })),
  ];
}
