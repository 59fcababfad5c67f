import type { Scale } from "./run-options.js";

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Every option of a run as data: with the same pictures it paints the same again. */
export interface Recipe {
  readonly version: typeof recipeVersion;
  readonly network: {
    readonly name: string;
    readonly pooling: (typeof poolings)[number];
    /** Of the weights, 64 lower-case hexadecimal digits. */
    readonly sha256?: string;
  };
  /** At least one; losses by the name of their plugin, with finite weights that are not negative. */
  readonly terms: readonly {
    readonly name: string;
    readonly weight: number;
    readonly options: { readonly [key: string]: Json };
  }[];
  readonly optimizer: { readonly name: string; readonly options: { readonly [key: string]: Json } };
  /** At least one, in the order they are painted in. */
  readonly scales: readonly Scale[];
  /** Size of the styles relative to the image; above 0. */
  readonly styleScale: number;
  /** Pixels painted beyond each side, and cut off at the end. */
  readonly margin: number;
  readonly seed: number;
  readonly init: (typeof inits)[number];
}

/** The version of recipes that this Brushwork writes and reads. */
export const recipeVersion = 1;

const poolings = ["average", "max"] as const;
const inits = ["content", "style", "noise", "picture"] as const;

/** Far more than any option needs, and few enough never to exhaust the stack. */
const deepestNesting = 32;

/**
 * The recipe that parsed JSON holds: a checked copy, the keys of its options sorted.
 *
 * @throws {TypeError} when a field is missing or of the wrong kind
 * @throws {RangeError} when a value is out of its range, a field is unknown or the version is another
 */
export function parseRecipe(value: unknown): Recipe {
  checkVersion(record(value, "recipe").version);
  const recipe = fields(value, "recipe", [
    "version",
    "network",
    "terms",
    "optimizer",
    "scales",
    "styleScale",
    "margin",
    "seed",
    "init",
  ]);
  return {
    version: recipeVersion,
    network: parseNetwork(recipe.network),
    terms: list(recipe.terms, "recipe.terms", parseTerm),
    optimizer: parseOptimizer(recipe.optimizer),
    scales: list(recipe.scales, "recipe.scales", parseScale),
    styleScale: finite(recipe.styleScale, "recipe.styleScale", "positive"),
    margin: whole(recipe.margin, "recipe.margin", 0),
    seed: whole(recipe.seed, "recipe.seed", 0),
    init: oneOf(recipe.init, "recipe.init", inits),
  };
}

/**
 * The recipe as indented JSON that ends with a newline; equal recipes give equal text.
 * @throws {TypeError | RangeError} as `parseRecipe` does: what is written can be read
 */
export function formatRecipe(recipe: Recipe): string {
  return `${JSON.stringify(parseRecipe(recipe), null, 2)}\n`;
}

function checkVersion(version: unknown): void {
  if (version === recipeVersion) return;
  if (typeof version !== "number") throw wrongKind("recipe.version", String(recipeVersion), version);
  if (Number.isInteger(version) && version > recipeVersion)
    throw new RangeError(
      `Expected a recipe of version ${recipeVersion}, which this Brushwork reads, got version ${version}: update Brushwork.`,
    );
  throw wrongValue("recipe.version", String(recipeVersion), version);
}

function parseNetwork(value: unknown): Recipe["network"] {
  const path = "recipe.network";
  const { name, pooling, sha256 } = fields(value, path, ["name", "pooling", "sha256"]);
  return {
    name: text(name, `${path}.name`),
    pooling: oneOf(pooling, `${path}.pooling`, poolings),
    ...(sha256 === undefined ? {} : { sha256: digest(sha256, `${path}.sha256`) }),
  };
}

function parseTerm(value: unknown, path: string): Recipe["terms"][number] {
  const { name, weight, options } = fields(value, path, ["name", "weight", "options"]);
  return {
    name: text(name, `${path}.name`),
    weight: finite(weight, `${path}.weight`, "not negative"),
    options: jsonRecord(options, `${path}.options`),
  };
}

function parseOptimizer(value: unknown): Recipe["optimizer"] {
  const path = "recipe.optimizer";
  const { name, options } = fields(value, path, ["name", "options"]);
  return { name: text(name, `${path}.name`), options: jsonRecord(options, `${path}.options`) };
}

function parseScale(value: unknown, path: string): Scale {
  const { size, steps } = fields(value, path, ["size", "steps"]);
  return { size: parseSize(size, `${path}.size`), steps: whole(steps, `${path}.steps`, 1) };
}

function parseSize(value: unknown, path: string): Scale["size"] {
  if (!Array.isArray(value)) return whole(value, path, 1);
  if (value.length !== 2) throw wrongValue(path, "the longer side, or a width and a height", value);
  return [whole(value[0], `${path}[0]`, 1), whole(value[1], `${path}[1]`, 1)];
}

function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw wrongKind(path, "an object", value);
  return value;
}

/** The named fields, any of which may be undefined. */
function fields<Name extends string>(
  value: unknown,
  path: string,
  names: readonly Name[],
): Readonly<Record<Name, unknown>> {
  const given = record(value, path);
  const known: readonly string[] = names;
  for (const key of Object.keys(given))
    if (!known.includes(key))
      throw new RangeError(
        `Expected the fields of ${path} to be among ${names.join(", ")}, got ${shown(key)}.`,
      );
  return given;
}

function list<Entry>(
  value: unknown,
  path: string,
  parse: (entry: unknown, path: string) => Entry,
): readonly Entry[] {
  if (!Array.isArray(value)) throw wrongKind(path, "a list", value);
  if (value.length === 0) throw wrongValue(path, "a list of at least one entry", value);
  return value.map((entry, i) => parse(entry, `${path}[${i}]`));
}

function text(value: unknown, path: string): string {
  const expected = "a text that is not empty";
  if (typeof value !== "string") throw wrongKind(path, expected, value);
  if (value === "") throw wrongValue(path, expected, value);
  return value;
}

function digest(value: unknown, path: string): string {
  const expected = "64 hexadecimal digits";
  if (typeof value !== "string") throw wrongKind(path, expected, value);
  if (!/^[0-9a-f]{64}$/i.test(value)) throw wrongValue(path, expected, value);
  return value.toLowerCase();
}

function oneOf<Value extends string>(value: unknown, path: string, values: readonly Value[]): Value {
  const expected = `one of ${values.join(", ")}`;
  if (typeof value !== "string") throw wrongKind(path, expected, value);
  const found = values.find((candidate) => candidate === value);
  if (found === undefined) throw wrongValue(path, expected, value);
  return found;
}

function finite(value: unknown, path: string, sign: "positive" | "not negative"): number {
  const expected = `a finite number that is ${sign}`;
  if (typeof value !== "number") throw wrongKind(path, expected, value);
  if (!Number.isFinite(value) || value < 0 || (sign === "positive" && value === 0))
    throw wrongValue(path, expected, value);
  return value;
}

function whole(value: unknown, path: string, least: number): number {
  const expected = `a whole number from ${least} to ${Number.MAX_SAFE_INTEGER}`;
  if (typeof value !== "number") throw wrongKind(path, expected, value);
  if (!Number.isSafeInteger(value) || value < least) throw wrongValue(path, expected, value);
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
    throw new RangeError(`Expected ${path} to be nested at most ${deepestNesting} deep, got deeper.`);
  if (Array.isArray(value)) return value.map((entry) => json(entry, path, depth + 1));
  if (isRecord(value)) return jsonFields(value, path, depth);
  throw wrongKind(`everything in ${path}`, "what JSON can hold", value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrongKind(path: string, expected: string, value: unknown): TypeError {
  return new TypeError(`Expected ${path} to be ${expected}, got ${shown(value)}.`);
}

function wrongValue(path: string, expected: string, value: unknown): RangeError {
  return new RangeError(`Expected ${path} to be ${expected}, got ${shown(value)}.`);
}

/** Short whatever the value: it may come from a hostile file. */
function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}
