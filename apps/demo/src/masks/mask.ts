import type { Picture } from "@brushwork/core";
import { reducedSize } from "@brushwork/core/reading";

/** Where a painting acts: a level for each pixel, row by row, from 0 for nothing to 255 for everything. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly levels: Uint8ClampedArray;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Brush {
  /** In pixels of the mask. */
  readonly radius: number;
  /** The part of the radius at which it is full, from 0 to 1; from there to its edge it fades. */
  readonly hardness: number;
  readonly erases: boolean;
}

/** Part of a mask, in pixels. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Longer side of a mask: finer than any brush, and quick to draw. */
const longestSide = 768;

/** The size of a photograph's masks. */
export function maskSize(photograph: Pick<Picture, "width" | "height">): Pick<Mask, "width" | "height"> {
  const { width, height } = photograph;
  return reducedSize({ width, height }, longestSide) ?? { width, height };
}

/** A mask with one level throughout. */
export function evenMask({ width, height }: Pick<Mask, "width" | "height">, level: number): Mask {
  return { width, height, levels: new Uint8ClampedArray(width * height).fill(level) };
}

/**
 * Paints a stroke's piece, from one point to another. A brush raises each level to at least what it covers, an eraser
 * lowers it to at most what it leaves: so it does not matter how often a stroke passes a place.
 *
 * @returns the part of the mask that may have changed, or undefined if none has
 */
export function paintStroke(mask: Mask, from: Point, to: Point, brush: Brush): Area | undefined {
  const { radius, hardness, erases } = brush;
  const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - radius));
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - radius));
  const right = Math.min(mask.width, Math.ceil(Math.max(from.x, to.x) + radius));
  const bottom = Math.min(mask.height, Math.ceil(Math.max(from.y, to.y) + radius));
  if (left >= right || top >= bottom) return undefined;
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      const distance = distanceToLine({ x: x + 0.5, y: y + 0.5 }, from, to);
      const covered = 255 * coverage(distance / radius, hardness);
      const at = y * mask.width + x;
      const before = mask.levels[at] ?? 0;
      mask.levels[at] = erases ? Math.min(before, 255 - covered) : Math.max(before, covered);
    }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** How much a brush covers, from 0 to 1. @param distance from its middle, 1 at its edge */
function coverage(distance: number, hardness: number): number {
  if (distance >= 1) return 0;
  if (distance <= hardness) return 1;
  const share = (1 - distance) / (1 - hardness);
  // Without corners at either end.
  return share * share * (3 - 2 * share);
}

function distanceToLine(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((point.x - from.x) * dx + (point.y - from.y) * dy) / length;
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(point.x - from.x - share * dx, point.y - from.y - share * dy);
}

/** What other masks leave: where they add up to everything, nothing. */
export function restOf(masks: readonly Mask[], size: Pick<Mask, "width" | "height">): Mask {
  const rest = evenMask(size, 255);
  for (const other of masks)
    for (let y = 0; y < size.height; y++)
      for (let x = 0; x < size.width; x++) {
        const at = y * size.width + x;
        rest.levels[at] =
          (rest.levels[at] ?? 0) - levelAt(other, (x + 0.5) / size.width, (y + 0.5) / size.height);
      }
  return rest;
}

/** @param x y share of the width and of the height */
function levelAt({ width, height, levels }: Mask, x: number, y: number): number {
  return levels[Math.floor(y * height) * width + Math.floor(x * width)] ?? 0;
}

/** Share of the photograph in which a painting acts, from 0 to 1. */
export function shareOf({ levels }: Mask): number {
  return levels.reduce((sum, level) => sum + level, 0) / (255 * levels.length);
}

/** A mask as a grey picture. */
export function pictureOfMask({ width, height, levels }: Mask): Picture {
  const data = new Uint8ClampedArray(4 * levels.length);
  for (const [i, level] of levels.entries())
    data.fill(level, 4 * i, 4 * i + 3).fill(255, 4 * i + 3, 4 * i + 4);
  return { width, height, data };
}

/** A picture as a mask of its size: its luma, as of Rec. 601, times its alpha. */
export function maskOfPicture({ width, height, data }: Picture): Mask {
  const levels = new Uint8ClampedArray(width * height);
  for (let i = 0; i < levels.length; i++) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(4 * i, 4 * i + 4);
    levels[i] = ((0.299 * red + 0.587 * green + 0.114 * blue) * alpha) / 255;
  }
  return { width, height, levels };
}
