/** What a JSON text from a file nobody has checked can hold. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Far more than a network of this family needs; little enough that no text takes long to parse. */
const longest = 2 ** 20;

/**
 * Parses a JSON object. A name that stands twice is an error, where JSON.parse would take the last.
 *
 * @param bytes UTF-8
 * @param what it is, for the sentence: "the header of a safetensors file"
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

/** Whole numbers, 0 or more, such as a shape. */
export function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}

/** How many elements an array of a shape has. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** A value of a file as a sentence can show it: on one line, however long or deep it is. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (Array.isArray(value)) {
    const short = value.length <= 8 && value.every((item) => typeof item === "number");
    return short ? `[${value.join(", ")}]` : `a list of ${value.length}`;
  }
  return isObject(value) ? "an object" : String(value);
}

/** The members of a text's outermost object: one for each colon that is in it and in no string. */
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

/** TextDecoder belongs to hosts; the language itself decodes UTF-8 only in addresses. */
function utf8(bytes: Uint8Array): string {
  let percent = "";
  for (let begin = 0; begin < bytes.length; begin += 4096)
    percent += Array.from(
      bytes.subarray(begin, begin + 4096),
      (byte) => `%${byte.toString(16).padStart(2, "0")}`,
    ).join("");
  return decodeURIComponent(percent);
}
