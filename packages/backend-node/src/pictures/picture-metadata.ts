import { crc32 } from "node:zlib";
import type { Picture } from "@brushwork/core";
import { checkOptions, kindOf } from "@brushwork/core/reading";
import type { Metadata } from "sharp";
import { type Described, densityIn, exifBlock, lastingExif, noExif, tiffWithExif } from "./exif.js";
import type { PictureFormat } from "./picture-format.js";

/** What a picture's file says of it besides its pixels, as far as it holds for a painting of it too. */
export interface PictureMetadata {
  /**
   * EXIF, such as camera, time, place, artist and copyright, as files hold it: a TIFF without pixels. A thumbnail, the
   * maker's notes and whatever is about the coding of a file are left out when it is written.
   */
  readonly exif?: Uint8Array;
  /** Pixels per inch, a whole number from 1 to 65535. */
  readonly density?: number;
}

/** The largest density that a JPEG has room for. */
const mostDensity = 65_535;

/** @throws {OptionError} when metadata is not of its form */
export function checkMetadata(metadata: PictureMetadata): void {
  checkOptions("metadata", metadata, {
    exif: kindOf("the bytes of EXIF", (value) => value instanceof Uint8Array),
    density: kindOf(
      `a whole number from 1 to ${mostDensity}`,
      (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= mostDensity,
    ),
  });
}

/** What sharp says of a JPEG that has no density. */
const noDensityOfJpeg = 72;

/** What a file says of its picture. @param file of a TIFF, whose EXIF is in its own directory */
export function metadataOf(
  { exif: block, density: found, format, autoOrient }: Metadata,
  file: Uint8Array,
): PictureMetadata {
  const source = format === "tiff" ? file : block;
  const exif = source && lastingExif(source);
  const isNone = ["jpeg", "uhdr"].includes(format) && found === noDensityOfJpeg;
  // sharp finds none in WebP.
  const density = (isNone ? undefined : found) ?? (block && densityIn(block)) ?? 0;
  return {
    ...(exif && { exif: exifBlock(exif, autoOrient) }),
    ...(density >= 1 && density <= mostDensity && { density }),
  };
}

/** A picture's file, as sharp has written it, with the metadata. */
export function withMetadata(
  file: Uint8Array,
  format: PictureFormat,
  { exif: given, density }: PictureMetadata,
  { width, height, hasAlpha }: Pick<Picture, "width" | "height"> & { readonly hasAlpha: boolean },
): Uint8Array {
  const exif = given && lastingExif(given);
  if (exif === undefined && density === undefined) return file;
  const picture: Described = { width, height, ...(density !== undefined && { density }) };
  const block = exif && exifBlock(exif, picture);
  switch (format) {
    case "jpeg":
      return jpegWith(file, block, density);
    case "png":
      return pngWith(file, block, density);
    case "webp":
      // It has no other place for the density.
      return webpWith(file, block ?? exifBlock(noExif, picture), { width, height, hasAlpha });
    case "tiff":
      return tiffWithExif(file, exif ?? noExif, picture);
  }
}

const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** JFIF, which sharp leaves out, comes first, then EXIF. @see JFIF 1.02; EXIF 2.32, 4.5.4 */
function jpegWith(file: Uint8Array, block: Uint8Array | undefined, density: number | undefined): Uint8Array {
  const startLength = 2;
  return Buffer.concat([
    file.subarray(0, startLength),
    ...(density === undefined ? [] : [jfif(density)]),
    ...(block === undefined ? [] : [jpegSegment(0xe1, Buffer.concat([ascii("Exif\0\0"), block]))]),
    file.subarray(startLength),
  ]);
}

/** Version 1.2, dots per inch, no thumbnail. */
function jfif(density: number): Uint8Array {
  const data = ascii("JFIF\0\u0001\u0002\u0001\0\0\0\0\0\0");
  const view = new DataView(data.buffer);
  view.setUint16(8, density);
  view.setUint16(10, density);
  return jpegSegment(0xe0, data);
}

function jpegSegment(marker: number, data: Uint8Array): Uint8Array {
  const head = Uint8Array.of(0xff, marker, 0, 0);
  new DataView(head.buffer).setUint16(2, 2 + data.length);
  return Buffer.concat([head, data]);
}

/** @see https://www.w3.org/TR/png-3/#11pHYs and #11eXIf */
function pngWith(file: Uint8Array, block: Uint8Array | undefined, density: number | undefined): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const parts: Uint8Array[] = [];
  const signatureLength = 8;
  for (let start = signatureLength; start < file.length; ) {
    const end = start + 12 + view.getUint32(start);
    const type = String.fromCharCode(...file.subarray(start + 4, start + 8));
    // sharp writes one that means nothing.
    if (type !== "pHYs" || density === undefined) parts.push(file.subarray(start, end));
    if (type === "IHDR") {
      if (density !== undefined) parts.push(pngChunk("pHYs", physicalSize(density)));
      if (block !== undefined) parts.push(pngChunk("eXIf", block));
    }
    start = end;
  }
  return Buffer.concat([file.subarray(0, signatureLength), ...parts]);
}

/** Pixels per metre, twice, and the number that says so. */
function physicalSize(density: number): Uint8Array {
  const bytes = new Uint8Array(9);
  const view = new DataView(bytes.buffer);
  const perMetre = Math.round(density / 0.0254);
  view.setUint32(0, perMetre);
  view.setUint32(4, perMetre);
  bytes[8] = 1;
  return bytes;
}

function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const content = Buffer.concat([ascii(type), data]);
  const [length, checksum] = [new Uint8Array(4), new Uint8Array(4)];
  new DataView(length.buffer).setUint32(0, data.length);
  new DataView(checksum.buffer).setUint32(0, crc32(content));
  return Buffer.concat([length, content, checksum]);
}

/** Only the extended format has EXIF, so a simple file becomes an extended one. @see RFC 9649, 2.7 */
function webpWith(
  file: Uint8Array,
  block: Uint8Array,
  { width, height, hasAlpha }: Pick<Picture, "width" | "height"> & { readonly hasAlpha: boolean },
): Uint8Array {
  const headerLength = 12;
  const isExtended = String.fromCharCode(...file.subarray(headerLength, headerLength + 4)) === "VP8X";
  const features = isExtended
    ? file.slice(headerLength + 8, headerLength + 18)
    : Buffer.concat([
        Uint8Array.of(hasAlpha ? 0x10 : 0, 0, 0, 0),
        threeBytes(width - 1),
        threeBytes(height - 1),
      ]);
  features[0] = (features[0] ?? 0) | 0x08;
  const body = Buffer.concat([
    riffChunk("VP8X", features),
    file.subarray(isExtended ? headerLength + 18 : headerLength),
    new Uint8Array(file.length % 2),
    riffChunk("EXIF", block),
  ]);
  const header = ascii("RIFF\0\0\0\0WEBP");
  new DataView(header.buffer).setUint32(4, header.length - 8 + body.length, true);
  return Buffer.concat([header, body]);
}

function threeBytes(number: number): Uint8Array {
  return Uint8Array.of(number & 0xff, (number >> 8) & 0xff, number >> 16);
}

function riffChunk(type: string, data: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, data.length, true);
  return Buffer.concat([ascii(type), length, data, new Uint8Array(data.length % 2)]);
}
