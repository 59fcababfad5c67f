import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { resample } from "./resample.js";

const row = (...values: number[]) => tf.tensor4d(values, [1, 1, values.length, 1]);
const column = (...values: number[]) => tf.tensor4d(values, [1, values.length, 1, 1]);
const rounded = (tensor: tf.Tensor) => Array.from(tensor.dataSync(), (v) => Math.round(v * 1e4) / 1e4);

it("keeps a constant image constant", () => {
  const image = tf.fill([1, 7, 5, 3], 0.25) as tf.Tensor4D;
  for (const size of [
    [3, 2],
    [14, 11],
    [1, 1],
  ] as const) {
    const values = resample(image, size).dataSync();
    expect(values).toHaveLength(size[0] * size[1] * 3);
    for (const value of values) expect(value).toBeCloseTo(0.25, 6);
  }
});

it("keeps an image whose size does not change", () => {
  expect(rounded(resample(row(1, 5, 2), [1, 3]))).toEqual([1, 5, 2]);
});

// Keys' kernel at distances ¼, ¾, 1¼, 1¾: 0.8671875, 0.2265625, −0.0703125, −0.0234375.
// Doubled, the pixel at ¼ of the second of [0, 0, 1, 0, 0, 0] is one of these.
it("enlarges by Keys' kernel", () => {
  expect(rounded(resample(row(0, 0, 0, 1, 0, 0, 0), [1, 14]))).toEqual([
    0, 0, 0, -0.0234, -0.0703, 0.2266, 0.8672, 0.8672, 0.2266, -0.0703, -0.0234, 0, 0, 0,
  ]);
});

// Halved, the kernel is stretched to distances 0.25, 0.75 …; each pair's average is exact for a straight line.
it("reduces with antialiasing", () => {
  const checkerboard = Array.from({ length: 32 }, (_, i) => i % 2);
  for (const value of resample(row(...checkerboard), [1, 8])
    .dataSync()
    .slice(2, 6))
    expect(Math.abs(value - 0.5)).toBeLessThan(0.01);
  const line = Array.from({ length: 16 }, (_, i) => i);
  expect(rounded(resample(column(...line), [8, 1])).slice(2, 6)).toEqual([4.5, 6.5, 8.5, 10.5]);
});

it("treats height and width alike and channels apart", () => {
  const image = tf.tensor4d([1, 10, 2, 20, 3, 30, 4, 40], [1, 2, 2, 2]);
  const [wide, tall] = [resample(image, [2, 4]), resample(tf.transpose(image, [0, 2, 1, 3]), [4, 2])];
  expect(rounded(tf.transpose(tall, [0, 2, 1, 3]))).toEqual(rounded(wide));
  const [low, high] = tf.split(wide, 2, 3);
  expect(rounded(tf.mul(low as tf.Tensor, 10))).toEqual(rounded(high as tf.Tensor));
});

it("leaves no tensors behind", () => {
  const image = row(1, 2, 3);
  const before = tf.memory().numTensors;
  resample(image, [2, 5]).dispose();
  expect(tf.memory().numTensors).toBe(before);
});

it("refuses an invalid size and a batch of several images", () => {
  expect(() => resample(row(1), [0, 1])).toThrow(RangeError);
  expect(() => resample(row(1), [1.5, 1])).toThrow("positive whole");
  expect(() => resample(tf.zeros([2, 1, 1, 1]), [1, 1])).toThrow("batch of 1");
});
