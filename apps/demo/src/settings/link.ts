import { isJsonObject, oneOf, parsedJson, quoted } from "@brushwork/core/reading";
import type { AddedLoss } from "./added-losses.js";
import {
  colorChoices,
  engineChoices,
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
  readonly photograph?: string;
  readonly painting?: string;
}

/** The names of the gallery's pictures that a link may give. */
export interface LinkedNames {
  readonly photograph: readonly string[];
  readonly painting: readonly string[];
}

const choices = {
  preset: presetNames,
  network: networkNames,
  engine: engineChoices,
  colors: colorChoices,
  untilStable: yesOrNo,
} as const;

/** More losses than anyone adds. */
const mostLosses = 16;
/** Length of the longest list of losses as JSON. */
const longestLosses = 4096;

/** The part of an address after the #; only what differs from the default. */
export function hashOf({ settings, losses, ...pictures }: Linked): string {
  const entries = Object.entries({ ...pictures, ...settings }).filter(
    ([name, value]) => value !== undefined && value !== usual(name),
  );
  const fields = new URLSearchParams(entries.map(([name, value]) => [name, String(value)]));
  if (losses.length > 0) fields.set("losses", JSON.stringify(losses));
  return fields.toString();
}

/**
 * Reads the part of an address after the #. The losses still have to be checked against their schemas.
 *
 * @throws {RangeError} when a field is unknown, given twice or has an invalid value: a link may be hostile, cut off or
 * of another version
 */
export function parseHash(hash: string, names: LinkedNames): Linked {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    if (fields.has(name))
      throw new RangeError(`Expected the link to have ${quoted(name)} once, got it twice.`);
    fields.set(name, value);
  }
  const settings: Record<string, string | number> = { ...usualSettings };
  const pictures: { photograph?: string; painting?: string } = {};
  let losses: readonly AddedLoss[] = [];
  for (const [name, value] of fields) {
    if (isKey(choices, name)) settings[name] = oneOf(value, `the link's ${name}`, choices[name]);
    else if (isKey(ranges, name)) settings[name] = inRange(name, value, ranges[name]);
    else if (name === "photograph" || name === "painting")
      pictures[name] = oneOf(value, `the link's ${name}`, names[name]);
    else if (name === "losses") losses = lossesOf(value);
    else throw new RangeError(`Expected the link to have settings of this page, got ${quoted(name)}.`);
  }
  return { settings: settings as unknown as Settings, losses, ...pictures };
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

function usual(name: string): unknown {
  return Object.entries(usualSettings).find(([key]) => key === name)?.[1];
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
