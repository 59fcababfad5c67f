import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { binning, binsOf, countsByProducts, countsOf, rangeOf } from "./histogram.js";

/** Positions in a row, from the channels at each. */
const row = (...positions: number[][]) =>
  tf.tensor4d(positions.flat(), [1, 1, positions.length, positions[0]!.length]);

describe("bins", () => {
  it("divide the range of each channel, and the last one includes its end", () => {
    const activation = row([0, -1], [1, 0], [1.9, 1], [4, 3]);
    const scale = binning(rangeOf(activation), 4);
    // Bins of 1 from 0 and from −1, the second channel's from number 4.
    expect(binsOf(activation, scale).arraySync()).toEqual([
      [0, 4],
      [1, 5],
      [1, 6],
      [3, 7],
    ]);
  });

  it("divide the range of what a mask shows", () => {
    const activation = row([-7, 9], [0, 5], [4, 6], [20, 1]);
    const { low, high } = rangeOf(activation, row([0], [0.1], [2], [0]));
    expect([low.arraySync(), high.arraySync()]).toEqual([
      [0, 5],
      [4, 6],
    ]);
    // What it hides is in the first bin or the last.
    expect(binsOf(activation, binning({ low, high }, 4)).arraySync()).toEqual([
      [0, 7],
      [0, 4],
      [3, 7],
      [3, 4],
    ]);
  });

  it("are counted as much as a mask says, in both ways", () => {
    const numbers = tf.tensor2d([0, 3, 1, 2, 1, 3], [3, 2], "int32");
    const scale = { bins: 2, first: tf.tensor1d([0, 2]) };
    const mask = row([0.5], [2], [0.25]);
    for (const count of [countsOf, countsByProducts])
      expect(count(numbers, scale, mask).arraySync()).toEqual([
        [0.5, 2.25],
        [2, 0.75],
      ]);
  });

  it("are the first one for a channel that does not vary, and for what is not a number", () => {
    const flat = row([5], [5]);
    expect(Array.from(binsOf(flat, binning(rangeOf(flat), 8)).dataSync())).toEqual([0, 0]);
    const scale = binning(rangeOf(row([0], [4])), 4);
    for (const number of binsOf(row([Number.NaN], [Number.POSITIVE_INFINITY]), scale).dataSync()) {
      expect(number).toBeGreaterThanOrEqual(0);
      expect(number).toBeLessThan(4);
    }
  });

  it.each([2, 4, 10, 256])("are counted alike in both ways where there are %d", (bins) => {
    const numbers = Array.from({ length: 3000 }, (_, i) => [(i * i) % bins, bins + ((7 * i + 1) % bins)]);
    const expected = [0, 1].map((channel) =>
      Array.from(
        { length: bins },
        (_, bin) => numbers.filter((found) => found[channel] === channel * bins + bin).length,
      ),
    );
    const scale = { bins, first: tf.tensor1d([0, bins]) };
    const found = tf.tensor2d(numbers, [3000, 2], "int32");
    expect(countsOf(found, scale).arraySync()).toEqual(expected);
    expect(countsByProducts(found, scale).arraySync()).toEqual(expected);
  });

  it("are counted block by block where there are many positions", () => {
    const positions = 2 ** 18 + 5;
    const numbers = tf.tensor2d(
      Int32Array.from({ length: positions }, (_, i) => i % 3),
      [positions, 1],
      "int32",
    );
    const counts = countsByProducts(numbers, { bins: 3, first: tf.tensor1d([0]) });
    // 262,149 is a multiple of 3.
    expect(counts.arraySync()).toEqual([[87383, 87383, 87383]]);
  });
});
