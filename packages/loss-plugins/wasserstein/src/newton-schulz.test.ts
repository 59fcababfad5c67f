import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { polarFactor, squareRoot, unscaledInverse, unscaledRoot } from "./newton-schulz.js";

const numbers = (matrix: tf.Tensor2D) => Array.from(matrix.dataSync());
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 4));

describe("squareRoot", () => {
  it("takes the root of each entry of a diagonal", () => {
    const { root, inverse } = squareRoot(tf.tensor2d([4, 0, 0, 0, 9, 0, 0, 0, 0.01], [3, 3]), 1e-4);
    expect(numbers(root)).toEqual(close([2, 0, 0, 0, 3, 0, 0, 0, 0.1]));
    expect(numbers(inverse)).toEqual(close([1 / 2, 0, 0, 0, 1 / 3, 0, 0, 0, 10]));
  });

  it("finds the symmetric root", () => {
    // [[2, 1], [1, 3]]² = [[5, 5], [5, 10]], whose determinant is 25; the root's inverse is [[3, -1], [-1, 2]] / 5.
    const { root, inverse } = squareRoot(tf.tensor2d([5, 5, 5, 10], [2, 2]), 1e-2);
    expect(numbers(root)).toEqual(close([2, 1, 1, 3]));
    expect(numbers(inverse)).toEqual(close([0.6, -0.2, -0.2, 0.4]));
  });

  it.each([1e-8, 1, 1e12])("holds whatever the scale: %d", (scale) => {
    const { root } = squareRoot(tf.mul(tf.tensor2d([5, 5, 5, 10], [2, 2]), scale), 1e-2);
    expect(numbers(tf.div(root, Math.sqrt(scale)))).toEqual(close([2, 1, 1, 3]));
  });

  it("stays finite at a matrix of rank one", () => {
    const { root, inverse } = squareRoot(tf.ones([4, 4]), 1e-6);
    // (½ J)² = J for the matrix J of sixteen ones.
    for (const entry of numbers(root)) expect(entry).toBeCloseTo(0.5, 3);
    expect(numbers(inverse).every(Number.isFinite)).toBe(true);
  });

  it("leaves nothing behind but its result", () => {
    const matrix = tf.tensor2d([5, 5, 5, 10], [2, 2]);
    const before = tf.memory().numTensors;
    tf.dispose(squareRoot(matrix, 1e-2));
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("unscaledRoot and unscaledInverse", () => {
  it("find the root and its inverse where the eigenvalues are near one another", () => {
    // [[2, 1], [1, 3]]² = [[5, 5], [5, 10]]; the root's inverse is [[3, -1], [-1, 2]] / 5.
    const root = unscaledRoot(tf.tensor2d([5, 5, 5, 10], [2, 2]), 12);
    expect(numbers(root)).toEqual(close([2, 1, 1, 3]));
    expect(numbers(unscaledInverse(root, 12))).toEqual(close([0.6, -0.2, -0.2, 0.4]));
  });

  it("multiply by 3/2 in each step what is far below the norm", () => {
    // 10⁻⁸ of a norm of 1, three times; the root of 10⁻⁸ would be 10⁻⁴. The inverse starts from 1.
    const root = unscaledRoot(tf.tensor2d([1, 0, 0, 1e-8], [2, 2]), 3);
    expect(numbers(root)[3]).toBeCloseTo(3.375e-8, 12);
    expect(numbers(unscaledInverse(root, 3))[3]).toBeCloseTo(3.375, 4);
  });
});

describe("polarFactor", () => {
  it("keeps the rotation of a matrix that rotates and stretches", () => {
    // A rotation by 90°, [[0, -1], [1, 0]], of a stretch by 5 and 0.1.
    const turn = polarFactor(tf.tensor2d([0, -0.1, 5, 0], [2, 2]), 1e-2);
    expect(numbers(turn)).toEqual(close([0, -1, 1, 0]));
  });

  it("is the identity for a matrix that only stretches", () => {
    expect(numbers(polarFactor(tf.tensor2d([5, 5, 5, 10], [2, 2]), 1e-2))).toEqual(close([1, 0, 0, 1]));
  });

  it("leaves nothing behind but its result", () => {
    const matrix = tf.tensor2d([5, 5, 5, 10], [2, 2]);
    const before = tf.memory().numTensors;
    polarFactor(matrix, 1e-2).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
