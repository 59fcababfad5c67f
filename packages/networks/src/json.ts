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
    text = utf8(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new RangeError(`Expected ${what} to be JSON, got something else.`, { cause });
  }
  if (!isObject(value)) throw new RangeError(`Expected ${what} to be a JSON object, got ${shown(value)}.`);
  const [names, members] = [Object.keys(value).length, countMembers(text)];
  if (members > names)
    throw new RangeError(
      `Expected ${what} to have each name once, got ${members} members with ${names} names.`,
    );
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a list of whole numbers of at least 0, such as a shape. */
export function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}

/** The number of elements of an array, by its shape. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** A value from a file, for an error message: on one short line, however long or deep it is. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (Array.isArray(value)) {
    const short = value.length <= 8 && value.every((item) => typeof item === "number");
    return short ? `[${value.join(", ")}]` : `a list of ${value.length}`;
  }
  return isObject(value) ? "an object" : String(value);
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

/** Text from UTF-8. TextDecoder is not part of the language, which decodes UTF-8 only in URLs. */
function utf8(bytes: Uint8Array): string {
  let percent = "";
  for (let begin = 0; begin < bytes.length; begin += 4096)
    percent += Array.from(
      bytes.subarray(begin, begin + 4096),
      (byte) => `%${byte.toString(16).padStart(2, "0")}`,
    ).join("");
  return decodeURIComponent(percent);
}
