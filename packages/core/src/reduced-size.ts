import { OptionError } from "./errors.js";
import type { Picture } from "./picture.js";

type PictureSize = Pick<Picture, "width" | "height">;

/** Most pixels of a picture file: one with more is a mistake or an attack, or takes gigabytes to decode. */
export const mostPixels = 2 ** 27;

/** @throws {OptionError} when a longer side is not a whole number of pixels, at least 1 */
export function checkLongest(longest: number): void {
  if (!Number.isSafeInteger(longest) || longest < 1)
    throw new OptionError(`Expected a longest side of at least 1 whole pixel, got ${longest}.`);
}

/**
 * The size to read a picture at.
 *
 * @param longest the longer side that it is reduced to, or a function that returns it for the picture's own size
 * @returns undefined for its own size: pictures are not enlarged
 * @throws {OptionError} when the longer side is not a whole number of pixels, at least 1
 */
export function reducedSize(
  own: PictureSize,
  longest: number | ((own: PictureSize) => number) | undefined,
): PictureSize | undefined {
  if (longest === undefined) return undefined;
  const longer = typeof longest === "number" ? longest : longest(own);
  checkLongest(longer);
  const factor = longer / Math.max(own.width, own.height);
  if (factor >= 1) return undefined;
  const side = (pixels: number) => Math.max(1, Math.round(pixels * factor));
  return { width: side(own.width), height: side(own.height) };
}
