import { isJsonObject, oneOf, parsedJson, quoted } from "@brushwork/core/reading";
import { parseRecipe, type Recipe } from "@brushwork/recipes";
import type { AddedLoss } from "./added-losses.js";
import { beyondPage, settingsOfRecipe } from "./recipe-of-settings.js";
import {
  colorChoices,
  engineChoices,
  mostPaintings,
  networkNames,
  presetNames,
  type Range,
  ranges,
  type Settings,
  usualSettings,
  weightAt,
  weightPlaces,
  yesOrNo,
} from "./settings.js";

/** What a link carries: settings, losses beside the preset's, and which pictures of the gallery. */
export interface Linked {
  readonly settings: Settings;
  readonly losses: readonly AddedLoss[];
  readonly photograph: string | undefined;
  /** In their order; undefined for one that is not of the gallery. */
  readonly paintings: readonly (string | undefined)[];
  /** Numbers of the paintings that have masks, from 1. The masks themselves are pictures, which a link does not carry. */
  readonly masks: readonly number[];
  /** Numbers of the paintings of which a part counts, likewise. */
  readonly styleMasks: readonly number[];
  /** The paintings' weights, in their order; none where they count equally. */
  readonly weights: readonly number[];
}

/** The names of the gallery's pictures that a link may give. */
export interface LinkedNames {
  readonly photograph: readonly string[];
  readonly painting: readonly string[];
}

/** Names of the fields for paintings, in their order. */
const paintingFields = Array.from({ length: mostPaintings }, (_, i) =>
  i === 0 ? "painting" : `painting${i + 1}`,
);

const choices = {
  preset: presetNames,
  network: networkNames,
  engine: engineChoices,
  colors: colorChoices,
  untilStable: yesOrNo,
} as const;

/** More than any painting weighs against another. */
const mostWeight = 1e6;

/** More losses than anyone adds. */
const mostLosses = 16;
/** Length of the longest list of losses as JSON. */
const longestLosses = 4096;
/** Length of the longest recipe as JSON: several times that of any preset's. */
const longestRecipe = 8192;

/** The part of an address after the #; only what differs from the default. */
export function hashOf(linked: Linked): string {
  const { settings, losses, photograph, paintings, masks, styleMasks, weights } = linked;
  const { opened, ...plain } = settings;
  const usual = opened ? settingsOfRecipe(opened, usualSettings) : usualSettings;
  const named = Object.fromEntries(paintings.map((name, i) => [paintingFields[i], name]));
  const entries = Object.entries({ photograph, ...named, ...plain }).filter(
    ([name, value]) =>
      value !== undefined && value !== Object.entries(usual).find(([key]) => key === name)?.[1],
  );
  const fields = new URLSearchParams(entries.map(([name, value]) => [name, String(value)]));
  const recipe = opened && recipeField(opened.recipe);
  if (recipe !== undefined) fields.set("recipe", recipe);
  if (weights.length > 0) fields.set("weights", weights.join());
  if (masks.length > 0) fields.set("masks", masks.join());
  if (styleMasks.length > 0) fields.set("styleMasks", styleMasks.join());
  if (losses.length > 0) fields.set("losses", JSON.stringify(losses));
  return fields.toString();
}

/** A recipe as a link carries it; undefined if it is too long for one. */
export function recipeField(recipe: Recipe): string | undefined {
  const text = JSON.stringify(recipe);
  return text.length <= longestRecipe ? text : undefined;
}

/** The settings that a link's recipe leads to, before the link's own. */
function settingsBy(text: string): Settings {
  if (text.length > longestRecipe)
    throw new RangeError(
      `Expected the link's recipe to have at most ${longestRecipe} characters, got ${text.length}.`,
    );
  let value: unknown;
  try {
    value = parsedJson(text);
  } catch {
    throw new RangeError(`Expected the link's recipe to be JSON, got ${quoted(text)}.`);
  }
  const recipe = parseRecipe(value);
  const reason = beyondPage(recipe);
  if (reason !== undefined) throw new RangeError(`The link's picture ${reason}`);
  return settingsOfRecipe({ title: undefined, recipe }, usualSettings);
}

/**
 * Reads the part of an address after the #. The losses still have to be checked against their schemas.
 *
 * @throws {RangeError} when a field is unknown, given twice or has an invalid value, or the recipe is not this page's: a link may be hostile, cut off or
 * of another version
 */
export function parseHash(hash: string, names: LinkedNames): Linked {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    if (fields.has(name))
      throw new RangeError(`Expected the link to have ${quoted(name)} once, got it twice.`);
    fields.set(name, value);
  }
  const recipe = fields.get("recipe");
  const settings: Record<string, unknown> = {
    ...(recipe === undefined ? usualSettings : settingsBy(recipe)),
  };
  let photograph: string | undefined;
  const paintings: (string | undefined)[] = [];
  let masks: readonly number[] = [];
  let styleMasks: readonly number[] = [];
  let weights: readonly number[] = [];
  let losses: readonly AddedLoss[] = [];
  for (const [name, value] of fields) {
    if (isKey(choices, name)) settings[name] = oneOf(value, `the link's ${name}`, choices[name]);
    else if (isKey(ranges, name)) settings[name] = inRange(name, value, ranges[name]);
    else if (name === "photograph") photograph = oneOf(value, "the link's photograph", names.photograph);
    else if (paintingFields.includes(name))
      paintings[paintingFields.indexOf(name)] = oneOf(value, `the link's ${name}`, names.painting);
    else if (name === "masks") masks = masksOf(name, value);
    else if (name === "styleMasks") styleMasks = masksOf(name, value);
    else if (name === "weights") weights = paintingWeights(value);
    else if (name === "losses") losses = lossesOf(value);
    else if (name !== "recipe")
      throw new RangeError(`Expected the link to have settings of this page, got ${quoted(name)}.`);
  }
  const count = Math.max(paintings.length, weights.length, ...masks, ...styleMasks);
  return {
    settings: settings as unknown as Settings,
    losses,
    photograph,
    paintings: Array.from({ length: count }, (_, i) => paintings[i]),
    masks,
    styleMasks,
    weights,
  };
}

function paintingWeights(text: string): readonly number[] {
  const texts = text.split(",");
  const weights = texts.map(Number);
  const isValid =
    texts.every((one) => /^\d[\d.e-]*$/.test(one)) &&
    weights.every((weight) => weight >= 0 && weight <= mostWeight);
  if (!isValid || weights.length > mostPaintings || Math.max(...weights) === 0)
    throw new RangeError(
      `Expected the link's weights to be 1 to ${mostPaintings} numbers from 0 to ${mostWeight}, not all 0, got ${quoted(text)}.`,
    );
  return weights;
}

function masksOf(name: string, text: string): readonly number[] {
  const masks = text.split(",").map(Number);
  const isValid = /^[1-9](,[1-9])*$/.test(text) && masks.every((number, i) => number > (masks[i - 1] ?? 0));
  if (!isValid || Math.max(...masks) > mostPaintings)
    throw new RangeError(
      `Expected the link's ${name} to be numbers of paintings from 1 to ${mostPaintings}, in order, got ${quoted(text)}.`,
    );
  return masks;
}

function lossesOf(text: string): readonly AddedLoss[] {
  const refusal = () =>
    new RangeError(`Expected the link's losses to be a list of losses with weights, got ${quoted(text)}.`);
  if (text.length > longestLosses) throw refusal();
  let list: unknown;
  try {
    list = parsedJson(text);
  } catch {
    throw refusal();
  }
  if (!Array.isArray(list) || list.length > mostLosses) throw refusal();
  const losses = list.map((entry: unknown) => {
    const { loss, weight, options, ...others } = isJsonObject(entry) ? entry : {};
    if (typeof loss !== "string" || !isJsonObject(options) || Object.keys(others).length > 0) throw refusal();
    return { loss, weight: weightOf(loss, weight), options };
  });
  if (new Set(losses.map(({ loss }) => loss)).size < losses.length) throw refusal();
  return losses;
}

function weightOf(loss: string, weight: unknown): number {
  const [least, most] = [weightAt(weightPlaces.min), weightAt(weightPlaces.max)];
  if (typeof weight !== "number" || !(weight >= least && weight <= most))
    throw new RangeError(
      `Expected the link's weight of ${quoted(loss)} to be from ${least} to ${most}, got ${quoted(String(weight))}.`,
    );
  return weight;
}

function isKey<Table extends object>(table: Table, name: string): name is Extract<keyof Table, string> {
  return Object.hasOwn(table, name);
}

function inRange(name: string, value: string, { min, max }: Range): number {
  const number = Number(value);
  if (!/^-?\d{1,4}$/.test(value) || number < min || number > max)
    throw new RangeError(
      `Expected the link's ${name} to be a whole number from ${min} to ${max}, got ${quoted(value)}.`,
    );
  return number;
}
