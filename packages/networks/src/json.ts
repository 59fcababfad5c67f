import { isRecord, shown, utf8Text } from "@brushwork/core/reading";

/** A JSON object from a file that has not been checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Largest header in bytes: far more than a network of this family needs, and never slow to parse. */
const longest = 2 ** 20;

/**
 * Parses a JSON object. A duplicate name is an error, where JSON.parse would take the last.
 *
 * @param bytes UTF-8
 * @param what subject of the error message, such as "the header of a safetensors file"
 * @throws {RangeError} when it is longer than 1 MiB, or not an object
 */
export function parseObject(bytes: Uint8Array, what: string): JsonObject {
  if (bytes.length > longest)
    throw new RangeError(`Expected ${what} to be at most ${longest} bytes long, got ${bytes.length}.`);
  let [text, value]: [string, unknown] = ["", undefined];
  try {
    text = utf8Text(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new RangeError(`Expected ${what} to be JSON, got something else.`, { cause });
  }
  if (!isRecord(value)) throw new RangeError(`Expected ${what} to be a JSON object, got ${shown(value)}.`);
  const [names, members] = [Object.keys(value).length, countMembers(text)];
  if (members > names)
    throw new RangeError(
      `Expected ${what} to have each name once, got ${members} members with ${names} names.`,
    );
  return value;
}

/** Whether a value is a list of whole numbers of at least 0, such as a shape. */
export function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}

/** The number of elements of an array, by its shape. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** The number of members of a text's outermost object: one for each of its colons outside strings. */
function countMembers(text: string): number {
  let [depth, members, quoted] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "\\") i++;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    else if (character === ":" && depth === 1) members++;
  }
  return members;
}
