import type { Fit, Json, Scale } from "@brushwork/core";
import { isJsonObject, type lineSearches, quoted } from "@brushwork/core/reading";
import { presets, type Recipe, rescaled, termName } from "@brushwork/recipes";
import { UsageError } from "./failure.js";
import type { Crop, Size } from "./option-values.js";

/** The options that a recipe is changed by; each is absent where the recipe holds. */
export interface RecipeOptions {
  readonly size?: Size;
  /** The shape that the content is cut to. */
  readonly crop?: Crop;
  readonly fit?: Fit;
  readonly scales?: number;
  /** How much larger each scale is than the one before. */
  readonly scaleFactor?: number;
  /** At each scale. */
  readonly steps?: number;
  /** The share by which the loss has to fall for a scale to go on. */
  readonly untilStable?: number;
  readonly contentWeight?: number;
  readonly styleWeight?: number;
  readonly styleLoss?: StyleLoss;
  readonly tvWeight?: number;
  /** Whether the gradients of content and style are normalised at each layer. */
  readonly normalizeGradients?: boolean;
  readonly contentLayers?: readonly string[];
  readonly contentLayerWeights?: Readonly<Record<string, number>>;
  readonly styleLayers?: readonly string[];
  readonly styleLayerWeights?: Readonly<Record<string, number>>;
  readonly styleScale?: number;
  readonly optimizer?: OptimizerName;
  readonly learningRate?: number;
  /** Curvature pairs of lbfgs. */
  readonly history?: number;
  /** How lbfgs finds the length of its steps. */
  readonly lineSearch?: (typeof lineSearches)[number];
  readonly network?: string;
  readonly pooling?: Recipe["network"]["pooling"];
  readonly poolingScale?: number;
  readonly padding?: Recipe["network"]["padding"];
  readonly preprocessing?: Recipe["network"]["preprocessing"];
  /** A weight file. */
  readonly weights?: string;
  /** content, style, noise, or the name of a picture. */
  readonly init?: string;
  readonly seed?: number;
  /** A weight for each style. */
  readonly styleBlend?: readonly number[];
  /** "none" takes the styles' colours even where the recipe keeps the content's. */
  readonly keepColors?: NonNullable<Recipe["colors"]> | "none";
}

/** What `--style-loss` can be, and the loss that a recipe names then. */
const styleLossNames = {
  wasserstein: "wasserstein",
  gram: "style",
  moments: "moments",
  histogram: "histogram",
  nearest: "nearest",
} as const;

/** Losses that are relative by themselves and have no option that says so. */
const alwaysRelative: readonly string[] = [styleLossNames.nearest];

export type StyleLoss = keyof typeof styleLossNames;

export const styleLossChoices = Object.keys(styleLossNames) as readonly StyleLoss[];

/** The terms that options are about, by their names in a recipe, and the loss of one that a recipe lacks. */
const usualLosses = { content: "content", style: styleLossNames.wasserstein, tv: "tv" } as const;

type Label = keyof typeof usualLosses;

/**
 * What `--optimizer` can be, and what comes with each. Clipping an image would make a step other than the one that
 * L-BFGS learns the curvature from, and its images need no average.
 */
const optimizerSettings = {
  adam: presets.default.recipe,
  lbfgs: {
    optimizer: { name: "lbfgs", options: {} },
    average: { decay: 0, carry: "image" },
    clamp: false,
  },
} as const satisfies Readonly<Record<string, OptimizerSettings>>;

type OptimizerSettings = Pick<Recipe, "optimizer" | "average" | "clamp">;

type OptimizerName = keyof typeof optimizerSettings;

export const optimizerChoices = Object.keys(optimizerSettings) as readonly OptimizerName[];

/** What `--init` can be, the name of a picture aside. */
export const namedInits = ["content", "style", "noise"] as const;

/**
 * A recipe with what the options say instead.
 * @throws {UsageError} when an option changes what the recipe does not have
 */
export function recipeOfOptions(base: Recipe, options: RecipeOptions): Recipe {
  const fit = fitOf(base.fit, options);
  const { styleScale = base.styleScale, seed = base.seed } = options;
  const { styleBlend } = options;
  const { colors, ...rest } = base;
  const { keepColors = colors ?? "none" } = options;
  return {
    ...rest,
    ...(keepColors !== "none" && { colors: keepColors }),
    ...(styleBlend && { styles: styleBlend.map((weight, i) => ({ ...base.styles?.[i], weight })) }),
    network: networkOf(base.network, options),
    terms: termsOf(base.terms, options),
    ...optimizerOf(base, options),
    scales: scalesOf(base.scales, options),
    ...(options.untilStable !== undefined && { untilStable: options.untilStable }),
    margin: marginOf(base, options),
    fit,
    styleScale,
    seed,
    init: initOf(base.init, options),
  };
}

/** The options of another optimizer do not suit; those of the recipe's own stay. */
function optimizerOf(
  base: Recipe,
  { optimizer: chosen, learningRate, history, lineSearch }: RecipeOptions,
): OptimizerSettings {
  const isOther = chosen !== undefined && chosen !== base.optimizer.name;
  const { optimizer, average, clamp } = isOther ? optimizerSettings[chosen] : base;
  for (const [option, value] of Object.entries({ "--history": history, "--line-search": lineSearch }))
    if (value !== undefined && optimizer.name !== "lbfgs")
      throw new UsageError(
        `Expected ${option} only with the optimizer lbfgs, got ${quoted(optimizer.name)}. Add --optimizer lbfgs.`,
      );
  const changes = {
    ...(learningRate !== undefined && { learningRate }),
    ...(history !== undefined && { history }),
    ...(lineSearch !== undefined && { lineSearch }),
  };
  return { optimizer: { ...optimizer, options: { ...optimizer.options, ...changes } }, average, clamp };
}

function networkOf(network: Recipe["network"], options: RecipeOptions): Recipe["network"] {
  const { name, pooling, weights } = network;
  const otherWeights = options.network !== undefined || options.weights !== undefined;
  const isOther = options.network !== undefined && options.network !== name;
  const { poolingScale = network.poolingScale, padding = network.padding } = options;
  // Another network has an input of its own.
  const { preprocessing = isOther ? undefined : network.preprocessing } = options;
  return {
    name: options.network ?? name,
    pooling: options.pooling ?? pooling,
    ...(poolingScale !== undefined && { poolingScale }),
    ...(padding !== undefined && { padding }),
    ...(preprocessing !== undefined && { preprocessing }),
    ...(weights !== undefined && !otherWeights && { weights }),
  };
}

function initOf(init: Recipe["init"], options: RecipeOptions): Recipe["init"] {
  if (options.init === undefined) return init;
  return namedInits.find((name) => name === options.init) ?? "picture";
}

function termsOf(before: Recipe["terms"], options: RecipeOptions): Recipe["terms"] {
  const { contentLayers, contentLayerWeights, styleLayers, styleLayerWeights } = options;
  let terms = withStyleLoss(before, options.styleLoss);
  terms = withWeight(terms, "content", options.contentWeight);
  terms = withWeight(terms, "style", options.styleWeight);
  terms = withWeight(terms, "tv", options.tvWeight);
  terms = withLayers(terms, "content", contentLayers, contentLayerWeights);
  terms = withLayers(terms, "style", styleLayers, styleLayerWeights);
  return options.normalizeGradients ? terms.map(withNormalizedGradients) : terms;
}

/** Content and style alone: total variation has no layers to even out. */
function withNormalizedGradients(term: Recipe["terms"][number]): Recipe["terms"][number] {
  return ["content", "style"].includes(termName(term)) ? { ...term, normalizeGradients: true } : term;
}

/** Another loss at the same layers, relative. Weights stay only where they were those of a relative loss too. */
function withStyleLoss(terms: Recipe["terms"], choice: StyleLoss | undefined): Recipe["terms"] {
  if (choice === undefined) return terms;
  const loss = styleLossNames[choice];
  return terms.map((term) => {
    if (termName(term) !== "style" || term.loss === loss) return term;
    const { normalizeGradients } = term;
    const { layers, layerWeights, reduction } = term.options;
    const wasRelative = reduction === "relative" || alwaysRelative.includes(term.loss);
    return {
      ...termNamed("style", loss),
      weight: wasRelative ? term.weight : 1,
      options: {
        ...(layers !== undefined && { layers }),
        ...(wasRelative && layerWeights !== undefined && { layerWeights }),
        ...(!alwaysRelative.includes(loss) && { reduction: "relative" }),
      },
      ...(normalizeGradients !== undefined && { normalizeGradients }),
    };
  });
}

/** A term that the recipe does not have joins it. */
function withWeight(terms: Recipe["terms"], name: Label, weight: number | undefined): Recipe["terms"] {
  if (weight === undefined) return terms;
  if (terms.some((term) => termName(term) === name))
    return terms.map((term) => (termName(term) === name ? { ...term, weight } : term));
  return [...terms, { ...termNamed(name, usualLosses[name]), weight, options: {} }];
}

/** A name that is the loss's own goes without saying. */
function termNamed(name: Label, loss: string): Pick<Recipe["terms"][number], "loss" | "name"> {
  return name === loss ? { loss } : { loss, name };
}

/** Layers that stay keep their weights; a new one takes its block's, whose features are of its size. */
function withLayers(
  terms: Recipe["terms"],
  name: "content" | "style",
  layers: readonly string[] | undefined,
  weights: Readonly<Record<string, number>> | undefined,
): Recipe["terms"] {
  if (layers === undefined && weights === undefined) return terms;
  const term = terms.find((candidate) => termName(candidate) === name);
  if (term === undefined)
    throw new UsageError(
      `Expected a recipe with the loss "${name}" to choose its layers, got one with ` +
        `${terms.map((one) => quoted(termName(one))).join(", ") || "none"}. Give it a weight with --${name}-weight.`,
    );
  const { layerWeights, ...rest } = term.options;
  const before = isJsonObject(layerWeights) ? layerWeights : {};
  const inherited = (layers ?? Object.keys(before)).flatMap((layer) => {
    const weight = Object.hasOwn(before, layer) ? before[layer] : weightOfBlock(before, layer);
    return weight === undefined ? [] : [[layer, weight] as const];
  });
  const chosen = { ...Object.fromEntries(inherited), ...weights };
  const options = {
    ...rest,
    ...(layers !== undefined && { layers }),
    ...(Object.keys(chosen).length > 0 && { layerWeights: chosen }),
  };
  return terms.map((candidate) => (candidate === term ? { ...term, options } : candidate));
}

/** The weight of a layer in the same block, else of the last one: relu4_4 takes that of relu4_1. */
function weightOfBlock(weights: { readonly [layer: string]: Json }, layer: string): Json | undefined {
  const block = (name: string) => name.match(/\d+/)?.[0];
  const entries = Object.entries(weights);
  return (entries.find(([name]) => block(name) === block(layer)) ?? entries.at(-1))?.[1];
}

/** How far relu5_1, the deepest layer of our presets, sees beyond its own cell, in pixels. */
const deepestReach = 70;

/** A single scale has none after it that would paint over the frame of a narrow margin. */
function marginOf({ margin, scales }: Recipe, options: RecipeOptions): number {
  const becomesOne = options.scales === 1 && scales.length > 1;
  return becomesOne && margin > 0 ? Math.max(margin, deepestReach) : margin;
}

/** What is cut to a shape fills it. */
function fitOf(before: Fit, { fit, crop }: RecipeOptions): Fit {
  if (crop === undefined || fit === "cover") return fit ?? before;
  if (fit === undefined) return "cover";
  throw new UsageError(
    `Expected --crop, which cuts CONTENT to a shape, with --fit cover, got ${fit}: leave one of the two out.`,
  );
}

/**
 * The width and height of a shape whose longer side is a size's.
 * @param wanted the size that was asked for beside it
 * @throws {UsageError} when that has another shape
 */
function cutSize({ width, height }: Crop, size: Size, wanted: Size | undefined): Size {
  const longer = typeof size === "number" ? size : Math.max(...size);
  const factor = longer / Math.max(width, height);
  const side = (length: number) => Math.max(1, Math.round(length * factor));
  const cut = [side(width), side(height)] as const;
  if (wanted !== undefined && typeof wanted !== "number" && cut.join("x") !== wanted.join("x"))
    throw new UsageError(
      `Expected --size to be the longer side beside --crop, which has the shape, got ${wanted.join("x")}: ` +
        `--size ${longer} makes it ${cut.join("×")}; --size ${wanted.join("x")} cuts to its shape without --crop.`,
    );
  return cut;
}

/** Another size, number of scales or factor makes a new pyramid, whose finest scales keep their steps. */
function scalesOf(
  before: Recipe["scales"],
  { size: wanted, crop, scales, scaleFactor: factor, steps }: RecipeOptions,
): readonly Scale[] {
  const size = crop === undefined ? wanted : cutSize(crop, wanted ?? before.at(-1)?.size ?? 1, wanted);
  const changed = {
    ...(size !== undefined && { size }),
    ...(scales !== undefined && { scales }),
    ...(factor !== undefined && { factor }),
  };
  const after = Object.keys(changed).length > 0 ? rescaled(before, changed) : before;
  return after.map((scale) => ({ ...scale, steps: steps ?? scale.steps }));
}
