import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { gramMatrix } from "./gram-matrix.js";

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
