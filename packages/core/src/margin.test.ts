import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { withMargin, withoutMargin } from "./margin.js";

const row = (...values: number[]) => tf.tensor4d(values, [1, 1, values.length, 1]);

it("continues by reflection, with the border pixel once", () => {
  const wide = withMargin(row(1, 2, 3), 2);
  expect(wide.shape).toEqual([1, 5, 7, 1]);
  expect(Array.from(wide.dataSync()).slice(0, 7)).toEqual([3, 2, 1, 2, 3, 2, 1]);
});

it("reflects repeatedly where the margin exceeds the image", () => {
  expect(Array.from(withMargin(row(1, 2), 3).dataSync()).slice(0, 8)).toEqual([2, 1, 2, 1, 2, 1, 2, 1]);
  expect(Array.from(withMargin(row(4), 1).dataSync())).toEqual(Array(9).fill(4));
});

it("can be cut off again", () => {
  const image = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]);
  expect(Array.from(withoutMargin(withMargin(image, 4), 4).dataSync())).toEqual([1, 2, 3, 4, 5, 6]);
  expect(Array.from(withMargin(image, 0).dataSync())).toEqual([1, 2, 3, 4, 5, 6]);
});
