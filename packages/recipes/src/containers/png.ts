import { binaryBytes, binaryText, joined, recipeText, slice, startsWith, viewOf } from "./bytes.js";
import type { Container } from "./container.js";

const name = "PNG";
const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const keyword = "brushwork:recipe\0";

/**
 * PNG: an uncompressed iTXt chunk with the keyword "brushwork:recipe", directly after the header.
 * @see https://www.w3.org/TR/png-3/#11iTXt
 */
export const png: Container = {
  name,
  recognises: (file) => startsWith(file, signature),
  read(file) {
    for (const chunk of chunks(file)) if (isOurs(chunk)) return textOf(chunk);
    return undefined;
  },
  write(file, text) {
    const parts: Uint8Array[] = [];
    let kept = 0;
    for (const chunk of chunks(file)) {
      if (chunk.start === signature.length) {
        parts.push(file.subarray(0, chunk.end), chunkOf(text));
        kept = chunk.end;
      } else if (isOurs(chunk)) {
        parts.push(file.subarray(kept, chunk.start));
        kept = chunk.end;
      }
    }
    return joined([...parts, file.subarray(kept)]);
  },
};

interface Chunk {
  readonly start: number;
  readonly end: number;
  readonly type: string;
  /** Length, type, data and checksum. */
  readonly bytes: Uint8Array;
}

function* chunks(file: Uint8Array): Generator<Chunk, void, void> {
  let start = signature.length;
  let type = "";
  while (type !== "IEND") {
    const head = slice(file, start, 8, name);
    const bytes = slice(file, start, 12 + viewOf(head).getUint32(0), name);
    type = binaryText(head.subarray(4));
    yield { start, end: start + bytes.length, type, bytes };
    start += bytes.length;
  }
}

function isOurs({ type, bytes }: Chunk): boolean {
  return type === "iTXt" && binaryText(bytes.subarray(8, -4).subarray(0, keyword.length)) === keyword;
}

function textOf({ bytes }: Chunk): string {
  const checked = bytes.subarray(4, -4);
  if (checksum(checked) !== viewOf(bytes).getUint32(bytes.length - 4))
    throw new Error("Expected the checksum of the PNG's recipe to match, got another: the file is damaged.");
  const content = checked.subarray(4 + keyword.length);
  if (content[0] !== 0)
    throw new Error("Expected the PNG's recipe to be uncompressed, got a compressed one.");
  // The compression flag and method are followed by a language and a translated keyword, each ended by a zero.
  const languageEnd = content.indexOf(0, 2);
  const translationEnd = content.indexOf(0, languageEnd + 1);
  if (languageEnd === -1 || translationEnd === -1)
    throw new Error("Expected a text in the PNG's recipe, got none: the file is damaged.");
  return recipeText(content.subarray(translationEnd + 1));
}

function chunkOf(text: string): Uint8Array {
  const content = binaryBytes(`iTXt${keyword}\0\0\0\0${text}`);
  const bytes = joined([new Uint8Array(4), content, new Uint8Array(4)]);
  viewOf(bytes).setUint32(0, content.length - 4);
  viewOf(bytes).setUint32(bytes.length - 4, checksum(content));
  return bytes;
}

/** The CRC-32 of PNG, gzip and ISO 3309. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
