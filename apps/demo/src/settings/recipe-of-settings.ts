import { compactRecipe, presets, type Recipe, rescaled, stepsOf, termName } from "@brushwork/recipes";
import type { AddedLoss } from "./added-losses.js";
import { ranges, type Settings } from "./settings.js";

/** How many times more one of the two weighs against the other at either end of the balance than in the preset. */
const strongestBalance = 30;
/** How many times more smoothness weighs at its upper end than in the preset; at its lower end it is off. */
const strongestSmoothness = 30;

/** What the command's `--until-stable` means without a value. */
const stableShare = 0.005;

/**
 * The recipe for the page's settings.
 *
 * @param size longer side in pixels; a preset with a fixed shape keeps its own
 * @param added losses in addition to the preset's; those that the preset has are left out
 */
export function recipeOfSettings(settings: Settings, size: number, added: readonly AddedLoss[] = []): Recipe {
  const base = presets[settings.preset].recipe;
  const factors = factorsOf(settings);
  const recipe: Recipe = {
    ...base,
    network: { ...base.network, name: settings.network },
    terms: withAdded(
      base.terms.map((term) => ({ ...term, weight: term.weight * (factors[termName(term)] ?? 1) })),
      added,
    ),
    scales: scalesOf(base.scales, size, settings.steps),
    styleScale: styleScaleOf(settings),
    ...(settings.untilStable === "yes" && { untilStable: stableShare }),
    ...(settings.colors !== "painting" && {
      colors: { keep: settings.colors, strength: settings.colorStrength / ranges.colorStrength.max },
    }),
  };
  // All weights are meant for VGG-19, as in the command.
  return settings.network === "compact" ? compactRecipe(recipe) : recipe;
}

/** Whether a preset has a loss. */
export function hasLoss({ preset }: Pick<Settings, "preset">, loss: string): boolean {
  return presets[preset].recipe.terms.some((term) => term.loss === loss);
}

/** The name of the weights of VGG-19 that a preset was made with, if it names any: compact does not stand in for them. */
export function namedWeights({ preset }: Pick<Settings, "preset">): string | undefined {
  const { network }: Recipe = presets[preset].recipe;
  return network.weights;
}

/** Size of the style relative to the picture. */
export function styleScaleOf({ strokes }: Pick<Settings, "strokes">): number {
  return 2 ** (strokes / 4);
}

/** Width and height of a preset that ignores the photograph's shape. */
export function fixedSize({ preset }: Pick<Settings, "preset">): readonly [number, number] | undefined {
  const size: Recipe["scales"][number]["size"] | undefined = presets[preset].recipe.scales.at(-1)?.size;
  return typeof size === "object" ? size : undefined;
}

/** Number of a preset's steps, of all its scales together. */
export function usualSteps(preset: Settings["preset"]): number {
  return stepsOf(presets[preset].recipe);
}

/** Factors for the preset's weights, by term. Both sides share the balance, so that smoothness keeps its effect. */
function factorsOf({ balance, smoothness }: Settings): Readonly<Record<string, number>> {
  const half = strongestBalance ** (balance / ranges.balance.max / 2);
  const middle = ranges.smoothness.max / 2;
  return {
    content: 1 / half,
    style: half,
    tv: smoothness === 0 ? 0 : strongestSmoothness ** ((smoothness - middle) / middle),
  };
}

/** Terms with added ones, each named after its loss, with a number behind the name if that is taken. */
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

/** The preset's scales for a size, with the steps distributed as in the preset. */
function scalesOf(base: Recipe["scales"], size: number, steps: number): Recipe["scales"] {
  const fixed = base.some((scale) => typeof scale.size !== "number");
  const scales = fixed ? base : rescaled(base, { size });
  const total = stepsOf({ scales });
  const coarser = scales
    .slice(0, -1)
    .map((scale) => ({ ...scale, steps: Math.max(1, Math.floor((steps * scale.steps) / total)) }));
  // The remainder goes to the finest scale.
  return [
    ...coarser,
    ...scales
      .slice(-1)
      .map((scale) => ({ ...scale, steps: Math.max(1, steps - stepsOf({ scales: coarser })) })),
  ];
}
