import { type Json, OptionError, type Scale } from "@brushwork/core";
import { upgraded } from "./upgrade.js";

/** Every option of a run as data: the same recipe with the same pictures paints the same result. */
export interface Recipe {
  /** Version of the recipe format. */
  readonly version: typeof recipeVersion;
  readonly network: {
    readonly name: string;
    readonly pooling: (typeof poolings)[number];
    /** The network's weights: where they were published, or `sha256:` and the 64 digits of their file's digest. */
    readonly weights?: string;
  };
  /** The terms of the objective, at least one. */
  readonly terms: readonly {
    /** Name of the loss plugin. */
    readonly loss: string;
    /** The name under which the term is reported and its weight changed, unique in the recipe. @default the loss */
    readonly name?: string;
    /** Factor of the loss: finite, at least 0. */
    readonly weight: number;
    readonly options: { readonly [key: string]: Json };
  }[];
  readonly optimizer: { readonly name: string; readonly options: { readonly [key: string]: Json } };
  /**
   * The running average of the images, which is shown instead of the last one. `decay` is in [0, 1), 0 for no average;
   * `carry` says whether the next scale starts from the average or from the last image.
   */
  readonly average: { readonly decay: number; readonly carry: (typeof carries)[number] };
  /** Whether each step's image is clipped to [0, 1]. */
  readonly clamp: boolean;
  /** The sizes to paint at, at least one, in order. */
  readonly scales: readonly Scale[];
  /** Size of the styles relative to the content's; above 0. */
  readonly styleScale: number;
  /** The weight of each of several styles, in their order; above 0. Absent: they count equally. */
  readonly styles?: readonly { readonly weight: number }[];
  /** Pixels painted beyond each side, and cut off at the end. */
  readonly margin: number;
  /** Seed of the noise that `init: "noise"` starts from. */
  readonly seed: number;
  /** What the image starts as. */
  readonly init: (typeof inits)[number];
}

/** The version of the recipes that this Brushwork writes. It reads all versions up to this one. */
export const recipeVersion = 2;

const poolings = ["average", "max"] as const;
const carries = ["average", "image"] as const;
const inits = ["content", "style", "noise", "picture"] as const;

/** Deepest nesting of a loss's options: far more than any needs, and too little to exhaust the stack. */
const deepestNesting = 32;

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
  const recipe = fields(upgraded(given, checkedVersion(given.version)), "recipe", [
    "version",
    "network",
    "terms",
    "optimizer",
    "average",
    "clamp",
    "scales",
    "styleScale",
    "styles",
    "margin",
    "seed",
    "init",
  ]);
  return {
    version: recipeVersion,
    network: parseNetwork(recipe.network),
    terms: list(recipe.terms, "recipe.terms", parseTerm),
    optimizer: parseOptimizer(recipe.optimizer),
    average: parseAverage(recipe.average),
    clamp: flag(recipe.clamp, "recipe.clamp"),
    scales: list(recipe.scales, "recipe.scales", parseScale),
    styleScale: finite(recipe.styleScale, "recipe.styleScale", "positive"),
    ...(recipe.styles !== undefined && { styles: list(recipe.styles, "recipe.styles", parseStyle) }),
    margin: whole(recipe.margin, "recipe.margin", 0),
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
  const { name, pooling, weights } = fields(value, path, ["name", "pooling", "weights"]);
  return {
    name: text(name, `${path}.name`),
    pooling: oneOf(pooling, `${path}.pooling`, poolings),
    ...(weights === undefined ? {} : { weights: identity(weights, `${path}.weights`) }),
  };
}

function parseTerm(value: unknown, path: string): Recipe["terms"][number] {
  const { loss, name, weight, options } = fields(value, path, ["loss", "name", "weight", "options"]);
  return {
    loss: text(loss, `${path}.loss`),
    ...(name === undefined ? {} : { name: text(name, `${path}.name`) }),
    weight: finite(weight, `${path}.weight`, "not negative"),
    options: jsonRecord(options, `${path}.options`),
  };
}

function parseOptimizer(value: unknown): Recipe["optimizer"] {
  const path = "recipe.optimizer";
  const { name, options } = fields(value, path, ["name", "options"]);
  return { name: text(name, `${path}.name`), options: jsonRecord(options, `${path}.options`) };
}

function parseAverage(value: unknown): Recipe["average"] {
  const path = "recipe.average";
  const { decay, carry } = fields(value, path, ["decay", "carry"]);
  const found = finite(decay, `${path}.decay`, "not negative");
  if (found >= 1) throw wrong(`${path}.decay`, "a number from 0 to less than 1", found);
  return { decay: found, carry: oneOf(carry, `${path}.carry`, carries) };
}

function parseStyle(value: unknown, path: string): { readonly weight: number } {
  const { weight } = fields(value, path, ["weight"]);
  return { weight: finite(weight, `${path}.weight`, "positive") };
}

function parseScale(value: unknown, path: string): Scale {
  const { size, steps } = fields(value, path, ["size", "steps"]);
  return { size: parseSize(size, `${path}.size`), steps: whole(steps, `${path}.steps`, 1) };
}

function parseSize(value: unknown, path: string): Scale["size"] {
  if (!Array.isArray(value)) return whole(value, path, 1);
  if (value.length !== 2) throw wrong(path, "the longer side, or a width and a height", value);
  return [whole(value[0], `${path}[0]`, 1), whole(value[1], `${path}[1]`, 1)];
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
  parse: (entry: unknown, path: string) => Entry,
): readonly Entry[] {
  if (!Array.isArray(value)) throw wrong(path, "a list", value);
  if (value.length === 0) throw wrong(path, "a list of at least one entry", value);
  return value.map((entry, i) => parse(entry, `${path}[${i}]`));
}

function text(value: unknown, path: string): string {
  const expected = "a text that is not empty";
  if (typeof value !== "string") throw wrong(path, expected, value);
  if (value === "") throw wrong(path, expected, value);
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

function oneOf<Value extends string>(value: unknown, path: string, values: readonly Value[]): Value {
  const expected = `one of ${values.join(", ")}`;
  if (typeof value !== "string") throw wrong(path, expected, value);
  const found = values.find((candidate) => candidate === value);
  if (found === undefined) throw wrong(path, expected, value);
  return found;
}

function finite(value: unknown, path: string, sign: "positive" | "not negative"): number {
  const expected = `a finite number that is ${sign}`;
  if (typeof value !== "number") throw wrong(path, expected, value);
  if (!Number.isFinite(value) || value < 0 || (sign === "positive" && value === 0))
    throw wrong(path, expected, value);
  return value;
}

function whole(value: unknown, path: string, least: number): number {
  const expected = `a whole number from ${least} to ${Number.MAX_SAFE_INTEGER}`;
  if (typeof value !== "number") throw wrong(path, expected, value);
  if (!Number.isSafeInteger(value) || value < least) throw wrong(path, expected, value);
  return value;
}

function jsonRecord(value: unknown, path: string): { readonly [key: string]: Json } {
  return jsonFields(record(value, path), path, 1);
}

function jsonFields(
  value: Readonly<Record<string, unknown>>,
  path: string,
  depth: number,
): { readonly [key: string]: Json } {
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, json(value[key], path, depth + 1)]),
  );
}

function json(value: unknown, path: string, depth: number): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (depth > deepestNesting)
    throw new OptionError(`Expected ${path} to be nested at most ${deepestNesting} deep, got deeper.`);
  if (Array.isArray(value)) return value.map((entry) => json(entry, path, depth + 1));
  if (isRecord(value)) return jsonFields(value, path, depth);
  throw wrong(`everything in ${path}`, "a JSON value", value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(path: string, expected: string, value: unknown): OptionError {
  return new OptionError(`Expected ${path} to be ${expected}, got ${shown(value)}.`);
}

/** A value for an error message, always short: it may come from a hostile file. */
function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}
