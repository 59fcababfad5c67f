import "@tensorflow/tfjs-backend-cpu";
import type { Sources } from "@brushwork/core";
import { testLossTerm } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type LaplacianLossOptions, laplacianLoss } from "./laplacian-loss.js";

/** An image of pixels that only have green, from its rows. */
function green(...rows: readonly (readonly number[])[]): tf.Tensor4D {
  return tf.tensor4d([rows.map((row) => row.map((value) => [0, value, 0]))]);
}

const sources = (content: tf.Tensor4D): Sources => ({
  content: { features: { image: content } },
  styles: [],
});

function lossOf(options: LaplacianLossOptions, image: tf.Tensor4D, content: tf.Tensor4D): number {
  const term = laplacianLoss(options);
  return term.loss({ image }, term.prepare(sources(content))).dataSync()[0]!;
}

/** The gradient with respect to the green of each pixel. */
function gradientOf(options: LaplacianLossOptions, image: tf.Tensor4D, content: tf.Tensor4D): number[] {
  const term = laplacianLoss(options);
  const targets = term.prepare(sources(content));
  const gradient = tf.grad((x) => term.loss({ image: x as tf.Tensor4D }, targets))(image);
  return Array.from(gradient.dataSync()).filter((_, i) => i % 3 === 1);
}

const flat = () => green([0, 0, 0], [0, 0, 0], [0, 0, 0]);
// Its Laplacian is the filter itself: 4 in the middle, −1 beside it.
const dot = () => green([0, 0, 0], [0, 1, 0], [0, 0, 0]);

describe("laplacianLoss", () => {
  it("sums the squares of the filter at a single dot", () => {
    // 4² + 4 · 1²
    expect(lossOf({ poolSizes: [1], reduction: "sum" }, dot(), flat())).toBe(20);
    expect(lossOf({ poolSizes: [1], reduction: "mean" }, dot(), flat())).toBeCloseTo(20 / 9, 6);
    // Half a dot is missing: (½)² of all.
    const faint = tf.mul<tf.Tensor4D>(dot(), 0.5);
    expect(lossOf({ poolSizes: [1] }, faint, dot())).toBeCloseTo(0.25, 6);
  });

  it("filters the gradient once more, and so spreads it two pixels wide", () => {
    // 2 D(D(x)): with D(x) = 4, −1 …, D of it is 4·4 + 4 = 20 in the middle, −4 − 3 = −7 beside it (the border counts as
    // its own neighbour), and 1 + 1 = 2 in the corners.
    expect(gradientOf({ poolSizes: [1], reduction: "sum" }, dot(), flat())).toEqual([
      4, -14, 4, -14, 40, -14, 4, -14, 4,
    ]);
  });

  it("sees edges alone: not colours, nor a slope inside", () => {
    const photo = green([0, 1, 2, 3], [0, 1, 2, 3]);
    const brighter = tf.add<tf.Tensor4D>(photo, 0.5);
    expect(lossOf({ poolSizes: [1] }, brighter, photo)).toBeCloseTo(0, 10);
    // Only at the border does a slope differ from none: by 1 at the left and at the right of each row.
    expect(lossOf({ poolSizes: [1], reduction: "sum" }, photo, tf.zerosLike(photo))).toBe(4);
  });

  it("adds the three channels up before it compares them", () => {
    const colored = (...pixel: number[]) =>
      tf.tensor4d(
        Array.from({ length: 27 }, (_, i) => (Math.floor(i / 3) === 4 ? pixel[i % 3]! : 0)),
        [1, 3, 3, 3],
      );
    const options: LaplacianLossOptions = { poolSizes: [1], reduction: "sum" };
    expect(lossOf(options, colored(1, 0, 0), colored(0, 0, 1))).toBe(0);
    // Three times as much as in one channel.
    expect(lossOf(options, colored(1, 1, 1), flat())).toBe(180);
  });

  it("averages squares that begin at every pixel, and compares each with those beside it", () => {
    // Averages of 2 × 2 are 0, ½, 1 in each of three rows. The first and the last are beside each other, 1 apart.
    const edge = () => green([0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]);
    const flat = () => tf.zerosLike(edge());
    // Six differences of 1, of nine values, and 2² grids.
    expect(lossOf({ poolSizes: [2], reduction: "sum" }, edge(), flat())).toBe(1.5);
    expect(lossOf({ poolSizes: [2], reduction: "mean" }, edge(), flat())).toBeCloseTo(6 / 9, 6);
    // 2/4 D(D): −1, 0, 1 in each row. Each square passes a quarter to each of its pixels, those inside are in two rows.
    const [outer, inner] = [
      [-0.25, -0.25, 0.25, 0.25],
      [-0.5, -0.5, 0.5, 0.5],
    ];
    const slopes = gradientOf({ poolSizes: [2], reduction: "sum" }, edge(), flat());
    expect(slopes).toEqual([outer, inner, inner, outer].flat());
  });

  it("adds pool sizes up", () => {
    const at = [green([0, 0, 1, 1], [0, 0, 1, 1]), green([0, 0, 0, 0], [0, 0, 0, 0])] as const;
    const of = (poolSizes: number[]) => lossOf({ poolSizes, reduction: "sum" }, ...at);
    // Two differences of 1 in each of two rows; two in one row, over 4.
    expect([of([1]), of([2]), of([1, 2])]).toEqual([4, 0.5, 4.5]);
  });

  it("takes squares no larger than the picture", () => {
    const wide = green([0, 0, 1, 1], [0, 0, 1, 1]);
    const options: LaplacianLossOptions = { poolSizes: [200], reduction: "relative" };
    expect(lossOf(options, tf.zerosLike(wide), wide)).toBeCloseTo(1, 6);
  });

  it("ignores a content without edges where it is relative", () => {
    expect(lossOf({ poolSizes: [1] }, dot(), flat())).toBe(0);
    expect(gradientOf({ poolSizes: [1] }, dot(), flat())).toEqual(Array(9).fill(0));
  });

  it("uses squares of 4 × 4 pixels of the image by default", () => {
    expect(laplacianLoss()).toMatchObject({ name: "laplacian", weight: 1, layers: ["image"] });
    // Averages of 4 × 4 are 0 and 1 where rows of 8 pixels begin and end, and 4² grids.
    const edge = tf.tile(green([0, 0, 0, 0, 1, 1, 1, 1]), [1, 4, 1, 1]) as tf.Tensor4D;
    expect(lossOf({ reduction: "sum" }, edge, tf.zerosLike(edge))).toBe(2 / 16);
  });

  it("passes its weight on without applying it", () => {
    expect(laplacianLoss({ weight: 7 }).weight).toBe(7);
    expect(lossOf({ weight: 7, poolSizes: [1], reduction: "sum" }, dot(), flat())).toBe(20);
  });

  it("does not need TensorFlow.js's gradients", () => {
    expect(tf.getGradient("AvgPool"), "a registry that is empty").toBeUndefined();
    expect(gradientOf({}, dot(), flat())).toHaveLength(9);
  });
});

const runner = { describe, it };
testLossTerm(runner, { name: "laplacianLoss()", term: () => laplacianLoss() });
testLossTerm(runner, {
  name: "laplacianLoss() of two pool sizes",
  term: () => laplacianLoss({ poolSizes: [1, 2] }),
});
testLossTerm(runner, {
  name: "laplacianLoss() of two pool sizes, summed",
  term: () => laplacianLoss({ poolSizes: [2, 3], reduction: "sum" }),
});
