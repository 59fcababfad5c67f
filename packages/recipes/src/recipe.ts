import type { Fit, Json, Scale } from "@brushwork/core";
import { OptionError } from "@brushwork/core/errors";
import { fits, isRecord, oneOf, quoted, shown } from "@brushwork/core/reading";
import { upgraded } from "./upgrade.js";

/** Every option of a run as data: the same recipe with the same pictures paints the same result. */
export interface Recipe {
  /** Version of the recipe format. */
  readonly version: typeof recipeVersion;
  readonly network: {
    readonly name: string;
    readonly pooling: (typeof poolings)[number];
    /** Factor of each pooling's output, above 0, at most 1000. @default 1 */
    readonly poolingScale?: number;
    /** What the first layer sees beyond the image's border: zeros, or copies of the border pixels. @default "zero" */
    readonly padding?: (typeof paddings)[number];
    /** The input that the network is given. Absent: what follows from the names in its weight file. */
    readonly preprocessing?: (typeof preprocessings)[number];
    /** The network's weights: where they were published, or `sha256:` and the 64 digits of their file's digest. */
    readonly weights?: string;
  };
  /** The terms of the objective, 1 to 64. */
  readonly terms: readonly {
    /** Name of the loss plugin. */
    readonly loss: string;
    /** The name under which the term is reported and its weight changed, unique in the recipe. @default the loss */
    readonly name?: string;
    /** Factor of the loss: finite, at least 0. */
    readonly weight: number;
    readonly options: { readonly [key: string]: Json };
    /** Whether the gradient at each of its layers is scaled to an L1 norm of the weight. Absent: it is not. */
    readonly normalizeGradients?: boolean;
  }[];
  readonly optimizer: { readonly name: string; readonly options: { readonly [key: string]: Json } };
  /**
   * The running average of the images, which is shown instead of the last one. `decay` is in [0, 1), 0 for no average;
   * `carry` says whether the next scale starts from the average or from the last image.
   */
  readonly average: { readonly decay: number; readonly carry: (typeof carries)[number] };
  /** Whether each step's image is clipped to [0, 1]. */
  readonly clamp: boolean;
  /** The sizes to paint at, in order: 1 to 16, of up to 65536 pixels and 1 to 1,000,000 steps each. */
  readonly scales: readonly Scale[];
  /**
   * The share by which the loss has to fall from 16 steps to the next 16 for a scale to go on; above 0, at most 1. The
   * steps of a scale are the most then. Absent: they are all done.
   */
  readonly untilStable?: number;
  /** How the content fits a size given as a width and a height, and a picture to start from fits the content. */
  readonly fit: Fit;
  /** Size of the styles relative to the content's; above 0, at most 1000. */
  readonly styleScale: number;
  /**
   * The weight of each style, in their order; at least 0, not all 0. Absent: they count equally. The masks themselves
   * are pictures, which a recipe does not contain: it says which of them a run has to be given.
   */
  readonly styles?: readonly {
    readonly weight: number;
    /** Whether a mask says where the style acts. @default false */
    readonly contentMask?: boolean;
    /** Whether a mask says which part of the style's picture counts. @default false */
    readonly styleMask?: boolean;
  }[];
  /**
   * How the content's colours are kept. `luma`: each picture that is shown has the content's chroma; `match`: the styles
   * are painted from with the mean and covariance of the content's colours. `strength` is the content's share, from 0 to
   * 1. Absent: the colours are the styles'.
   */
  readonly colors?: { readonly keep: (typeof keptColors)[number]; readonly strength: number };
  /** Pixels painted beyond each side, and cut off at the end; at most 4096. */
  readonly margin: number;
  /** Seed of the noise that `init: "noise"` starts from. */
  readonly seed: number;
  /** What the image starts as. */
  readonly init: (typeof inits)[number];
}

/** The version of the recipes that this Brushwork writes. It reads all versions up to this one. */
export const recipeVersion = 2;

export const poolings = ["average", "max"] as const;
export const paddings = ["zero", "replicate"] as const;
export const preprocessings = ["caffe", "caffe-256", "torchvision"] as const;
const carries = ["average", "image"] as const;
const inits = ["content", "style", "noise", "picture"] as const;

/** The ways to keep the content's colours. */
export const keptColors = ["luma", "match"] as const;

/** The most that a recipe may ask for: more than anyone paints with, and little enough for a stranger's to be safe. */
export const limits = {
  scales: 16,
  /** Steps of a scale. */
  steps: 1e6,
  /** Pixels of a side. */
  size: 2 ** 16,
  margin: 2 ** 12,
  styleScale: 1000,
  poolingScale: 1000,
  styles: 64,
  terms: 64,
  /** Curvature pairs of the optimizer lbfgs. */
  history: 1000,
  /** Characters of a name. */
  name: 256,
  /** Characters of a text among a loss's options. */
  text: 2 ** 16,
  /** Values among a loss's options, at all depths together. */
  values: 10_000,
  /** Nesting of a loss's options. */
  nesting: 32,
} as const;

/**
 * Turns parsed JSON into a recipe: a checked copy in the newest version, with the keys of its options sorted.
 *
 * @example
 * const recipe = parseRecipe(JSON.parse(await readFile("recipe.json", "utf8")));
 * @throws {OptionError} when a field is missing or unknown, a value is of the wrong type or out of its range, or the
 * version is newer than this Brushwork
 */
export function parseRecipe(value: unknown): Recipe {
  const given = record(value, "recipe");
  if (given.version === undefined && isRecord(given.recipe))
    throw new OptionError(
      "Expected a recipe, got a preset or another object that has one: give its property recipe.",
    );
  const recipe = fields(upgraded(given, checkedVersion(given.version)), "recipe", [
    "version",
    "network",
    "terms",
    "optimizer",
    "average",
    "clamp",
    "scales",
    "untilStable",
    "fit",
    "styleScale",
    "styles",
    "colors",
    "margin",
    "seed",
    "init",
  ]);
  return {
    version: recipeVersion,
    network: parseNetwork(recipe.network),
    terms: differing(list(recipe.terms, "recipe.terms", limits.terms, parseTerm)),
    optimizer: parseOptimizer(recipe.optimizer),
    average: parseAverage(recipe.average),
    clamp: flag(recipe.clamp, "recipe.clamp"),
    scales: list(recipe.scales, "recipe.scales", limits.scales, parseScale),
    ...(recipe.untilStable !== undefined && {
      untilStable: positive(recipe.untilStable, "recipe.untilStable", 1),
    }),
    // What there was before there was a choice.
    fit: recipe.fit === undefined ? "stretch" : oneOf(recipe.fit, "recipe.fit", fits),
    styleScale: positive(recipe.styleScale, "recipe.styleScale", limits.styleScale),
    ...(recipe.styles !== undefined && { styles: parseStyles(recipe.styles) }),
    ...(recipe.colors !== undefined && { colors: parseColors(recipe.colors) }),
    margin: whole(recipe.margin, "recipe.margin", 0, limits.margin),
    seed: whole(recipe.seed, "recipe.seed", 0),
    init: oneOf(recipe.init, "recipe.init", inits),
  };
}

/**
 * The recipe as indented JSON that ends with a newline; equal recipes give equal text.
 * @throws {OptionError} as `parseRecipe` does, so that whatever is written can be read
 */
export function formatRecipe(recipe: Recipe): string {
  return `${JSON.stringify(parseRecipe(recipe), null, 2)}\n`;
}

function checkedVersion(version: unknown): number {
  const expected = `a version from 1 to ${recipeVersion}`;
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1)
    throw wrong("recipe.version", expected, version);
  if (version > recipeVersion)
    throw new OptionError(
      `Expected recipe.version to be ${expected}, which this Brushwork reads, got ${version}: update Brushwork.`,
    );
  return version;
}

function parseNetwork(value: unknown): Recipe["network"] {
  const path = "recipe.network";
  const names = ["name", "pooling", "poolingScale", "padding", "preprocessing", "weights"] as const;
  const { name, pooling, poolingScale, padding, preprocessing, weights } = fields(value, path, names);
  return {
    name: text(name, `${path}.name`),
    pooling: oneOf(pooling, `${path}.pooling`, poolings),
    ...(poolingScale !== undefined && {
      poolingScale: positive(poolingScale, `${path}.poolingScale`, limits.poolingScale),
    }),
    ...(padding !== undefined && { padding: oneOf(padding, `${path}.padding`, paddings) }),
    ...(preprocessing !== undefined && {
      preprocessing: oneOf(preprocessing, `${path}.preprocessing`, preprocessings),
    }),
    ...(weights === undefined ? {} : { weights: identity(weights, `${path}.weights`) }),
  };
}

function parseTerm(value: unknown, path: string): Recipe["terms"][number] {
  const names = ["loss", "name", "weight", "options", "normalizeGradients"] as const;
  const { loss, name, weight, options, normalizeGradients } = fields(value, path, names);
  return {
    loss: text(loss, `${path}.loss`),
    ...(name === undefined ? {} : { name: text(name, `${path}.name`) }),
    weight: notNegative(weight, `${path}.weight`),
    options: jsonRecord(options, `${path}.options`),
    ...(normalizeGradients !== undefined && {
      normalizeGradients: flag(normalizeGradients, `${path}.normalizeGradients`),
    }),
  };
}

/** @throws {OptionError} when two terms have the same name, or one has that of their sum */
function differing(terms: Recipe["terms"]): Recipe["terms"] {
  const names = new Set<string>();
  for (const { name, loss } of terms) {
    const label = name ?? loss;
    if (label === "total")
      throw new OptionError('Expected no term of recipe.terms to be called "total", which is their sum.');
    if (names.has(label))
      throw new OptionError(`Expected the names in recipe.terms to differ, got ${quoted(label)} twice.`);
    names.add(label);
  }
  return terms;
}

function parseOptimizer(value: unknown): Recipe["optimizer"] {
  const path = "recipe.optimizer";
  const { name, options } = fields(value, path, ["name", "options"]);
  return { name: text(name, `${path}.name`), options: jsonRecord(options, `${path}.options`) };
}

function parseAverage(value: unknown): Recipe["average"] {
  const path = "recipe.average";
  const { decay, carry } = fields(value, path, ["decay", "carry"]);
  const found = notNegative(decay, `${path}.decay`);
  if (found >= 1) throw wrong(`${path}.decay`, "a number from 0 to less than 1", found);
  return { decay: found, carry: oneOf(carry, `${path}.carry`, carries) };
}

function parseStyles(value: unknown): NonNullable<Recipe["styles"]> {
  const path = "recipe.styles";
  const styles = list(value, path, limits.styles, (style, at) => {
    const { weight, contentMask, styleMask } = fields(style, at, ["weight", "contentMask", "styleMask"]);
    return {
      weight: notNegative(weight, `${at}.weight`),
      ...(contentMask !== undefined && { contentMask: flag(contentMask, `${at}.contentMask`) }),
      ...(styleMask !== undefined && { styleMask: flag(styleMask, `${at}.styleMask`) }),
    };
  });
  if (styles.every(({ weight }) => weight === 0))
    throw new OptionError(`Expected ${path} to have a weight above 0, got none.`);
  return styles;
}

function parseColors(value: unknown): NonNullable<Recipe["colors"]> {
  const path = "recipe.colors";
  const { keep, strength } = fields(value, path, ["keep", "strength"]);
  const share = notNegative(strength, `${path}.strength`);
  if (share > 1) throw wrong(`${path}.strength`, "a number from 0 to 1", share);
  return { keep: oneOf(keep, `${path}.keep`, keptColors), strength: share };
}

function parseScale(value: unknown, path: string): Scale {
  const { size, steps } = fields(value, path, ["size", "steps"]);
  return { size: parseSize(size, `${path}.size`), steps: whole(steps, `${path}.steps`, 1, limits.steps) };
}

function parseSize(value: unknown, path: string): Scale["size"] {
  if (!Array.isArray(value)) return whole(value, path, 1, limits.size);
  if (value.length !== 2) throw wrong(path, "the longer side, or a width and a height", value);
  return [whole(value[0], `${path}[0]`, 1, limits.size), whole(value[1], `${path}[1]`, 1, limits.size)];
}

function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw wrong(path, "an object", value);
  return value;
}

/** The named fields, any of which may be undefined; other fields are refused. */
function fields<Name extends string>(
  value: unknown,
  path: string,
  names: readonly Name[],
): Readonly<Record<Name, unknown>> {
  const given = record(value, path);
  const known: readonly string[] = names;
  for (const key of Object.keys(given))
    if (!known.includes(key))
      throw new OptionError(
        `Expected the fields of ${path} to be among ${names.join(", ")}, got ${shown(key)}.`,
      );
  return given;
}

function list<Entry>(
  value: unknown,
  path: string,
  most: number,
  parse: (entry: unknown, path: string) => Entry,
): readonly Entry[] {
  if (!Array.isArray(value)) throw wrong(path, "a list", value);
  if (value.length === 0 || value.length > most) throw wrong(path, `a list of 1 to ${most} entries`, value);
  return value.map((entry, i) => parse(entry, `${path}[${i}]`));
}

function text(value: unknown, path: string): string {
  if (typeof value !== "string" || value === "") throw wrong(path, "a text that is not empty", value);
  if (value.length > limits.name) throw wrong(path, `a text of at most ${limits.name} characters`, value);
  return value;
}

function identity(value: unknown, path: string): string {
  const found = text(value, path);
  if (!/^(sha256:[0-9a-f]{64}|(?!sha256:)[\w./:+@-]{1,200})$/i.test(found))
    throw wrong(path, "the source of weights, or sha256: and 64 hexadecimal digits", found);
  return /^sha256:/i.test(found) ? found.toLowerCase() : found;
}

function flag(value: unknown, path: string): boolean {
  if (typeof value !== "boolean") throw wrong(path, "true or false", value);
  return value;
}

function notNegative(value: unknown, path: string): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    throw wrong(path, "a finite number that is not negative", value);
  return value;
}

function positive(value: unknown, path: string, most: number): number {
  if (typeof value !== "number" || !(value > 0 && value <= most))
    throw wrong(path, `a number above 0, at most ${most}`, value);
  return value;
}

function whole(value: unknown, path: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most)
    throw wrong(path, `a whole number from ${least} to ${most}`, value);
  return value;
}

function jsonRecord(value: unknown, path: string): { readonly [key: string]: Json } {
  let values = 0;
  return jsonFields(record(value, path), 1);

  function jsonFields(
    fields: Readonly<Record<string, unknown>>,
    depth: number,
  ): { readonly [key: string]: Json } {
    const keys = Object.keys(fields).sort();
    return Object.fromEntries(keys.map((key) => [short(key), json(fields[key], depth + 1)]));
  }

  function json(entry: unknown, depth: number): Json {
    values++;
    if (values > limits.values)
      throw new OptionError(`Expected ${path} to have at most ${limits.values} values, got more.`);
    if (typeof entry === "string") return short(entry);
    if (entry === null || typeof entry === "boolean") return entry;
    if (typeof entry === "number" && Number.isFinite(entry)) return entry;
    if (depth > limits.nesting)
      throw new OptionError(`Expected ${path} to be nested at most ${limits.nesting} deep, got deeper.`);
    if (Array.isArray(entry)) return entry.map((one) => json(one, depth + 1));
    if (isRecord(entry)) return jsonFields(entry, depth);
    throw wrong(`everything in ${path}`, "a JSON value", entry);
  }

  function short(text: string): string {
    if (text.length > limits.text)
      throw new OptionError(
        `Expected the texts in ${path} to have at most ${limits.text} characters, got one of ${text.length}.`,
      );
    return text;
  }
}

function wrong(path: string, expected: string, value: unknown): OptionError {
  return new OptionError(`Expected ${path} to be ${expected}, got ${shown(value)}.`);
}
