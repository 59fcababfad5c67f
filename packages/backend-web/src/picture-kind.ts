/** How files begin, of the kinds that every browser decodes, and of others that people have. */
const signatures: Readonly<Record<string, RegExp>> = {
  JPEG: /^\xff\xd8\xff/,
  PNG: /^\x89PNG/,
  WebP: /^RIFF.{4}WEBP/s,
  AVIF: /^.{4}ftyp(.{4})*?avi[fs]/s,
  GIF: /^GIF8/,
  HEIC: /^.{4}ftyp(hei|hev|mif1|msf1)/s,
  TIFF: /^(II[*+]|MM.[*+])/s,
  SVG: /^\s*(<svg\b|<(\?xml|!--|!doctype).*<svg\b)/is,
  PDF: /^%PDF/,
};

/** The kinds that every browser decodes. */
export const decodable: readonly string[] = ["JPEG", "PNG", "WebP", "AVIF", "GIF"];

/** What a file is by its content, whatever its name says; undefined: none of the kinds we know. */
export async function kindOf(file: Blob): Promise<string | undefined> {
  const beginning = String.fromCharCode(...new Uint8Array(await file.slice(0, 1024).arrayBuffer()));
  // A text may begin with a byte-order mark.
  const text = beginning.replace(/^\xef\xbb\xbf/, "");
  return Object.keys(signatures).find((kind) => signatures[kind]?.test(text));
}

export async function isSvg(file: Blob): Promise<boolean> {
  return (await kindOf(file)) === "SVG";
}
