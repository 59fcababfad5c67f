import { utf8Text } from "@brushwork/core/reading";

/** Whether the file has these bytes at an offset. */
export function startsWith(file: Uint8Array, bytes: readonly number[], at = 0): boolean {
  return bytes.every((byte, i) => file[at + i] === byte);
}

/**
 * A range of a file's bytes, not copied. Lengths in files are only claims: this checks them.
 * @throws {Error} when the file ends before the range does
 */
export function slice(file: Uint8Array, start: number, length: number, format: string): Uint8Array {
  if (start + length > file.length)
    throw new Error(
      `Expected the ${format} file to go on to byte ${start + length}, got ${file.length} bytes: it is cut off or damaged.`,
    );
  return file.subarray(start, start + length);
}

/** A view for reading numbers from a slice that is known to be long enough. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The concatenation of byte arrays. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Longest metadata in bytes that is read: more than files have, and little enough to search. */
const longestText = 4 * 2 ** 20;

/**
 * A character from 0 to 255 for each byte, so that whatever is not ASCII passes through unchanged, in any encoding.
 * @throws {Error} when there are more than 4 MiB
 */
export function binaryText(bytes: Uint8Array): string {
  if (bytes.length > longestText)
    throw new Error(
      `Expected metadata of at most ${longestText} bytes in the file, got ${bytes.length}. Strip the file's metadata first.`,
    );
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4096)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 4096)));
  return parts.join("");
}

/** The bytes of characters from 0 to 255. */
export function binaryBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/**
 * The text of our recipe, which is UTF-8.
 * @throws {Error} when it is not
 */
export function recipeText(bytes: Uint8Array): string {
  try {
    return utf8Text(bytes);
  } catch (cause) {
    throw new Error("Expected the recipe in the file to be UTF-8, got other bytes: it is damaged.", {
      cause,
    });
  }
}
