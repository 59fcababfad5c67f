import { OptionError } from "./errors.js";
import { isRecord } from "./json.js";
import { nearestName } from "./nearest-name.js";
import { shown } from "./printable.js";

/** A kind of value: what is expected, for a value that is of another kind. */
export type Kind = (value: unknown) => string | undefined;

/** The kind of the values that fit, in words such as "a number". */
export function kindOf(expected: string, fits: (value: unknown) => boolean): Kind {
  return (value) => (fits(value) ? undefined : expected);
}

const ofType = (type: string, expected: string) => kindOf(expected, (value) => typeof value === type);
const listOf = (type: string, expected: string) =>
  kindOf(expected, (value) => Array.isArray(value) && value.every((entry) => typeof entry === type));

/** The kinds that many options have. */
export const kinds = {
  number: ofType("number", "a number"),
  text: ofType("string", "a text"),
  flag: ofType("boolean", "true or false"),
  callback: ofType("function", "a function"),
  record: kindOf("an object", isRecord),
  list: kindOf("a list", Array.isArray),
  texts: listOf("string", "a list of texts"),
  numbers: listOf("number", "a list of numbers"),
  weight: kindOf("a number of at least 0", (value) => Number.isFinite(value) && (value as number) >= 0),
  picture: objectWith("a picture", "width", "height", "data"),
  engine: objectWith("an engine, as startEngine gives it", "name", "memoryBytes"),
  network: objectWith("a network, as loadNetwork gives it", "name", "layers"),
  optimizer: objectWith("an optimizer, such as adam()", "name", "init", "step"),
  signal: objectWith("an AbortSignal", "aborted"),
} as const;

/** Objects that have all of some members, such as "an engine". */
export function objectWith(expected: string, ...members: readonly string[]): Kind {
  return kindOf(
    expected,
    (value) => typeof value === "object" && value !== null && members.every((member) => member in value),
  );
}

/** Whole numbers that are large enough. */
export function wholeNumber(least: number): Kind {
  return kindOf(
    `a whole number of at least ${least}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least,
  );
}

/** One of some texts. */
export function choiceOf(...choices: readonly string[]): Kind {
  return kindOf(`one of ${choices.join(", ")}`, (value) => choices.includes(value as string));
}

/** What one kind or the other has. */
export function either(one: Kind, other: Kind): Kind {
  return (value) => {
    const [first, second] = [one(value), other(value)];
    return first && second && `${first} or ${second}`;
  };
}

/** @throws {OptionError} when a value is of another kind */
export function checkKind(what: string, value: unknown, kind: Kind): void {
  const expected = kind(value);
  if (expected !== undefined)
    throw new OptionError(`Expected ${what} to be ${expected}, got ${shown(value)}.`);
}

/**
 * Checks that names are known, since one that is misspelt would be ignored.
 *
 * @param what subject of the message, such as "a known option of adam"
 * @throws {OptionError} when one is not known; it names the nearest that is
 */
export function checkNames(what: string, names: readonly string[], known: readonly string[]): void {
  for (const name of names) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const others = nearest === undefined ? `there are ${known.join(", ")}.` : `did you mean ${nearest}?`;
    throw new OptionError(`Expected ${what}, got ${shown(name)}; ${others}`);
  }
}

/**
 * Checks the options of a function: their names, and the kinds of their values. Types do the same, but not in plain
 * JavaScript.
 *
 * @param owner the function
 * @param known the kind of every option
 * @param required the options that may not be left out
 * @throws {OptionError} when an option is unknown, missing or of another kind
 */
export function checkOptions<Options extends object>(
  owner: string,
  options: Options,
  known: { readonly [Name in keyof Required<Options>]: Kind },
  required: readonly (keyof Options)[] = [],
): void {
  checkKind(`the options of ${owner}`, options, kinds.record);
  checkNames(`a known option of ${owner}`, Object.keys(options), Object.keys(known));
  for (const [name, kind] of Object.entries<Kind>(known)) {
    const value: unknown = options[name as keyof Options];
    if (value !== undefined || required.includes(name as keyof Options))
      checkKind(`the option ${name} of ${owner}`, value, kind);
  }
}
