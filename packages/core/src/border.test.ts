import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { withBorder, withoutBorder } from "./border.js";

it("repeats the border pixels, those of the corners in both directions", () => {
  const image = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]);
  const extended = [
    [1, 1, 2, 3, 3],
    [1, 1, 2, 3, 3],
    [4, 4, 5, 6, 6],
    [4, 4, 5, 6, 6],
  ];
  const found = withBorder(image);
  expect(found.shape).toEqual([1, 4, 5, 1]);
  expect(Array.from(found.dataSync())).toEqual(extended.flat());
});

it("adds the gradients of a pixel and its copies", () => {
  const gradient = tf.tensor4d(
    [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11, 12],
      [13, 14, 15, 16],
    ].flat(),
    [1, 4, 4, 1],
  );
  const found = withoutBorder(gradient);
  expect(found.shape).toEqual([1, 2, 2, 1]);
  expect(Array.from(found.dataSync())).toEqual([
    1 + 2 + 5 + 6,
    3 + 4 + 7 + 8,
    9 + 10 + 13 + 14,
    11 + 12 + 15 + 16,
  ]);
});

it("extends a single pixel, whose gradient is the sum of all nine", () => {
  const pixel = tf.tensor4d([7, 8], [1, 1, 1, 2]);
  expect(Array.from(withBorder(pixel).dataSync())).toEqual(Array(9).fill([7, 8]).flat());
  expect(Array.from(withoutBorder(tf.ones([1, 3, 3, 2])).dataSync())).toEqual([9, 9]);
});
