import { Failure } from "../failure.js";

/** Encodings by the marks that text files begin with; the longer ones first, since one begins as another does. */
const marks = [
  { bytes: [0xff, 0xfe, 0x00, 0x00], name: "UTF-32" },
  { bytes: [0x00, 0x00, 0xfe, 0xff], name: "UTF-32" },
  { bytes: [0xef, 0xbb, 0xbf], name: "UTF-8", encoding: "utf-8" },
  { bytes: [0xff, 0xfe], name: "UTF-16", encoding: "utf-16le" },
  { bytes: [0xfe, 0xff], name: "UTF-16", encoding: "utf-16be" },
] as const;

/** How much of a file shows whether it is text, in bytes. */
const looked = 256;

/**
 * The text of a file in UTF-8, or in UTF-16 with a byte order mark.
 *
 * @returns undefined where the file is no text, such as a picture
 * @throws {Failure} when it is text in another encoding; the message names it
 */
export function textOf(bytes: Uint8Array): string | undefined {
  const mark = marks.find((candidate) => candidate.bytes.every((byte, i) => bytes[i] === byte));
  if (mark === undefined) {
    const encoding = encodingOf(bytes.subarray(0, looked));
    if (encoding === undefined) return undefined;
    if (encoding !== "UTF-8") throw unread(`${encoding} without one`);
  }
  if (mark !== undefined && !("encoding" in mark)) throw unread(mark.name);
  const { encoding, name } = mark ?? { encoding: "utf-8", name: "UTF-8" };
  try {
    // The decoder takes the mark away.
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Failure(`Expected a text in ${name}, got bytes that are not: save it as UTF-8.`, { cause });
  }
}

/**
 * The encoding of a file without a mark, by its first bytes. No picture begins with a bracket, and no text holds zeros
 * unless it is of a wide encoding.
 * @returns undefined where it is no text
 */
function encodingOf(start: Uint8Array): "UTF-8" | "UTF-16" | "UTF-32" | undefined {
  const characters = String.fromCharCode(...start.filter((byte) => byte !== 0));
  const zeros = start.length - characters.length;
  if (!/^\s*[[{]/.test(characters)) return zeros === 0 && characters.trim() === "" ? "UTF-8" : undefined;
  if (zeros === 0) return "UTF-8";
  return zeros > start.length / 2 ? "UTF-32" : "UTF-16";
}

function unread(encoding: string): Failure {
  return new Failure(
    `Expected a text in UTF-8, or in UTF-16 with a byte order mark, got ${encoding}: save it as UTF-8.`,
  );
}
