import { OptionError } from "./errors.js";
import { escaped, shown } from "./printable.js";

export {
  checkKind,
  checkNames,
  checkOptions,
  choiceOf,
  either,
  type Kind,
  kindOf,
  kinds,
  objectWith,
  wholeNumber,
} from "./checked-options.js";
export { isJsonObject, isRecord } from "./json.js";
export { nearestName } from "./nearest-name.js";
export { printable, quoted, shortened, shown } from "./printable.js";
export { checkLongest, mostPixels, reducedSize } from "./reduced-size.js";
export { fits } from "./run-options.js";
export { lineSearches } from "./strong-wolfe.js";

/** Longest JSON in characters: far more than a recipe or a header needs, and never slow to parse. */
const longestJson = 2 ** 20;

/** Deepest nesting of JSON: more than anything here needs, and too little to exhaust memory. */
const deepestJson = 64;

/**
 * The one of some choices that a value from outside is.
 *
 * @param what subject of the error message
 * @throws {OptionError} when it is none of them
 */
export function oneOf<Choice extends string>(
  value: unknown,
  what: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    throw new OptionError(`Expected ${what} to be one of ${choices.join(", ")}, got ${shown(value)}.`);
  return found;
}

/**
 * Parses JSON from outside.
 * @throws {SyntaxError} when it is not JSON, longer than 1 MiB or nested more than 64 deep
 */
export function parsedJson(text: string): unknown {
  if (text.length > longestJson)
    throw new SyntaxError(
      `Expected JSON of at most ${longestJson} characters, got ${text.length} characters.`,
    );
  if (nestingOf(text) > deepestJson)
    throw new SyntaxError(`Expected JSON to be nested at most ${deepestJson} deep, got deeper.`);
  return JSON.parse(text);
}

/** JSON in pure ASCII, whose encoding no format and no program can mistake. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped);
}

/**
 * Text from UTF-8. TextDecoder is not part of the language, which decodes UTF-8 only in URLs.
 * @throws {URIError} when the bytes are not UTF-8
 */
export function utf8Text(bytes: Uint8Array): string {
  let percent = "";
  for (let begin = 0; begin < bytes.length; begin += 4096)
    percent += Array.from(
      bytes.subarray(begin, begin + 4096),
      (byte) => `%${byte.toString(16).padStart(2, "0")}`,
    ).join("");
  return decodeURIComponent(percent);
}

/** How deep a text's brackets are nested, outside strings. */
function nestingOf(text: string): number {
  let [depth, deepest, quotes] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') quotes = !quotes;
    else if (quotes) {
      if (character === "\\") i++;
    } else if (character === "{" || character === "[") deepest = Math.max(deepest, ++depth);
    else if (character === "}" || character === "]") depth--;
  }
  return deepest;
}
