import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { channelMoments, channelSquares, gramMatrix } from "./gram-matrix.js";

describe("gramMatrix", () => {
  it("sums the products of channels over the positions", () => {
    const activation = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]);
    // 1·1 + 3·3 + 5·5 + 7·7 = 84, 1·2 + 3·4 + 5·6 + 7·8 = 100, 2·2 + 4·4 + 6·6 + 8·8 = 120
    expect(gramMatrix(activation).arraySync()).toEqual([
      [84, 100],
      [100, 120],
    ]);
  });

  it("is diagonal where one channel fires at a time", () => {
    const activation = tf.tensor4d([1, 0, 0, 0, 3, 0, 1, 0, 0, 0, 0, 2], [1, 1, 4, 3]);
    expect(gramMatrix(activation).arraySync()).toEqual([
      [2, 0, 0],
      [0, 9, 0],
      [0, 0, 4],
    ]);
  });

  it("does not depend on where things are", () => {
    const rows = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 3, 1, 2]);
    const columns = tf.tensor4d([5, 6, 1, 2, 3, 4], [1, 1, 3, 2]);
    expect(gramMatrix(rows).arraySync()).toEqual(gramMatrix(columns).arraySync());
  });

  it("refuses more than one image", () => {
    expect(() => gramMatrix(tf.zeros([2, 3, 3, 4]))).toThrow(
      new RangeError("Expected a batch of 1 for a Gram matrix, got 2."),
    );
  });

  it("leaves nothing behind but its result", () => {
    const activation = tf.ones<tf.Rank.R4>([1, 2, 2, 3]);
    const before = tf.memory().numTensors;
    gramMatrix(activation).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("the sums that a covariance and variances are made of", () => {
  const activation = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]);
  const mask = tf.tensor4d([1, 0, 2, 0.5], [1, 2, 2, 1]);

  it("are those of products, squares and channels", () => {
    expect(channelMoments(activation).arraySync()).toEqual([
      [84, 100],
      [100, 120],
      [16, 20],
    ]);
    expect(channelSquares(activation).arraySync()).toEqual([
      [84, 120],
      [16, 20],
    ]);
  });

  it("are weighed by a mask", () => {
    // 1·1 + 2·25 + 0.5·49 = 75.5, 1·2 + 2·30 + 0.5·56 = 90, 1·4 + 2·36 + 0.5·64 = 108, 1 + 2·5 + 0.5·7 = 14.5
    const sums = tf.tensor([75.5, 90, 90, 108, 14.5, 18], [3, 2]);
    expect(tf.max(tf.abs(tf.sub(channelMoments(activation, mask), sums))).dataSync()[0]).toBeLessThan(1e-4);
    const squares = tf.tensor([75.5, 108, 14.5, 18], [2, 2]);
    expect(tf.max(tf.abs(tf.sub(channelSquares(activation, mask), squares))).dataSync()[0]).toBeLessThan(
      1e-4,
    );
  });

  it("are 0 where a mask is", () => {
    const none = tf.zerosLike(mask);
    expect(channelMoments(activation, none).dataSync()).toEqual(new Float32Array(6));
    expect(channelSquares(activation, none).dataSync()).toEqual(new Float32Array(4));
  });

  it("leave a variance of almost nothing to many positions of the same value", () => {
    const [positions, value] = [300 * 300, 0.7];
    const flat = tf.fill<tf.Rank.R4>([1, 300, 300, 2], value);
    const [product = 0, , , , sum = 0] = channelMoments(flat).dataSync();
    const [square = 0, , ofSquares = 0] = channelSquares(flat).dataSync();
    expect(product / positions).toBeCloseTo(value ** 2, 3);
    for (const [squares, channel] of [
      [product, sum],
      [square, ofSquares],
    ] as const)
      expect(Math.abs(squares / positions - (channel / positions) ** 2)).toBeLessThan(2 ** -20 * value ** 2);
  });
});
