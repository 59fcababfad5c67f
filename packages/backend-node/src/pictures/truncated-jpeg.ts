import { greyRows, hasEveryScan } from "@brushwork/recipes";
import sharp from "sharp";

/** Whether a decoder's error says that a JPEG ends too early. */
export function endsEarly(cause: unknown): boolean {
  return /premature end/i.test(String(cause));
}

/** Beyond this, a picture's rows are counted in a smaller version of it. */
const mostPixels = 2 ** 24;

/**
 * How many rows of a JPEG are missing at its bottom.
 *
 * @returns all rows for a progressive JPEG that lacks a whole scan, since all of its rows are coarse
 */
export async function missingRows(
  jpeg: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<number> {
  if (!hasEveryScan(jpeg)) return height;
  const image = sharp(jpeg, { failOn: "none", ignoreIcc: true, limitInputPixels: false });
  const eighth = { width: Math.ceil(width / 8), height: Math.ceil(height / 8), fit: "fill" } as const;
  if (width * height > mostPixels) image.resize(eighth);
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const rows = greyRows(data, info);
  return Math.round((rows / info.height) * height);
}
