import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { adam } from "./adam.js";
import { averaged } from "./averaged.js";
import { clamped } from "./clamped.js";
import type { Optimizer } from "./optimizer.js";

const pixel = (value: number) => tf.tensor4d([value], [1, 1, 1, 1]);
const evaluation = { loss: tf.scalar(0), gradient: pixel(0), terms: {} };
const value = (tensor: tf.Tensor | undefined) => tensor?.dataSync()[0];

/** Adds 1 at each step. */
const counting: Optimizer<number> = {
  name: "counting",
  init: () => 0,
  step: (image, state) => ({ image: tf.add(image, 1), state: state + 1 }),
  resize: (state) => state,
};

// Images 1, 2, 3 with decay 0.5: weights 1/4, 1/2, 1 in the ratio of age; (0.25·1 + 0.5·2 + 1·3) / 1.75 = 17/7
it("shows the bias-corrected average of the images", () => {
  const optimizer = averaged(counting, { decay: 0.5 });
  let image = pixel(0);
  let state = optimizer.init(image);
  expect(value(optimizer.picture?.(image, state))).toBe(0);
  for (const expected of [1, 5 / 3, 17 / 7]) {
    ({ image, state } = optimizer.step(image, state, evaluation));
    expect(value(optimizer.picture?.(image, state))).toBeCloseTo(expected, 6);
  }
  expect(value(image)).toBe(3);
});

it("carries its average to the next scale, or the image as it is", () => {
  for (const [carry, expected] of [
    ["average", 17 / 7],
    ["image", undefined],
  ] as const) {
    const optimizer = averaged(counting, { decay: 0.5, carry });
    let image = pixel(0);
    let state = optimizer.init(image);
    for (let step = 0; step < 3; step++) ({ image, state } = optimizer.step(image, state, evaluation));
    const carried = value(optimizer.carried?.(image, state));
    if (expected === undefined) expect(carried).toBeUndefined();
    else expect(carried).toBeCloseTo(expected, 6);
  }
});

it("starts its average afresh at a new scale", () => {
  const optimizer = averaged(counting, { decay: 0.5 });
  const { image, state } = optimizer.step(pixel(4), optimizer.init(pixel(4)), evaluation);
  const carried = optimizer.resize?.(state, (tensor) => tensor) ?? state;
  expect(value(optimizer.picture?.(pixel(9), carried))).toBe(9);
  expect(carried.inner).toBe(1);
  expect(value(image)).toBe(5);
});

it("has no resize where the optimizer has none", () => {
  const { resize: _, ...withoutResize } = counting;
  expect(averaged(withoutResize).resize).toBeUndefined();
  expect(averaged(adam()).resize).toBeDefined();
});

it.each([-0.1, 1, Number.NaN])("refuses the decay %d", (decay) => {
  expect(() => averaged(counting, { decay })).toThrow(RangeError);
});

it("clamps images to [0, 1]", () => {
  const { image } = clamped(counting).step(pixel(0.5), 0, evaluation);
  expect(value(image)).toBe(1);
});

it("is made slower with the optimizer inside, and so is clamped", () => {
  const at = { ...evaluation, gradient: pixel(1) };
  const slower = averaged(clamped(adam({ learningRate: 0.4 })), { decay: 0.5 }).slower?.(0.5);
  const first = slower?.step(pixel(0.5), slower.init(pixel(0.5)), at);
  expect(slower?.name).toBe("averaged clamped adam");
  expect(value(first?.image)).toBeCloseTo(0.3, 5);
  expect(value(slower?.slower?.(10).step(pixel(0.5), slower.init(pixel(0.5)), at).image)).toBe(0);
  expect(averaged(counting).slower).toBeUndefined();
  expect(clamped(counting).slower).toBeUndefined();
});
