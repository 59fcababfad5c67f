import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { averaged } from "./averaged.js";
import { type LbfgsOptions, type LbfgsState, lbfgs } from "./lbfgs.js";
import { replace } from "./position.js";

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

/** Evaluations with the line search: each point, and whether it was accepted. */
function search(lossOf: Loss, gradient: Gradient, start: readonly number[], steps: number, options = {}) {
  const optimizer = lbfgs({ lineSearch: "strong-wolfe", ...options });
  const imageOf = (x: readonly number[]) => tf.tensor4d([...x], [1, 1, 1, x.length]);
  let image = imageOf(start);
  let state = optimizer.init(image);
  const evaluated: [accepted: boolean, ...point: number[]][] = [];
  for (let step = 0; step < steps; step++) {
    // PyTorch's numbers are from float64, and so is the gradient here.
    const x = Array.from(image.dataSync());
    const at = { loss: tf.scalar(lossOf(x)), gradient: imageOf(gradient(x)), terms: {} };
    const asked = tf.stack([...optimizer.asks!(image, state, at)]).dataSync();
    const next = optimizer.step(image, state, { ...at, asked });
    evaluated.push([next.accepted ?? true, ...x]);
    ({ image, state } = next);
  }
  const shown = Array.from(optimizer.picture!(image, state).dataSync());
  return { evaluated, shown, accepted: evaluated.filter(([accepted]) => accepted).map(([, ...x]) => x) };
}

type Loss = (x: readonly number[]) => number;

const rosenbrockLoss: Loss = ([x, y]) => (1 - x!) ** 2 + 100 * (y! - x! ** 2) ** 2;
const quadraticLoss: Loss = (x) =>
  0.5 * ((x[0]! - 0.2) ** 2 + 10 * (x[1]! - 0.8) ** 2 + 3 * (x[2]! + 0.5) ** 2);
const wellLoss: Loss = ([x]) => x! ** 4 / 4 - x! ** 2 / 2;
const well: Gradient = ([x]) => [x! ** 3 - x!];

// The points at which torch.optim.LBFGS of PyTorch 2 calls its closure in float64, with line_search_fn="strong_wolfe" and
// both tolerances −1, and those among them that are its result for some max_iter.
it("searches lines as PyTorch does on Rosenbrock's function", () => {
  const { evaluated, shown } = search(rosenbrockLoss, rosenbrock, [-1.2, 1], 17);
  const expected: [accepted: boolean, ...point: number[]][] = [
    [true, -1.2, 1],
    [false, -0.48985507, 1.28985507],
    [true, -1.02453193, 1.07161962],
    [true, -1.02845657, 1.06818746],
    [true, -1.02887953, 1.06550295],
    [true, -1.02761777, 1.05841208],
    [true, -1.02030848, 1.03527699],
    [true, -0.99703104, 0.97559138],
    [true, -0.9431278, 0.85296627],
    [true, -0.88021316, 0.72747721],
    [true, -0.77457974, 0.54762568],
    [true, -0.66570846, 0.41398308],
    [true, -0.51602777, 0.22654583],
    [true, -0.34873447, 0.12519231],
    [false, 0.18947142, -0.38535842],
    [false, -0.21035157, -0.00607993],
    [true, -0.25600485, 0.0372275],
  ];
  expect(evaluated.map(([accepted]) => accepted)).toEqual(expected.map(([accepted]) => accepted));
  expectPath(
    evaluated.map(([, ...x]) => x),
    expected.map(([, ...x]) => x),
  );
  expect(shown).toEqual(evaluated[16]!.slice(1));
});

it("searches lines as PyTorch does out of a concave region", () => {
  const { evaluated } = search(wellLoss, well, [0.1], 7);
  const expected: [boolean, number][] = [
    [true, 0.1],
    [false, 0.199],
    [false, 1.09],
    [true, 0.98569605],
    [false, 1.3349327],
    [true, 1.00039291],
    [true, 0.99999143],
  ];
  expect(evaluated.map(([accepted]) => accepted)).toEqual(expected.map(([accepted]) => accepted));
  expectPath(
    evaluated.map(([, ...x]) => x),
    expected.map(([, x]) => [x]),
  );
});

// On this quadratic PyTorch accepts every first trial, so the points are those without a line search.
it("shows the image that was accepted last while it searches", () => {
  const { evaluated, shown } = search(rosenbrockLoss, rosenbrock, [-1.2, 1], 15);
  expect(evaluated.at(-1)![0]).toBe(false);
  expect(shown).toEqual(evaluated[13]!.slice(1));
  expectPath(search(quadraticLoss, quadratic, [1, -1, 2], 9).accepted, path(quadratic, [1, -1, 2], 8));
});

it("finds the minima of both functions by searching, faster than without", () => {
  expectPath(search(rosenbrockLoss, rosenbrock, [-1.2, 1], 60).accepted.slice(-1), [[1, 1]]);
  expectPath(search(quadraticLoss, quadratic, [1, -1, 2], 30).accepted.slice(-1), [[0.2, 0.8, -0.5]]);
});

// The loss of 10x at a tenth of the range, as for the paths without line search.
it("searches the lines of a program that paints in another range", () => {
  const inTens: Loss = (x) => rosenbrockLoss(x.map((value) => value / 10));
  const slopes: Gradient = (x) => rosenbrock(x.map((value) => value / 10)).map((value) => value / 10);
  const theirs = search(inTens, slopes, [-12, 10], 12).evaluated;
  const ours = search(rosenbrockLoss, rosenbrock, [-1.2, 1], 12, { range: 10 }).evaluated;
  expect(ours.map(([accepted]) => accepted)).toEqual(theirs.map(([accepted]) => accepted));
  expectPath(
    ours.map(([, ...x]) => x),
    theirs.map(([, ...x]) => x.map((value) => value / 10)),
  );
});

it("starts its search again from the accepted image where the weights have changed", () => {
  const optimizer = averaged(lbfgs({ lineSearch: "strong-wolfe" }));
  const start = tf.tensor4d([0.1], [1, 1, 1, 1]);
  const at = {
    loss: tf.scalar(wellLoss([0.1])),
    gradient: tf.tensor4d([...well([0.1])], [1, 1, 1, 1]),
    terms: {},
  };
  const trial = optimizer.step(start, optimizer.init(start), {
    ...at,
    asked: [at.loss.dataSync()[0]!, 0.099],
  });
  expect(trial.image.dataSync()[0]).toBeCloseTo(0.199, 6);
  const again = optimizer.changed!(trial.image, trial.state);
  expect(again.image.dataSync()).toEqual(start.dataSync());
  expect(again.state.inner).toMatchObject({ pairs: [] });
  expect(again.state.inner.line).toBeUndefined();
  expect(again.state.total).toBe(trial.state.total);
});

it("averages what it accepts alone", () => {
  const optimizer = averaged(lbfgs({ lineSearch: "strong-wolfe" }), { decay: 0.5 });
  let image = tf.tensor4d([0.1], [1, 1, 1, 1]);
  let state = optimizer.init(image);
  // Of its first four evaluations the first and the last are accepted: 0.1 and 0.98569605.
  for (let step = 0; step < 4; step++) {
    const x = image.dataSync()[0]!;
    const at = {
      loss: tf.scalar(wellLoss([x])),
      gradient: tf.tensor4d([...well([x])], [1, 1, 1, 1]),
      terms: {},
    };
    const asked = tf.stack([...optimizer.asks!(image, state, at)]).dataSync();
    ({ image, state } = optimizer.step(image, state, { ...at, asked }));
  }
  expect(optimizer.picture!(image, state).dataSync()[0]).toBeCloseTo((0.1 * 0.5 + 0.98569605) / 1.5, 5);
});

it("says what is missing where it gets no numbers", () => {
  const optimizer = lbfgs({ lineSearch: "strong-wolfe" });
  const image = tf.tensor4d([0.1], [1, 1, 1, 1]);
  expect(() =>
    optimizer.step(image, optimizer.init(image), { loss: tf.scalar(0), gradient: image, terms: {} }),
  ).toThrow("Expected the numbers that the line search asks for, got none.");
});

// Its first pair is skipped, so there is no curvature to set the scale: in tens, x is 1 and the step of 10x is 10 times.
it("takes the steps of another range also while pairs are skipped", () => {
  const inTens: Gradient = (x) => well(x.map((value) => value / 10)).map((value) => value / 10);
  const theirs = path(inTens, [1], 3);
  expectPath(
    path(well, [0.1], 3, { range: 10 }),
    theirs.map((point) => point.map((value) => value / 10)),
  );
});

it.each(["none", "strong-wolfe"] as const)(
  "holds no more images than it plans for: %s",
  async (lineSearch) => {
    const optimizer = lbfgs({ lineSearch, history: 3 });
    const bowl = tf.randomUniform<tf.Rank.R4>([1, 40, 40, 3], 0.1, 1, "float32", 1);
    const before = tf.memory().numBytes;
    let at: { image: tf.Tensor4D; state: LbfgsState } = tf.tidy(() => {
      const image = tf.randomUniform<tf.Rank.R4>([1, 40, 40, 3], 0, 1, "float32", 2);
      return { image, state: optimizer.init(image) };
    });
    let most = 0;
    for (let step = 0; step < 8; step++) {
      const { peakBytes } = await tf.profile(() => {
        const next = tf.tidy(() => {
          const gradient = tf.mul<tf.Tensor4D>(bowl, at.image);
          const loss = tf.mul<tf.Scalar>(tf.sum(tf.mul(gradient, at.image)), 0.5);
          const evaluation = { loss, gradient, terms: {} };
          const questions = optimizer.asks?.(at.image, at.state, evaluation) ?? [];
          const asked = questions.map((question) => question.dataSync()[0] ?? 0);
          return optimizer.step(at.image, at.state, { ...evaluation, asked });
        });
        at = replace(at, { image: next.image, state: next.state }) as typeof at;
        return at.image;
      });
      most = Math.max(most, peakBytes - before);
    }
    // The run keeps one more to go back to.
    const images = most / (40 * 40 * 3 * 4) + 1;
    expect(images).toBeLessThanOrEqual(optimizer.images! + 0.1);
    expect(images).toBeGreaterThan(optimizer.images! - 4);
  },
);

it.each([
  [{ learningRate: 0 }, "learning rate"],
  [{ learningRate: Number.NaN }, "learning rate"],
  [{ history: 0 }, "history"],
  [{ history: 1.5 }, "history"],
  [{ range: -1 }, "range"],
  [{ range: Number.POSITIVE_INFINITY }, "range"],
  [{ lineSearch: "wolfe" as never }, "lineSearch"],
])("refuses %o", (options, what) => {
  expect(() => lbfgs(options)).toThrow(RangeError);
  expect(() => lbfgs(options)).toThrow(what);
});
