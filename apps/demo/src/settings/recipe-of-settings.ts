import { oneOf } from "@brushwork/core/reading";
import { compactRecipe, presets, type Recipe, rescaled, stepsOf, termName } from "@brushwork/recipes";
import type { AddedLoss } from "./added-losses.js";
import {
  mostPaintings,
  networkNames,
  type Opened,
  ranges,
  type Settings,
  usualSettings,
} from "./settings.js";

/** What the other settings begin with: a preset, or a picture that was opened. */
type Base = Pick<Settings, "preset"> & Partial<Pick<Settings, "opened">>;

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
  // The page asks for these itself.
  const { styles: _, untilStable, colors: __, ...base } = baseOf(settings);
  const factors = factorsOf(settings);
  const isCompact = base.network.name === "compact";
  const recipe: Recipe = {
    ...base,
    network: { ...base.network, name: settings.network },
    terms: withAdded(
      base.terms.map((term) => ({ ...term, weight: term.weight * (factors[termName(term)] ?? 1) })),
      isCompact ? compactRecipe({ ...base, terms: added }).terms : added,
    ),
    scales: scalesOf(base.scales, size, settings.steps),
    styleScale: styleScaleOf(settings),
    ...(settings.untilStable === "yes" && { untilStable: untilStable ?? stableShare }),
    ...(settings.colors !== "painting" && {
      colors: { keep: settings.colors, strength: settings.colorStrength / ranges.colorStrength.max },
    }),
  };
  // All weights are meant for VGG-19, as in the command, but those of a picture that was painted with compact.
  return settings.network === "compact" && !isCompact ? compactRecipe(recipe) : recipe;
}

/**
 * The settings that a painted picture was made with: their recipe is the picture's.
 *
 * @param engine is not part of a recipe
 * @throws {RangeError} when the page does not have the recipe's network
 */
export function settingsOfRecipe(opened: Opened, { preset, engine }: Settings): Settings {
  const { network, scales, colors, untilStable } = opened.recipe;
  const last = scales.at(-1)?.size ?? usualSettings.size;
  return {
    ...usualSettings,
    preset,
    engine,
    opened,
    network: oneOf(network.name, "the picture's network", networkNames),
    size: typeof last === "number" ? last : Math.max(...last),
    steps: stepsOf(opened.recipe),
    colors: colors?.keep ?? "painting",
    colorStrength: ranges.colorStrength.max * (colors?.strength ?? 1),
    untilStable: untilStable === undefined ? "no" : "yes",
  };
}

/** What in a recipe the page cannot paint by, as the rest of a sentence about its picture; undefined if nothing. */
export function beyondPage({ init, styles = [] }: Recipe): string | undefined {
  if (init === "picture")
    return "was painted from another picture to start with, which this page does not take: paint with the command brushwork.";
  if (styles.length > mostPaintings)
    return `was painted from ${styles.length} paintings, and this page takes up to ${mostPaintings}: paint with the command brushwork.`;
  return undefined;
}

/** What the page calls what the other settings begin with: "preset gatys" or "picture monkey.png". */
export function baseTitle({ preset, opened }: Base): string {
  return opened ? `picture ${opened.title ?? "of the link"}` : `preset ${preset}`;
}

function baseOf({ preset, opened }: Base): Recipe {
  return opened?.recipe ?? presets[preset].recipe;
}

/** Whether a preset or an opened picture has a loss. */
export function hasLoss(settings: Base, loss: string): boolean {
  return baseOf(settings).terms.some((term) => term.loss === loss);
}

/**
 * The name of the weights of VGG-19 that a preset or an opened picture was made with, if it names any: compact does not
 * stand in for them.
 */
export function namedWeights(settings: Base): string | undefined {
  const { name, weights } = baseOf(settings).network;
  return name === "compact" ? undefined : weights;
}

/** Size of the style relative to the picture. */
export function styleScaleOf({ strokes, ...settings }: Base & Pick<Settings, "strokes">): number {
  return baseOf(settings).styleScale * 2 ** (strokes / 4);
}

/** Width and height of a preset or an opened picture that ignores the photograph's shape. */
export function fixedSize(settings: Base): readonly [number, number] | undefined {
  const size = baseOf(settings).scales.at(-1)?.size;
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
  const scales = fixed || base.at(-1)?.size === size ? base : rescaled(base, { size });
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
