import { isLossPackage, loadLoss } from "@brushwork/backend-node";
import { isJsonObject, type Json, type JsonSchema, type LossPlugin } from "@brushwork/core";
import { quoted, shown } from "@brushwork/core/reading";
import { type Recipe, termName } from "@brushwork/recipes";
import { ownLosses } from "@brushwork/runs";
import { asUsageError, UsageError } from "./failure.js";
import type { WantedLoss } from "./option-values.js";

/** The options that choose losses. */
export interface LossOptions {
  readonly loss?: readonly WantedLoss[];
  /** False: none of the preset's or the recipe's losses. */
  readonly defaultLosses?: boolean;
  /** Whether packages that only the recipe names may be loaded. */
  readonly allowPlugins?: boolean;
}

type Term = Recipe["terms"][number];

/** A recipe, without its losses where the options say so. */
export function withDefaultLosses(recipe: Recipe, { defaultLosses = true }: LossOptions): Recipe {
  return defaultLosses ? recipe : { ...recipe, terms: [] };
}

/**
 * A recipe with the losses that the options choose, and the plugins that it names besides ours. A loss whose name is in
 * the recipe already changes that term; another joins it.
 *
 * @throws {UsageError} when a loss is not there, its details cannot be, or the recipe names code that nobody has allowed
 * @throws {PluginError} when a plugin's code fails
 */
export async function withLosses(
  recipe: Recipe,
  { loss: wanted = [], allowPlugins = false }: LossOptions,
): Promise<{ readonly recipe: Recipe; readonly plugins: readonly LossPlugin[] }> {
  const chosen = await Promise.all(
    wanted.map(async (one) => ({ ...one, plugin: await namedLoss(one.name) })),
  );
  let terms = recipe.terms;
  for (const { plugin, details } of chosen) terms = withTerm(terms, plugin, detailsOf(plugin, details));
  if (terms.length === 0)
    throw new UsageError("Expected a loss: without the default ones there is none. Name one with --loss.");
  const known = new Map([...ownLosses, ...chosen.map(({ plugin }) => plugin)].map((one) => [one.name, one]));
  for (const { loss } of terms) {
    if (known.has(loss)) continue;
    if (!allowPlugins || !isLossPackage(loss)) throw unloaded(loss);
    known.set(loss, await namedLoss(loss));
  }
  return {
    recipe: { ...recipe, terms },
    plugins: [...known.values()].filter((one) => !ownLosses.includes(one)),
  };
}

/**
 * Loads a loss that the command line names.
 * @throws {UsageError} when there is no such loss; {PluginError} when its code fails
 */
export async function namedLoss(name: string): Promise<LossPlugin> {
  try {
    return await loadLoss(name);
  } catch (error) {
    throw asUsageError(error);
  }
}

/** A recipe may come from a stranger's picture, and never loads code by itself. */
function unloaded(loss: string): UsageError {
  const remedy = isLossPackage(loss)
    ? `to run the code of that package, pass --loss ${loss} or --allow-plugins`
    : "name its file or package with --loss";
  return new UsageError(
    `The recipe paints with the loss ${quoted(loss)}, which is not one of ours: ${remedy}.`,
  );
}

interface Details {
  readonly name?: string;
  readonly weight?: number;
  readonly options: { readonly [name: string]: Json };
}

function withTerm(
  terms: readonly Term[],
  plugin: LossPlugin,
  { name, weight, options }: Details,
): readonly Term[] {
  const label = name ?? plugin.name;
  const before = terms.find((term) => termName(term) === label);
  const same = before?.loss === plugin.name ? before : undefined;
  const term: Term = {
    loss: plugin.name,
    ...(label !== plugin.name && { name: label }),
    weight: weight ?? same?.weight ?? usualWeight(plugin, options),
    options: { ...same?.options, ...options },
  };
  return before === undefined ? [...terms, term] : terms.map((one) => (one === before ? term : one));
}

/** What the plugin gives its loss where nobody says otherwise; its options are checked with the whole recipe. */
function usualWeight(plugin: LossPlugin, options: Details["options"]): number {
  try {
    const { weight } = plugin.create(options);
    return weight >= 0 ? weight : 1;
  } catch {
    return 1;
  }
}

function detailsOf(plugin: LossPlugin, text: string | undefined): Details {
  if (text === undefined) return { options: {} };
  const { name, weight, ...options } = text.trimStart().startsWith("{")
    ? fromJson(plugin.name, text)
    : fromText(plugin, text);
  if (weight !== undefined && !(typeof weight === "number" && weight >= 0))
    throw new UsageError(
      `Expected the weight of the loss ${plugin.name} to be a number of at least 0, got ${shown(weight)}.`,
    );
  if (name !== undefined && (typeof name !== "string" || name === ""))
    throw new UsageError(`Expected the name of the loss ${plugin.name} to be a text, got ${shown(name)}.`);
  return { ...(name !== undefined && { name }), ...(weight !== undefined && { weight }), options };
}

function fromJson(loss: string, text: string): { readonly [name: string]: Json } {
  try {
    return JSON.parse(text) as { readonly [name: string]: Json };
  } catch (cause) {
    throw new UsageError(`Expected JSON after --loss ${loss}:, got ${quoted(text)}.`, { cause });
  }
}

/** `weight=0.5,layers=relu3_1+relu4_1,layerWeights.relu3_1=2`: values as the plugin's schema wants them. */
function fromText({ name, options: schema }: LossPlugin, text: string): { readonly [name: string]: Json } {
  // No assignment would make an option of __proto__, which the schema has to refuse.
  const found = new Map<string, Json>();
  for (const entry of text.split(",")) {
    const [, path = "", value] = /^([^=]+)=(.*)$/s.exec(entry) ?? [];
    if (value === undefined)
      throw new UsageError(
        `Expected options such as weight=0.5,layers=relu3_1+relu4_1 after --loss ${name}:, got ${quoted(entry)}.`,
      );
    const [key = "", ...rest] = path.split(".");
    const below = rest.join(".");
    const property = propertyOf(schema, key);
    const before = found.get(key);
    if (key === "name") found.set(key, value);
    else if (key === "weight") found.set(key, readAs({ type: "number" }, value));
    else if (rest.length === 0) found.set(key, readAs(property, value));
    else
      found.set(
        key,
        Object.fromEntries([
          ...(isJsonObject(before) ? Object.entries(before) : []),
          [below, readAs(entrySchema(property, below), value)],
        ]),
      );
  }
  return Object.fromEntries(found);
}

function propertyOf(schema: JsonSchema, key: string): Json | undefined {
  return isJsonObject(schema.properties) && Object.hasOwn(schema.properties, key)
    ? schema.properties[key]
    : undefined;
}

function entrySchema(schema: Json | undefined, key: string): Json | undefined {
  if (!isJsonObject(schema)) return undefined;
  return propertyOf(schema, key) ?? schema.additionalProperties;
}

/** What cannot be read stays a text, which the schema will refuse. */
function readAs(schema: Json | undefined, text: string): Json {
  const { type, items } = isJsonObject(schema) ? schema : {};
  if (type === "array") return text.split("+").map((entry) => readAs(items, entry));
  if (type === "string") return text;
  if (type === "boolean" || type === undefined) {
    if (text === "true") return true;
    if (text === "false") return false;
  }
  if (type === "number" || type === "integer" || type === undefined) {
    const number = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(number)) return number;
  }
  return text;
}
