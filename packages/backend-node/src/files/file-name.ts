import { basename, dirname, extname, join } from "node:path";

/** Bytes of a file's name that most file systems allow. */
const longestName = 255;

const characters = new Intl.Segmenter();

/**
 * A text cut to a number of bytes, between two characters as people see them: no letter loses its accent, and no emoji
 * falls apart.
 */
export function cutToBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let end = 0;
  let length = 0;
  for (const { segment, index } of characters.segment(text)) {
    length += Buffer.byteLength(segment);
    if (length > bytes) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

/** Texts, each cut no more than it has to be so that all together have a number of bytes. */
function cutEvenly(texts: readonly string[], bytes: number): readonly string[] {
  let left = bytes;
  const cut = new Map<number, string>();
  // The shortest first: what they do not need is for the others.
  const order = [...texts.keys()].sort((a, b) => byteLengthAt(texts, a) - byteLengthAt(texts, b));
  for (const [done, index] of order.entries()) {
    const text = cutToBytes(texts[index] ?? "", Math.floor(left / (texts.length - done)));
    cut.set(index, text);
    left -= Buffer.byteLength(text);
  }
  return texts.map((_, index) => cut.get(index) ?? "");
}

/** The name of another file beside one: "out-0050.png" of out.png and "-0050". It is cut where it would be too long. */
export function nameBeside(path: string, suffix: string): string {
  const extension = extname(path);
  const ending = `${suffix}${extension}`;
  const stem = cutToBytes(basename(path, extension), longestName - Buffer.byteLength(ending));
  return join(dirname(path), `${stem}${ending}`);
}

/** A file's name made of parts with hyphens between, each cut no more than it has to be. */
export function joinedName(parts: readonly string[], extension: string): string {
  const room = longestName - Buffer.byteLength(extension) - Math.max(0, parts.length - 1);
  return `${cutEvenly(parts, room).join("-")}${extension}`;
}

function byteLengthAt(texts: readonly string[], index: number): number {
  return Buffer.byteLength(texts[index] ?? "");
}
