import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { beforeAll, describe, expect, it } from "vitest";
import { numericGradient } from "./numeric-gradient.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const x = () => tf.tensor4d([1, -2, 3, 0.5], [1, 2, 1, 2]);

const rounded = (values: Float64Array) => Array.from(values, (value) => Math.round(100 * value) / 100);

describe("numericGradient", () => {
  it("is 2x for the sum of squares", async () => {
    const gradient = await numericGradient((x) => tf.sum(tf.square(x)), x());
    expect(rounded(gradient)).toEqual([2, -4, 6, 1]);
  });

  it("is 3x² for the sum of cubes, closer with a smaller epsilon", async () => {
    const cubes = (x: tf.Tensor4D) => tf.sum(tf.mul(x, tf.square(x))) as tf.Scalar;
    // By hand: ((3.1)³ − (2.9)³) / 0.2 = 27.01, and 27 + 0.01² for an epsilon of 0.01.
    const [coarse] = await numericGradient(cubes, x(), { epsilon: 0.1, positions: [2] });
    const [fine] = await numericGradient(cubes, x(), { positions: [2] });
    expect(coarse).toBeCloseTo(27.01, 2);
    expect(Math.abs(fine! - 27)).toBeLessThan(0.005);
  });

  it("follows the requested positions, in their order", async () => {
    const gradient = await numericGradient((x) => tf.sum(tf.square(x)), x(), { positions: [3, 0] });
    expect(rounded(gradient)).toEqual([1, 2]);
  });

  it("uses the distance that x really moved in float32", async () => {
    // Float32 counts in steps of 1/4096 below 4096 and of 1/2048 above it: 0.001 moves by 2/2048 either way.
    const gradient = await numericGradient((x) => tf.sum(x) as tf.Scalar, tf.tensor4d([4096], [1, 1, 1, 1]), {
      epsilon: 0.001,
    });
    expect(gradient[0]).toBe(1);
  });

  it("frees what it makes, but not x", async () => {
    const at = x();
    const before = tf.memory().numTensors;
    await numericGradient((x) => tf.sum(tf.square(x)), at);
    expect(tf.memory().numTensors).toBe(before);
    expect(at.isDisposed).toBe(false);
  });
});
