import "@tensorflow/tfjs-backend-cpu";
import { testLossTerm } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type TvLossOptions, tvLoss } from "./tv-loss.js";

/** An image from the rows of its pixels; a single number stands for all three channels of a pixel. */
function imageOf(rows: readonly (readonly (number | readonly number[])[])[]): tf.Tensor4D {
  const pixels = rows.map((row) =>
    row.map((pixel) => (typeof pixel === "number" ? [pixel, pixel, pixel] : pixel)),
  );
  return tf.tensor4d([pixels as number[][][]]);
}

/** A pixel whose green is given, without red or blue. */
const green = (value: number) => [0, value, 0];

const lossOf = (options: TvLossOptions, image: tf.Tensor4D) =>
  tvLoss(options).loss({ image }, undefined).dataSync()[0]!;

function gradientOf(options: TvLossOptions, image: tf.Tensor4D): number[] {
  const gradient = tf.grad((x) => tvLoss(options).loss({ image: x as tf.Tensor4D }, undefined))(image);
  return Array.from(gradient.dataSync());
}

/** The gradient with respect to the green of each pixel. */
function greenGradientOf(options: TvLossOptions, image: tf.Tensor4D): number[] {
  return gradientOf(options, image).filter((_, i) => i % 3 === 1);
}

const checkerboard = () =>
  imageOf([
    [0, 1, 0],
    [1, 0, 1],
  ]);

describe("tvLoss", () => {
  it("is 0 where nothing varies, and so is its gradient", () => {
    const plain = imageOf([
      [
        [0.2, 0.5, 0.9],
        [0.2, 0.5, 0.9],
      ],
      [
        [0.2, 0.5, 0.9],
        [0.2, 0.5, 0.9],
      ],
    ]);
    expect(lossOf({}, plain)).toBe(0);
    expect(lossOf({ reduction: "sum" }, plain)).toBe(0);
    expect(gradientOf({}, plain)).toEqual(new Array(12).fill(0));
  });

  it("counts every neighbour of a checkerboard", () => {
    // 2 rows of 2 and 3 columns of 1, in three channels: 12 + 9 differences of 1.
    expect(lossOf({ reduction: "sum" }, checkerboard())).toBe(21);
    // A mean of 1 in each of the two directions.
    expect(lossOf({}, checkerboard())).toBeCloseTo(2, 6);
  });

  it("takes the mean separately in each direction", () => {
    // Stripes: 4 vertical steps of 1, in three channels, and no horizontal one.
    const stripes = imageOf([
      [0, 0],
      [1, 1],
      [0, 0],
    ]);
    expect(lossOf({ reduction: "sum" }, stripes)).toBe(12);
    expect(lossOf({}, stripes)).toBeCloseTo(1, 6);
  });

  it("squares the differences of each channel", () => {
    // Red by 1, green by −2, blue by 3, between two pixels.
    const pair = imageOf([
      [
        [0, 2, 1],
        [1, 0, 4],
      ],
    ]);
    expect(lossOf({ reduction: "sum" }, pair)).toBe(14);
    expect(lossOf({}, pair)).toBeCloseTo(14 / 3, 6);
  });

  it("pulls a pixel towards its neighbours, side by side", () => {
    // (b − a)² + (c − b)² at 0, 1, 0: the gradient is −2 (b − a), 2 (b − a) − 2 (c − b), 2 (c − b).
    const row = () => imageOf([[green(0), green(1), green(0)]]);
    expect(greenGradientOf({ reduction: "sum" }, row())).toEqual([-2, 4, -2]);
    // Six differences, three channels of two, are averaged.
    const [left, middle, right] = greenGradientOf({}, row());
    expect(left).toBeCloseTo(-1 / 3, 6);
    expect(middle).toBeCloseTo(2 / 3, 6);
    expect(right).toBeCloseTo(-1 / 3, 6);
    expect(gradientOf({}, row()).filter((_, i) => i % 3 !== 1)).toEqual(new Array(6).fill(0));
  });

  it("pulls a pixel towards its neighbours, one above the other", () => {
    // At 0, 2, 6 the differences are 2 and 4: −2 · 2, 2 · 2 − 2 · 4, 2 · 4.
    const column = imageOf([[green(0)], [green(2)], [green(6)]]);
    expect(greenGradientOf({ reduction: "sum" }, column)).toEqual([-4, -4, 8]);
  });

  it("is 0 for a single pixel, which has no neighbours", () => {
    expect(lossOf({}, imageOf([[0.7]]))).toBe(0);
    expect(gradientOf({}, imageOf([[0.7]]))).toEqual([0, 0, 0]);
  });

  it("uses only the image, and passes its weight on without applying it", () => {
    expect(tvLoss()).toMatchObject({ name: "tv", weight: 1, layers: ["image"] });
    expect(tvLoss({ weight: 7 }).weight).toBe(7);
    expect(lossOf({ weight: 7, reduction: "sum" }, checkerboard())).toBe(21);
  });

  it("counts differences as they are where they are absolute", () => {
    // Red by 1, green by −2, blue by 3, between two pixels.
    const pair = imageOf([
      [
        [0, 2, 1],
        [1, 0, 4],
      ],
    ]);
    expect(lossOf({ kind: "absolute", reduction: "sum" }, pair)).toBe(6);
    expect(lossOf({ kind: "absolute" }, pair)).toBeCloseTo(2, 6);
    // |b − a| + |c − b| at 0, 3, 3: a flat pair pulls at neither pixel.
    const row = imageOf([[green(0), green(3), green(3)]]);
    expect(greenGradientOf({ kind: "absolute", reduction: "sum" }, row)).toEqual([-1, 1, 0]);
  });

  it("leaves the last row and column out of the inner differences", () => {
    // Of two rows and three columns, two pixels have both neighbours: four differences of 1 in three channels.
    expect(lossOf({ kind: "inner", reduction: "sum" }, checkerboard())).toBe(12);
    expect(lossOf({ kind: "inner" }, checkerboard())).toBeCloseTo(2, 6);
    const corner = imageOf([
      [green(0), green(1)],
      [green(3), green(9)],
    ]);
    // (1 − 0)² + (3 − 0)²; nothing pulls at the last pixel.
    expect(lossOf({ kind: "inner", reduction: "sum" }, corner)).toBe(10);
    expect(greenGradientOf({ kind: "inner", reduction: "sum" }, corner)).toEqual([-8, 2, 6, 0]);
  });

  it("counts neighbours in a row fully and those across the corner by a quarter, with nine points", () => {
    const pair = () => imageOf([[0, 1]]);
    // To the right of two pixels: differences of 1 and, to its own copy, 0: ⅔ · ½. Across, in two rows of three, one of
    // 1 in each: ⅙ · ⅓, in both directions.
    expect(lossOf({ kind: "nine-point" }, pair())).toBeCloseTo(1 / 3 + 2 / 18, 6);
    // 6 of the 18 differences across, in three channels, and 3 to the right.
    expect(lossOf({ kind: "nine-point", reduction: "sum" }, pair())).toBeCloseTo(
      3 * (2 / 3) + 12 * (1 / 6),
      6,
    );
    expect(lossOf({ kind: "nine-point" }, imageOf([[0.7]]))).toBe(0);
  });

  it("does not need TensorFlow.js's gradients", () => {
    expect(tf.getGradient("Slice"), "a registry that is empty").toBeUndefined();
    expect(gradientOf({}, checkerboard())).toHaveLength(18);
  });
});

const runner = { describe, it };
testLossTerm(runner, { name: "tvLoss()", term: () => tvLoss() });
testLossTerm(runner, { name: "tvLoss(), summed", term: () => tvLoss({ reduction: "sum" }) });
for (const kind of ["absolute", "inner", "nine-point"] as const)
  for (const reduction of ["mean", "sum"] as const)
    testLossTerm(runner, {
      name: `tvLoss(), ${kind}, ${reduction}`,
      term: () => tvLoss({ kind, reduction }),
    });
