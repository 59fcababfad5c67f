import { quoted } from "@brushwork/core/reading";
import { keptColors, type Recipe, recipeLimits } from "@brushwork/recipes";
import { UsageError } from "./failure.js";

/** Reads the text of an option; the first argument is the option, for the error: "--size". */
export interface Reader<Value> {
  (flag: string, text: string): Value;
  /** All values that it takes, where they are few. */
  readonly choices?: readonly string[];
}

/** What one `--loss` asks for. */
export interface WantedLoss {
  /** One of ours, a package, or a file. */
  readonly name: string;
  /** What stands behind the colon: `weight=0.5,layers=relu3_1+relu4_1`, or JSON. */
  readonly details?: string;
}

/** A number of at least 0. */
export const weight: Reader<number> = (flag, text) =>
  checked(flag, text, "a number of at least 0", number(text), (value) => value >= 0);

/** A number above another, up to a third. */
export function above(least: number, most = Number.POSITIVE_INFINITY): Reader<number> {
  const range = `above ${least}${most === Number.POSITIVE_INFINITY ? "" : `, at most ${most}`}`;
  return (flag, text) =>
    checked(flag, text, `a number ${range}`, number(text), (value) => value > least && value <= most);
}

/** A number above 0. */
export const positive = above(0);

/** A whole number in a range. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Reader<number> {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return (flag, text) =>
    checked(
      flag,
      text,
      `a whole number ${range}`,
      number(text),
      (value) => Number.isSafeInteger(value) && value >= least && value <= most,
    );
}

/** Whole numbers in a range, between commas. */
export function wholes(least: number, most: number): Reader<readonly number[]> {
  return (flag, text) =>
    checked(
      flag,
      text,
      `whole numbers from ${least} to ${most} between commas`,
      text.split(",").map(number),
      (parts) => parts.every((part) => Number.isSafeInteger(part) && part >= least && part <= most),
    );
}

/** The longer side, or a width and a height. */
export type Size = number | readonly [width: number, height: number];

/** Stands for the picture's own size. */
export const ownSize = "original";

/** The longer side, "512", a width and a height, "640x480", or "original". */
export const size: Reader<Size | typeof ownSize> = (flag, text) => {
  if (text === ownSize) return text;
  const expected =
    "the longer side in pixels, such as 512, or a width and a height, such as 640x480, " +
    `up to ${recipeLimits.size}, or ${ownSize}`;
  const sides = text.split(/[x×]/i).map(number);
  const [width = Number.NaN, height] = sides;
  const usable =
    sides.length <= 2 &&
    sides.every((side) => Number.isSafeInteger(side) && side >= 1 && side <= recipeLimits.size);
  return checked(
    flag,
    text,
    expected,
    height === undefined ? width : ([width, height] as const),
    () => usable,
  );
};

/** The shape that a picture is cut to. */
export interface Crop {
  readonly width: number;
  readonly height: number;
  /** Whether it was written as pixels are. */
  readonly inPixels: boolean;
}

/** A shape: "16:9", or "1920x1080". */
export const crop: Reader<Crop> = (flag, text) => {
  const sides = text.split(/[:x×]/i).map(number);
  const [width = Number.NaN, height = Number.NaN] = sides;
  return checked(
    flag,
    text,
    "the shape of the picture, such as 16:9 or 1920x1080",
    { width, height, inPixels: !text.includes(":") },
    () => sides.length === 2 && sides.every((side) => side > 0 && side <= recipeLimits.size),
  );
};

const memoryUnits: Readonly<Record<string, number>> = { M: 2 ** 20, MiB: 2 ** 20, G: 2 ** 30, GiB: 2 ** 30 };

/** An amount of memory in bytes, from a text such as "2GiB" or "800 MiB". */
export const memory: Reader<number> = (flag, text) => {
  const [, amount = "", unit = ""] = text.trim().match(/^([\d.]+)\s*([a-z]+)$/i) ?? [];
  const bytes = Object.entries(memoryUnits).find(([name]) => name.toLowerCase() === unit.toLowerCase())?.[1];
  const value = number(amount) * (bytes ?? Number.NaN);
  return checked(
    flag,
    text,
    "an amount of memory, such as 800MiB or 2GiB, from 64MiB to 1024GiB",
    Math.floor(value),
    (found) => found >= 2 ** 26 && found <= 2 ** 40,
  );
};

/** One of a list. */
export function oneOf<Choice extends string>(choices: readonly Choice[]): Reader<Choice> {
  const read = (flag: string, text: string) => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice === undefined) throw unusable(flag, text, `one of ${choices.join(", ")}`);
    return choice;
  };
  return Object.assign(read, { choices });
}

/** How the content's colours are kept, "luma" or "match:0.5", with a strength from 0 to 1; or "none". */
export const colors: Reader<NonNullable<Recipe["colors"]> | "none"> = (flag, text) => {
  if (text === "none") return text;
  const [way, share = "1", ...rest] = text.split(":");
  const keep = keptColors.find((candidate) => candidate === way);
  const strength = number(share);
  if (keep === undefined || rest.length > 0 || !(strength >= 0 && strength <= 1))
    throw unusable(
      flag,
      text,
      `none, or ${keptColors.join(" or ")} with a strength from 0 to 1, such as luma:0.7`,
    );
  return { keep, strength };
};

/** The name of a mask's file, or "none". */
export const maskFile: Reader<string> = (flag, text) =>
  checked(flag, text, `a mask's file, or ${noMask}`, text, (name) => name !== "" && name !== "-");

/** What stands for a style without a mask. */
export const noMask = "none";

/** Names between commas. */
export const names: Reader<readonly string[]> = (flag, text) =>
  checked(flag, text, "names between commas, such as relu1_1,relu2_1", text.split(","), (parts) =>
    parts.every((part) => part !== ""),
  );

/** Numbers of at least 0 between commas, not all 0. */
export const shares: Reader<readonly number[]> = (flag, text) =>
  checked(
    flag,
    text,
    "numbers of at least 0 between commas, not all 0, such as 0.7,0.3",
    text.split(",").map(number),
    (parts) => parts.every((part) => part >= 0) && parts.some((part) => part > 0),
  );

/** Weights by layer, "relu1_1=1,relu2_1=0.5". */
export const weightsByLayer: Reader<Readonly<Record<string, number>>> = (flag, text) => {
  const entries = text.split(",").map((entry): [string, number] => {
    const [layer = "", value = "", ...rest] = entry.split("=");
    return [layer, layer === "" || rest.length > 0 ? Number.NaN : number(value)];
  });
  checked(flag, text, "weights of at least 0 by layer, such as relu1_1=1,relu2_1=0.5", entries, () =>
    entries.every(([, value]) => value >= 0),
  );
  return Object.fromEntries(entries);
};

/** `NAME`, `NAME:DETAILS`; the colon of a drive is part of the name. */
export const readLoss: Reader<WantedLoss> = (flag, text) => {
  const [, name = "", details] = /^((?:[a-z]:[\\/])?[^:]+)(?::(.*))?$/is.exec(text) ?? [];
  if (name === "")
    throw new UsageError(
      `Expected ${flag} to be a loss, such as tv or ./my-loss.js:weight=2, got ${quoted(text)}.`,
    );
  return { name, ...(details !== undefined && details !== "" && { details }) };
};

/** NaN for what is no finite number. */
function number(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : Number.NaN;
}

function checked<Value>(
  flag: string,
  text: string,
  expected: string,
  value: Value,
  isUsable: (value: Value) => boolean,
): Value {
  if (!isUsable(value)) throw unusable(flag, text, expected);
  return value;
}

function unusable(flag: string, text: string, expected: string): UsageError {
  return new UsageError(`Expected ${flag} to be ${expected}, got ${quoted(text)}.`);
}
