import { binaryBytes, binaryText, joined, slice, startsWith, viewOf } from "./bytes.js";
import type { Container } from "./container.js";
import { readXmp, writeXmp } from "./xmp.js";

const name = "WebP";
const riff = [0x52, 0x49, 0x46, 0x46];
const webpForm = [0x57, 0x45, 0x42, 0x50];
const headerLength = 12;
const featuresType = "VP8X";
const xmpType = "XMP ";
const flags = { xmp: 0x04, alpha: 0x10 };

/**
 * WebP: an XMP chunk, after the pixels. Only the extended format has one, so a simple file becomes an extended one.
 * @see RFC 9649, WebP Image Format
 */
export const webp: Container = {
  name,
  recognises: (file) => startsWith(file, riff) && startsWith(file, webpForm, 8),
  read(file) {
    for (const { type, data } of chunks(file)) if (type === xmpType) return readXmp(data);
    return undefined;
  },
  write(file, text) {
    const end = riffEnd(file);
    let first: Chunk | undefined;
    let old: Chunk | undefined;
    for (const chunk of chunks(file)) {
      first ??= chunk;
      if (chunk.type === xmpType) old ??= chunk;
    }
    if (first === undefined) throw new Error("Expected pixels in the WebP file, got none: it is damaged.");
    const body = joined([
      featuresOf(first),
      file.subarray(first.type === featuresType ? first.end : headerLength, old?.start ?? end),
      // Some writers leave out the last chunk's padding.
      new Uint8Array(old ? 0 : end % 2),
      chunkOf(xmpType, writeXmp(old?.data, text)),
      file.subarray(old?.end ?? end, end),
    ]);
    const header = binaryBytes("RIFF\0\0\0\0WEBP");
    viewOf(header).setUint32(4, header.length - 8 + body.length, true);
    return joined([header, body, file.subarray(end)]);
  },
};

interface Chunk {
  readonly start: number;
  readonly end: number;
  readonly type: string;
  readonly data: Uint8Array;
}

function riffEnd(file: Uint8Array): number {
  const end = 8 + viewOf(slice(file, 0, headerLength, name)).getUint32(4, true);
  return slice(file, 0, end, name).length;
}

function* chunks(file: Uint8Array): Generator<Chunk, void, void> {
  const body = file.subarray(0, riffEnd(file));
  for (let start = headerLength; start < body.length; ) {
    const head = slice(body, start, 8, name);
    const length = viewOf(head).getUint32(4, true);
    const data = slice(body, start + 8, length, name);
    const end = Math.min(body.length, start + 8 + length + (length % 2));
    yield { start, end, type: binaryText(head.subarray(0, 4)), data };
    start = end;
  }
}

function chunkOf(type: string, data: Uint8Array): Uint8Array {
  const head = binaryBytes(`${type}\0\0\0\0`);
  viewOf(head).setUint32(4, data.length, true);
  return joined([head, data, new Uint8Array(data.length % 2)]);
}

/** The chunk that lists an extended file's features: the file's own, or a new one for a simple file; with XMP added. */
function featuresOf(first: Chunk): Uint8Array {
  const bytes = first.type === featuresType ? slice(first.data, 0, 10, name) : featuresOfSimple(first);
  const [known = 0] = bytes;
  return chunkOf(featuresType, joined([Uint8Array.of(known | flags.xmp), bytes.subarray(1)]));
}

/** The features of a simple file. @see RFC 6386, 9.1 (lossy); RFC 9649, 3.4 (lossless) */
function featuresOfSimple({ type, data }: Chunk): Uint8Array {
  if (type === "VP8 " && startsWith(data, [0x9d, 0x01, 0x2a], 3)) {
    const view = viewOf(slice(data, 0, 10, name));
    return features(view.getUint16(6, true) & 0x3fff, view.getUint16(8, true) & 0x3fff, false);
  }
  if (type === "VP8L" && startsWith(data, [0x2f])) {
    const bits = viewOf(slice(data, 0, 5, name)).getUint32(1, true);
    return features((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1, ((bits >>> 28) & 1) === 1);
  }
  throw new Error("Expected a picture at the beginning of the WebP file, got none: it is damaged.");
}

/** The bytes of the features: flags, three unused bytes, then width − 1 and height − 1 in three bytes each. */
function features(width: number, height: number, alpha: boolean): Uint8Array {
  if (width === 0 || height === 0)
    throw new Error(`Expected a WebP file with pixels, got a size of ${width}×${height}: it is damaged.`);
  const bytes = new Uint8Array(10);
  bytes[0] = alpha ? flags.alpha : 0;
  // Two of the three bytes suffice: both are at most 2¹⁴.
  viewOf(bytes).setUint16(4, width - 1, true);
  viewOf(bytes).setUint16(7, height - 1, true);
  return bytes;
}
