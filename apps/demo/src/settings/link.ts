import { oneOf, quoted } from "@brushwork/core/reading";
import {
  engineChoices,
  networkNames,
  presetNames,
  type Range,
  ranges,
  type Settings,
  usualSettings,
} from "./settings.js";

/** What a link carries: the settings, and which pictures of the gallery. */
export interface Linked {
  readonly settings: Settings;
  readonly photograph?: string;
  readonly painting?: string;
}

/** The names of the gallery's pictures that a link may give. */
export interface LinkedNames {
  readonly photograph: readonly string[];
  readonly painting: readonly string[];
}

const choices = { preset: presetNames, network: networkNames, engine: engineChoices } as const;

/** The part of an address after the #; only what differs from the usual. */
export function hashOf({ settings, ...pictures }: Linked): string {
  const entries = Object.entries({ ...pictures, ...settings }).filter(
    ([name, value]) => value !== undefined && value !== usual(name),
  );
  return new URLSearchParams(entries.map(([name, value]) => [name, String(value)])).toString();
}

/**
 * What the part of an address after the # says.
 *
 * @throws {RangeError} when a field is unknown, stands there twice or has a value that it cannot have: a link may be
 * hostile, cut off or of another version
 */
export function parseHash(hash: string, names: LinkedNames): Linked {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    if (fields.has(name)) throw new RangeError(`Expected a link to say ${quoted(name)} once, got it twice.`);
    fields.set(name, value);
  }
  const settings: Record<string, string | number> = { ...usualSettings };
  const pictures: { photograph?: string; painting?: string } = {};
  for (const [name, value] of fields) {
    if (isKey(choices, name)) settings[name] = oneOf(value, `the link's ${name}`, choices[name]);
    else if (isKey(ranges, name)) settings[name] = inRange(name, value, ranges[name]);
    else if (name === "photograph" || name === "painting")
      pictures[name] = oneOf(value, `the link's ${name}`, names[name]);
    else throw new RangeError(`Expected a link to say what this page knows, got ${quoted(name)}.`);
  }
  return { settings: settings as unknown as Settings, ...pictures };
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
