import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { averaged } from "./averaged.js";
import { type LbfgsOptions, lbfgs } from "./lbfgs.js";

type Gradient = (x: readonly number[]) => readonly number[];

/** The points that the optimizer visits, the start first. */
function path(gradient: Gradient, start: readonly number[], steps: number, options?: LbfgsOptions) {
  const optimizer = lbfgs(options);
  const imageOf = (x: readonly number[]) => tf.tensor4d([...x], [1, 1, 1, x.length]);
  let image = imageOf(start);
  let state = optimizer.init(image);
  const points = [[...start]];
  for (let step = 0; step < steps; step++) {
    const at = { loss: tf.scalar(0), gradient: imageOf(gradient(points.at(-1)!)), terms: {} };
    ({ image, state } = optimizer.step(image, state, at));
    points.push(Array.from(image.dataSync()));
  }
  return points;
}

function expectPath(found: readonly (readonly number[])[], expected: readonly (readonly number[])[]) {
  expected.forEach((point, step) => {
    point.forEach((value, i) => {
      expect(Math.abs(found[step]![i]! - value), `step ${step}, ${found[step]}`).toBeLessThan(1e-3);
    });
  });
}

/** ½ ((x₀ − 0.2)² + 10 (x₁ − 0.8)² + 3 (x₂ + 0.5)²) */
const quadratic: Gradient = (x) => [x[0]! - 0.2, 10 * (x[1]! - 0.8), 3 * (x[2]! + 0.5)];

/** (1 − x₀)² + 100 (x₁ − x₀²)² */
const rosenbrock: Gradient = ([x, y]) => [-2 * (1 - x!) - 400 * x! * (y! - x! ** 2), 200 * (y! - x! ** 2)];

// The points of torch.optim.LBFGS of PyTorch in float64, with max_iter as large as the number of steps and both
// tolerances −1.
it("follows PyTorch on a quadratic", () => {
  expectPath(path(quadratic, [1, -1, 2], 8), [
    [1, -1, 2],
    [0.96958175, -0.31558935, 1.7148289],
    [0.83051113, 0.93838522, 0.58466356],
    [0.7370863, 0.95665159, 0.05734563],
    [0.50073299, 0.79892971, -0.51788385],
    [0.41954845, 0.79713653, -0.52745263],
    [0.20035812, 0.79919333, -0.50050889],
    [0.19996698, 0.80022721, -0.50014737],
    [0.19999062, 0.80000254, -0.50002756],
  ]);
});

it("follows PyTorch with another learning rate and a short history", () => {
  expectPath(path(quadratic, [1, -1, 2], 8, { learningRate: 0.5, history: 2 }), [
    [1, -1, 2],
    [0.98479087, -0.65779468, 1.85741445],
    [0.907651, 0.14029527, 1.22103901],
    [0.82580594, 0.54439293, 0.65990446],
    [0.73681189, 0.71918169, 0.18185314],
    [0.63843832, 0.75682006, -0.17300143],
    [0.53376138, 0.78569155, -0.34451084],
    [0.43627082, 0.78002987, -0.44356366],
    [0.34096792, 0.82400735, -0.48574911],
  ]);
});

it("follows PyTorch along the valley of Rosenbrock's function", () => {
  expectPath(path(rosenbrock, [-1.2, 1], 11), [
    [-1.2, 1],
    [-0.48985507, 1.28985507],
    [-0.8216711, 1.0682754],
    [-1.36554164, 0.93797606],
    [-0.92536324, 1.0207787],
    [-0.96791981, 1.00401939],
    [-0.99465553, 0.99225116],
    [-0.99148918, 0.99147375],
    [-0.98834891, 0.98827275],
    [-0.97279113, 0.96693001],
    [-0.93329035, 0.90435453],
    [-0.66016748, 0.45185136],
  ]);
});

// x⁴/4 − x²/2 is concave up to x = 1/√3, so the first pairs are skipped: x becomes 2x − x³, 0.1, 0.199, 0.39012…
it("follows PyTorch out of a concave region, whose pairs it skips", () => {
  const doubleWell: Gradient = (x) => x.map((value) => value ** 3 - value);
  expectPath(path(doubleWell, [0.1], 9), [
    [0.1],
    [0.199],
    [0.3901194],
    [0.7208653],
    [1.06713527],
    [0.96340473],
    [0.99644606],
    [1.00020465],
    [0.9999989],
    [1],
  ]);
});

it("finds the minima of both functions", () => {
  expectPath(path(quadratic, [1, -1, 2], 30).slice(-1), [[0.2, 0.8, -0.5]]);
  expectPath(path(rosenbrock, [-1.2, 1], 150).slice(-1), [[1, 1]]);
});

// With a gradient of (300, −100), whose absolute values sum to 400, each program's first step sums to 1 in its own unit.
it("begins with a step that sums to one unit, whatever the size of the gradient", () => {
  const steep: Gradient = () => [300, -100];
  expect(path(steep, [0, 0], 1)[1]).toEqual([-0.75, 0.25]);
  expect(path(steep, [0, 0], 1, { range: 256 })[1]).toEqual([-0.75 / 256, 0.25 / 256]);
});

// A program with x in 0–10 sees the gradient 0.1 at 10 times x: its step of −0.1 is −0.01 here.
it("begins with the gradient itself where that is small", () => {
  const flat: Gradient = () => [1];
  expect(path(() => [0.125], [0.5], 1)[1]).toEqual([0.375]);
  expect(path(flat, [0], 1, { range: 10 })[1]![0]).toBeCloseTo(-0.01, 7);
});

// Both paths are the same but for their units: the loss of 10x is the other's.
it("takes the steps of a program that paints in another range", () => {
  const inTens: Gradient = (x) => quadratic(x.map((value) => value / 10)).map((value) => value / 10);
  const theirs = path(inTens, [10, -10, 20], 8);
  const ours = path(quadratic, [1, -1, 2], 8, { range: 10 });
  expectPath(
    ours,
    theirs.map((point) => point.map((value) => value / 10)),
  );
});

it("plans for two images of each pair, and is averaged like any other", () => {
  expect(lbfgs({ history: 100 }).images! - lbfgs({ history: 10 }).images!).toBe(180);
  expect(averaged(lbfgs()).images!).toBe(lbfgs().images! + 4);
});

it("is made slower with all its options", () => {
  const image = tf.tensor4d([1], [1, 1, 1, 1]);
  const slower = lbfgs({ learningRate: 2, range: 4 }).slower!(0.25);
  const { state, image: next } = slower.step(image, slower.init(image), {
    loss: tf.scalar(0),
    gradient: tf.tensor4d([8], [1, 1, 1, 1]),
    terms: {},
  });
  expect([next.dataSync()[0], state.pairs]).toEqual([1 - 0.5 / 4, []]);
});

it("never holds more pairs than its history", () => {
  const optimizer = lbfgs({ history: 2 });
  let image = tf.tensor4d([1, -1, 2], [1, 1, 1, 3]);
  let state = optimizer.init(image);
  for (const pairs of [0, 1, 2, 2, 2]) {
    const gradient = tf.tensor4d([...quadratic(Array.from(image.dataSync()))], [1, 1, 1, 3]);
    ({ image, state } = optimizer.step(image, state, { loss: tf.scalar(0), gradient, terms: {} }));
    expect(state.pairs).toHaveLength(pairs);
  }
});

it.each([
  [{ learningRate: 0 }, "learning rate"],
  [{ learningRate: Number.NaN }, "learning rate"],
  [{ history: 0 }, "history"],
  [{ history: 1.5 }, "history"],
  [{ range: -1 }, "range"],
  [{ range: Number.POSITIVE_INFINITY }, "range"],
])("refuses %o", (options, what) => {
  expect(() => lbfgs(options)).toThrow(RangeError);
  expect(() => lbfgs(options)).toThrow(what);
});
