import type { PictureKind } from "@brushwork/recipes";

/** Bytes to search for a JPEG's size; cameras write a lot before it. */
const beginning = 2 ** 18;

/**
 * The size that a picture file claims, read without decoding it: a small file can hold gigabytes of pixels.
 *
 * @param kind the file's kind, from `kindOf`
 * @returns undefined for other kinds, and if the size is not found
 */
export async function claimedSize(
  file: Blob,
  kind: PictureKind | undefined,
): Promise<{ readonly width: number; readonly height: number } | undefined> {
  const bytes = new DataView(await file.slice(0, beginning).arrayBuffer());
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
      default:
        return undefined;
    }
  } catch (error) {
    // Beyond the end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** In the frame's header, to which a chain of segments leads. @see ITU-T T.81, B.1.1 */
function sizeOfJpeg(bytes: DataView) {
  for (let at = 2; ; at += 2 + bytes.getUint16(at + 2)) {
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

function uint24(bytes: DataView, at: number): number {
  return bytes.getUint16(at, true) + 2 ** 16 * bytes.getUint8(at + 2);
}
