import type { PictureKind } from "@brushwork/recipes";

/** Bytes from a file's beginning that hold its size, for every kind but JPEG. */
export const sizeBytes = 2 ** 18;

/**
 * The size that a picture file claims, read without decoding it: a small file can hold gigabytes of pixels.
 *
 * @param file at least its first `sizeBytes`; the whole JPEG
 * @param kind the file's kind, from `kindOf`
 * @returns undefined for other kinds, and if the size is not found
 */
export function claimedSize(file: Uint8Array, kind: PictureKind | undefined): Size | undefined {
  const bytes = new DataView(file.buffer, file.byteOffset, file.byteLength);
  try {
    switch (kind) {
      case "PNG":
        return { width: bytes.getUint32(16), height: bytes.getUint32(20) };
      case "GIF":
        return { width: bytes.getUint16(6, true), height: bytes.getUint16(8, true) };
      case "JPEG":
        return sizeOfJpeg(bytes);
      case "WebP":
        return sizeOfWebp(bytes);
      case "AVIF":
        return sizesOfAvif(bytes).toSorted((a, b) => b.width * b.height - a.width * a.height)[0];
      default:
        return undefined;
    }
  } catch (error) {
    // Beyond the end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** In the frame's header, to which a chain of segments leads. @see ITU-T T.81, B.1.1 */
function sizeOfJpeg(bytes: DataView) {
  for (let at = 2; ; at += 2 + bytes.getUint16(at + 2)) {
    // Fill bytes may come before a marker.
    while (bytes.getUint16(at) === 0xffff) at++;
    const marker = bytes.getUint16(at);
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) return { width: bytes.getUint16(at + 7), height: bytes.getUint16(at + 5) };
    if (marker < 0xffc0) return undefined;
  }
}

/** In the first chunk, of which there are three kinds. @see RFC 9649 */
function sizeOfWebp(bytes: DataView) {
  const chunk = bytes.getUint32(12);
  if (chunk === 0x56503858 /* VP8X */) return { width: 1 + uint24(bytes, 24), height: 1 + uint24(bytes, 27) };
  if (chunk === 0x5650384c /* VP8L */) {
    const sides = bytes.getUint32(21, true);
    return { width: 1 + (sides & 0x3fff), height: 1 + ((sides >> 14) & 0x3fff) };
  }
  return { width: bytes.getUint16(26, true) & 0x3fff, height: bytes.getUint16(28, true) & 0x3fff };
}

/**
 * The sizes of the image, its tiles, its alpha and its thumbnail, each a property in a box within boxes.
 * @see ISO/IEC 14496-12, 4.2, and 23008-12, 6.5.3
 */
function sizesOfAvif(bytes: DataView, from = 0, end = bytes.byteLength): readonly Size[] {
  const sizes: Size[] = [];
  for (let at = from, length = 0; at + 8 <= end; at += length) {
    length = bytes.getUint32(at);
    // 0: to the end of the file; 1: a length of 64 bits, as only the picture's data has.
    if (length < 8) break;
    const type = bytes.getUint32(at + 4);
    if (type === 0x69737065 /* ispe */)
      sizes.push({ width: bytes.getUint32(at + 12), height: bytes.getUint32(at + 16) });
    const inner = innerBoxes[type];
    if (inner !== undefined) sizes.push(...sizesOfAvif(bytes, at + inner, Math.min(end, at + length)));
  }
  return sizes;
}

/** Where the boxes within a box begin: in meta, after its version and flags; in iprp and ipco, at once. */
const innerBoxes: Readonly<Partial<Record<number, number>>> = {
  1835365473: 12,
  1768977008: 8,
  1768973167: 8,
};

function uint24(bytes: DataView, at: number): number {
  return bytes.getUint16(at, true) + 2 ** 16 * bytes.getUint8(at + 2);
}
