import { describe, expect, it } from "vitest";
import { evenMask, maskOfPicture, maskSize, paintStroke, pictureOfMask, restOf, shareOf } from "./mask.js";

const rowOf = (
  { width, levels }: { readonly width: number; readonly levels: Uint8ClampedArray },
  y: number,
) => Array.from(levels.subarray(y * width, (y + 1) * width));

describe("a mask", () => {
  it("is no larger than what a brush needs, and no larger than the photograph", () => {
    expect(maskSize({ width: 1536, height: 1024 })).toEqual({ width: 768, height: 512 });
    expect(maskSize({ width: 30, height: 20 })).toEqual({ width: 30, height: 20 });
  });

  it("is painted with a hard brush up to its edge", () => {
    const mask = evenMask({ width: 9, height: 5 }, 0);
    const area = paintStroke(
      mask,
      { x: 2.5, y: 2.5 },
      { x: 6.5, y: 2.5 },
      { radius: 1.2, hardness: 1, erases: false },
    );
    // Middles of pixels: one beside the line is 1 away, one at a corner of its ends √2.
    expect([0, 1, 2, 3, 4].map((y) => rowOf(mask, y).join(" "))).toEqual([
      "0 0 0 0 0 0 0 0 0",
      "0 0 255 255 255 255 255 0 0",
      "0 255 255 255 255 255 255 255 0",
      "0 0 255 255 255 255 255 0 0",
      "0 0 0 0 0 0 0 0 0",
    ]);
    expect(area).toEqual({ x: 1, y: 1, width: 7, height: 3 });
  });

  it("fades toward the edge of a soft brush, and no more if the stroke passes again", () => {
    const mask = evenMask({ width: 5, height: 1 }, 0);
    const soft = { radius: 4, hardness: 0.5, erases: false };
    const dab = () => paintStroke(mask, { x: 0.5, y: 0.5 }, { x: 0.5, y: 0.5 }, soft);
    dab();
    // At 3 of 4 it is halfway down from 2 of 4.
    expect(rowOf(mask, 0)).toEqual([255, 255, 255, 128, 0]);
    dab();
    expect(rowOf(mask, 0)).toEqual([255, 255, 255, 128, 0]);
  });

  it("is erased as softly as it is painted", () => {
    const mask = evenMask({ width: 5, height: 1 }, 200);
    const soft = { radius: 4, hardness: 0.5, erases: true };
    paintStroke(mask, { x: 0.5, y: 0.5 }, { x: 0.5, y: 0.5 }, soft);
    expect(rowOf(mask, 0)).toEqual([0, 0, 0, 128, 200]);
  });

  it("stays as it is where a stroke passes beside it", () => {
    const mask = evenMask({ width: 3, height: 3 }, 7);
    const beside = { x: -9, y: 1 };
    expect(paintStroke(mask, beside, beside, { radius: 3, hardness: 0, erases: false })).toBeUndefined();
    expect(new Set(mask.levels)).toEqual(new Set([7]));
  });

  it("takes the rest that others leave, of any size", () => {
    const half = { width: 2, height: 1, levels: Uint8ClampedArray.of(255, 55) };
    const soft = { width: 4, height: 2, levels: Uint8ClampedArray.of(9, 9, 0, 0, 9, 9, 250, 0) };
    const rest = restOf([half, soft], { width: 4, height: 2 });
    expect([rowOf(rest, 0), rowOf(rest, 1)]).toEqual([
      [0, 0, 200, 200],
      [0, 0, 0, 200],
    ]);
  });

  it("knows the share in which its painting acts", () => {
    expect(shareOf({ width: 2, height: 2, levels: Uint8ClampedArray.of(0, 255, 51, 0) })).toBeCloseTo(0.3, 9);
  });

  it("is a grey picture, and the luma of a picture", () => {
    const mask = { width: 2, height: 1, levels: Uint8ClampedArray.of(10, 200) };
    const picture = pictureOfMask(mask);
    expect(Array.from(picture.data)).toEqual([10, 10, 10, 255, 200, 200, 200, 255]);
    expect(maskOfPicture(picture)).toEqual(mask);
    // 0.587 of 200; white of which half is to be seen.
    const data = Uint8ClampedArray.of(0, 200, 0, 255, 255, 255, 255, 128);
    expect(Array.from(maskOfPicture({ width: 2, height: 1, data }).levels)).toEqual([117, 128]);
  });
});
