import type { Span } from "./resample.js";

/** [height, width] in pixels. */
export type Size = readonly [height: number, width: number];

/** A picture's size in pixels. */
interface Shape {
  readonly width: number;
  readonly height: number;
}

/** How a picture lies in an image: the size it is scaled to, and the part of it that the image shows. */
export interface Placement {
  readonly size: Size;
  readonly rows: Span;
  readonly columns: Span;
}

/** The whole picture, stretched to a size of another shape. */
export function filling(size: Size): Placement {
  return { size, rows: { first: 0, count: size[0] }, columns: { first: 0, count: size[1] } };
}

/** The middle of a picture, scaled just large enough to fill a size. */
export function covering(picture: Shape, [height, width]: Size): Placement {
  const longer = Math.max(picture.height, picture.width);
  const factor = Math.max(height / picture.height, width / picture.width);
  const fitted = fittedSize(picture, longer * factor);
  const size = [Math.max(height, fitted[0]), Math.max(width, fitted[1])] as const;
  return {
    size,
    rows: { first: Math.floor((size[0] - height) / 2), count: height },
    columns: { first: Math.floor((size[1] - width) / 2), count: width },
  };
}

/** The largest size of a picture's shape that fits into another. */
export function sizeWithin(picture: Shape, [height, width]: Size): Size {
  const factor = Math.min(height / picture.height, width / picture.width);
  const side = (length: number, most: number) => Math.min(most, Math.max(1, Math.round(length * factor)));
  return [side(picture.height, height), side(picture.width, width)];
}

/**
 * The size whose longer side is `longerSide`, with the picture's aspect ratio.
 * @returns [height, width], each at least 1
 */
export function fittedSize(picture: Shape, longerSide: number): [height: number, width: number] {
  const factor = longerSide / Math.max(picture.width, picture.height);
  return [Math.max(1, Math.round(picture.height * factor)), Math.max(1, Math.round(picture.width * factor))];
}
