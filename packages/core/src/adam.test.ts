import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { adam } from "./adam.js";

const pixel = (value: number) => tf.tensor4d([value], [1, 1, 1, 1]);
const at = (gradient: number) => ({ loss: tf.scalar(0), gradient: pixel(gradient), terms: {} });

// By hand, rate 0.1, β₁ = β₂ = 0.5, gradients 2 then −1:
// step 1: m = 1, v = 2; corrected m̂ = 2, v̂ = 4; x = 1 − 0.1 · 2/2 = 0.9
// step 2: m = 0, v = 1.5; corrected m̂ = 0; x stays 0.9
// step 3, gradient 4: m = 2, v = 8.75; m̂ = 2/0.875, v̂ = 8.75/0.875 = 10; x = 0.9 − 0.1 · 2.2857143/3.1622777
it("takes the steps of the algorithm, computed by hand", () => {
  const optimizer = adam({ learningRate: 0.1, beta1: 0.5, beta2: 0.5 });
  const first = optimizer.step(pixel(1), optimizer.init(pixel(1)), at(2));
  expect(first.image.dataSync()[0]).toBeCloseTo(0.9, 6);
  const second = optimizer.step(first.image, first.state, at(-1));
  expect(second.image.dataSync()[0]).toBeCloseTo(0.9, 6);
  const third = optimizer.step(second.image, second.state, at(4));
  expect(third.image.dataSync()[0]).toBeCloseTo(0.9 - 0.0722806, 6);
});

it("moves by the learning rate at first, whatever the gradient's size", () => {
  const optimizer = adam({ learningRate: 0.02 });
  for (const gradient of [1e-3, 1, 1e6])
    expect(
      optimizer.step(pixel(0.5), optimizer.init(pixel(0.5)), at(gradient)).image.dataSync()[0],
    ).toBeCloseTo(0.48, 4);
});

it("does not move where the gradient is 0", () => {
  const optimizer = adam();
  expect(optimizer.step(pixel(0.3), optimizer.init(pixel(0.3)), at(0)).image.dataSync()[0]).toBeCloseTo(
    0.3,
    7,
  );
});

// After one step with gradient 2: mean 0.2, square 0.04. Carried to mean −9.8, the bias-corrected mean is −98, and
// the square at least 98² · 0.01.
it("carries squares no smaller than a steady gradient of that mean has", () => {
  const optimizer = adam();
  const { state } = optimizer.step(pixel(1), optimizer.init(pixel(1)), at(2));
  const overshoot = (tensor: tf.Tensor4D) => tf.sub<tf.Tensor4D>(tensor, 10);
  const carried = optimizer.resize?.(state, overshoot);
  expect(carried?.steps).toBe(1);
  expect(carried?.mean.dataSync()[0]).toBeCloseTo(-9.8, 5);
  expect(carried?.square.dataSync()[0]).toBeCloseTo(96.04, 3);
  const same = optimizer.resize?.(state, (tensor) => tensor);
  expect(same?.square.dataSync()[0]).toBeCloseTo(0.04, 6);
});

it("carries a state without steps", () => {
  const carried = adam().resize?.(adam().init(pixel(1)), (tensor) => tensor);
  expect([carried?.steps, carried?.mean.dataSync()[0], carried?.square.dataSync()[0]]).toEqual([0, 0, 0]);
});

it.each([
  [{ learningRate: 0 }, "learning rate"],
  [{ learningRate: Number.NaN }, "learning rate"],
  [{ beta1: 1 }, "beta1"],
  [{ beta2: -0.1 }, "beta2"],
  [{ epsilon: 0 }, "epsilon"],
])("refuses %o", (options, what) => {
  expect(() => adam(options)).toThrow(RangeError);
  expect(() => adam(options)).toThrow(what);
});
