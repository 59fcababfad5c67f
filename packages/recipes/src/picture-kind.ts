/** How files begin, of the kinds of pictures that people have. */
const signatures = {
  JPEG: /^\xff\xd8\xff/,
  PNG: /^\x89PNG/,
  WebP: /^RIFF.{4}WEBP/s,
  AVIF: /^\0\0.{2}ftyp(.{4})*?avi[fs]/s,
  GIF: /^GIF8/,
  TIFF: /^(II[*+]\0|MM\0[*+])/,
  HEIC: /^\0\0.{2}ftyp(hei|hev|mif1|msf1)/s,
  BMP: /^BM.{4}\0{4}.{3}\0/s,
  "JPEG XL": /^(\xff\n|\0\0\0\fJXL \r\n\x87\n)/,
  SVG: /^\s*(<svg\b|<(\?xml|!--|!doctype).*<svg\b)/is,
  PDF: /^%PDF/,
} as const;

/** A kind of picture file. */
export type PictureKind = keyof typeof signatures;

/** The number of bytes at a file's beginning that `pictureKind` looks at. */
export const kindBytes = 1024;

/**
 * What a file is by its content, whatever its name says; undefined: none of the kinds of pictures that people have.
 *
 * @param beginning the file, or its first `kindBytes` bytes
 */
export function pictureKind(beginning: Uint8Array): PictureKind | undefined {
  const text = String.fromCharCode(...beginning.subarray(0, kindBytes))
    // A text may begin with a byte-order mark.
    .replace(/^\xef\xbb\xbf/, "");
  const kinds = Object.keys(signatures) as PictureKind[];
  return kinds.find((kind) => signatures[kind].test(text));
}
