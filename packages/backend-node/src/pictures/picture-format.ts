import { extname } from "node:path";
import { OptionError } from "@brushwork/core";

/** The formats that pictures are written in. */
export const pictureFormats = ["png", "jpeg", "webp", "tiff"] as const;
export type PictureFormat = (typeof pictureFormats)[number];

const byExtension: Readonly<Record<string, PictureFormat>> = {
  ".png": "png",
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".webp": "webp",
  ".tif": "tiff",
  ".tiff": "tiff",
};

/**
 * The format that a file's name asks for.
 * @throws {OptionError} when its extension is of none of them
 */
export function formatOf(path: string): PictureFormat {
  const format = byExtension[extname(path).toLowerCase()];
  if (format === undefined)
    throw new OptionError(
      `Expected a file name that ends in ${Object.keys(byExtension).join(", ")}, got ${path}.`,
    );
  return format;
}

/** How the files that are read begin. */
const readable: Readonly<Record<string, RegExp>> = {
  JPEG: /^\xff\xd8\xff/,
  PNG: /^\x89PNG/,
  WebP: /^RIFF.{4}WEBP/s,
  TIFF: /^(II[*+]|MM.[*+])/s,
  AVIF: /^.{4}ftyp(.{4})*?avi[fs]/s,
  GIF: /^GIF8/,
};

/** What else people have; for their error's sake. */
const unreadable: Readonly<Record<string, RegExp>> = {
  HEIC: /^.{4}ftyp(hei|hev|mif1|msf1)/s,
  SVG: /<svg\b/i,
  PDF: /^%PDF/,
};

/**
 * @param bytes the file; only its beginning is looked at
 * @throws {RangeError} when the file is not of a format that pictures are read from
 */
export function checkReadable(where: string, bytes: Uint8Array): void {
  const beginning = Buffer.from(bytes.subarray(0, 1024)).toString("latin1");
  if (Object.values(readable).some((signature) => signature.test(beginning))) return;
  const other = Object.entries(unreadable).find(([, signature]) => signature.test(beginning));
  throw new RangeError(
    `Expected ${where} to be a picture (${Object.keys(readable).join(", ")}), ` +
      (other === undefined ? "got something else." : `got ${other[0]}. Convert it first.`),
  );
}
