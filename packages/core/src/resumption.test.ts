import * as tf from "@tensorflow/tfjs-core";
import { beforeEach, describe, expect, it } from "vitest";
import { adam } from "./adam.js";
import { averaged } from "./averaged.js";
import { clamped } from "./clamped.js";
import { lbfgs } from "./lbfgs.js";
import type { Optimizer } from "./optimizer.js";
import type { StylizeOptions } from "./run-options.js";
import type { RunState } from "./run-state.js";
import { bareEngine, distance, doublingNetwork, pictureOf } from "./stylize.fixture.js";
import { stylize } from "./stylize.js";

const options = (changes: Partial<StylizeOptions> = {}): StylizeOptions => ({
  engine: bareEngine(),
  network: doublingNetwork(),
  content: pictureOf(12, 8, (x, y) => [x * 20, y * 30, 100]),
  style: pictureOf(6, 6, () => [200, 100, 50]),
  terms: [distance("content"), distance("style", { weight: 3 })],
  scales: [
    { size: 8, steps: 3 },
    { size: 10, steps: 18 },
    { size: 12, steps: 2 },
  ],
  margin: 1,
  ...changes,
});

/** Brightens the image. At a rate above 0.015, its 10th step at a scale gives NaN. */
const stumbling = (rate: number): Optimizer<number> => ({
  name: "stumbling",
  init: () => 0,
  step: (image, steps) => ({
    image: tf.add(image, rate > 0.015 && steps === 9 ? Number.NaN : rate),
    state: steps + 1,
  }),
  slower: (factor) => stumbling(rate * factor),
});

/** Its first trials lead too far, so most steps are within a search. */
const searching = lbfgs({ history: 3, lineSearch: "strong-wolfe", learningRate: 4 });

/** Paints nothing. */
const still: Optimizer<number> = {
  name: "still",
  init: () => 0,
  step: (image, state) => ({ image: tf.add(image, 0), state }),
};

/** What there is to see of a run: the total at each of its steps, the last losses and the last picture. */
async function seen(asked: StylizeOptions, onStep?: (index: number, state: RunState | undefined) => void) {
  const totals: [index: number, total: number, wentBackTo: number | undefined][] = [];
  for await (const step of stylize(asked)) {
    totals.push([step.index, step.total, step.wentBack?.to]);
    onStep?.(step.index, step.last ? undefined : await step.state().catch(() => undefined));
    if (step.last) return { totals, losses: await step.losses(), picture: await step.picture() };
  }
  throw new Error("Expected a last step.");
}

/** As a file keeps it. */
function stored({ arrays, ...rest }: RunState): RunState {
  return { ...JSON.parse(JSON.stringify(rest)), arrays };
}

let tensorsBefore = 0;
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
  return () => {
    expect(tf.memory().numTensors).toBe(tensorsBefore);
  };
});

describe("a run that goes on from a state", () => {
  const weightsAt = (index: number) => (index < 10 ? {} : { style: 1e-9, content: 2e-9 });
  it.each<[string, Partial<StylizeOptions>, number?]>([
    ["adam", { optimizer: adam() }],
    ["averaged adam", { optimizer: averaged(clamped(adam())) }],
    ["an average that is not carried", { optimizer: averaged(adam(), { carry: "image" }) }],
    ["lbfgs", { optimizer: lbfgs({ history: 3 }) }],
    ["a line search", { optimizer: searching }],
    ["the average of a line search", { optimizer: averaged(searching, { decay: 0.5 }) }],
    ["noise, and no optimizer of its own", { init: "noise", seed: 7 }],
    // Steps 13 to 19 have no state: the image is not finite.
    ["a run that went back", { optimizer: averaged(stumbling(0.02)) }],
    ["a run that ends its scales early", { optimizer: still, untilStable: 1e-6, scales: stableScales() }, 9],
  ])("paints the same from every step: %s", async (_, changes, stride = 1) => {
    const asked = options(changes);
    const states = new Map<number, RunState>();
    const whole = await seen(asked, (index, state) => state && states.set(index, stored(state)));
    expect(await seen(asked)).toEqual(whole);
    expect(states.size).toBeGreaterThan(10);
    for (const [index, resume] of states) {
      if (index % stride > 0 && !resume.ended) continue;
      const { totals, ...rest } = await seen({ ...asked, resume });
      expect(rest).toEqual({ losses: whole.losses, picture: whole.picture });
      expect(totals).toEqual(whole.totals.slice(index));
    }
  });

  it("paints the same although the weights changed before it, or change after it", async () => {
    let index = 0;
    const asked = options({
      optimizer: adam(),
      // The unit of such weights is that of the run's first step.
      terms: [distance("content", { weight: 1e-7 }), distance("style", { weight: 1e-8 })],
      scales: stableScales(),
      untilStable: 0.5,
      weights: () => weightsAt(index),
    });
    const states: RunState[] = [];
    const whole = await seen(asked, (at, state) => {
      index = at;
      if (state !== undefined) states.push(state);
    });
    for (const [i, resume] of states.entries()) {
      if (i % 8 > 0) continue;
      index = i + 1;
      const { totals, ...rest } = await seen({ ...asked, resume }, (at) => {
        index = at;
      });
      expect(rest).toEqual({ losses: whole.losses, picture: whole.picture });
      expect(totals).toEqual(whole.totals.slice(i + 1));
    }
  });

  it("keeps what a line search has accepted while it tries more", async () => {
    const states: RunState[] = [];
    await seen(options({ optimizer: searching }), (_, state) => state && states.push(state));
    const amid = states.filter(({ steps, accepted }) => accepted! < steps.at(-1)!);
    expect(amid.length).toBeGreaterThan(5);
    for (const { totals, losses } of states) expect(losses?.total).toBe(totals.at(-1));
  });

  it("has no state at the last step, or once the image is not finite", async () => {
    const optimizer: Optimizer<number> = {
      ...still,
      step: (image, state) => ({ image: tf.add(image, Number.NaN), state }),
    };
    for await (const step of stylize(options({ scales: [{ size: 12, steps: 1 }] })))
      await expect(step.state()).rejects.toThrow("Expected a step before the last one");
    for await (const step of stylize(options({ optimizer }))) {
      await expect(step.state()).rejects.toThrow("The picture became NaN at step 1");
      break;
    }
  });

  it("refuses an optimizer's state that it could not keep", async () => {
    const counting: Optimizer<tf.Tensor> = {
      name: "counting",
      init: () => tf.scalar(1, "int32"),
      step: (image, state) => ({ image: tf.add(image, 0), state: tf.add(state, tf.scalar(1, "int32")) }),
    };
    for await (const step of stylize(options({ optimizer: counting }))) {
      await expect(step.state()).rejects.toThrow(
        'Expected the state "optimizer" to consist of float32 tensors, numbers and texts, got a tensor of int32.',
      );
      break;
    }
  });
});

describe("a state that does not fit", () => {
  async function state(): Promise<RunState> {
    for await (const step of stylize(options())) if (step.index === 5) return await step.state();
    throw new Error("Expected a step 5.");
  }

  it.each<[string, (state: RunState) => object, string]>([
    ["another optimizer's", () => ({ optimizer: "adam" }), 'the optimizer to be "averaged adam", got "adam"'],
    ["more steps than planned", () => ({ steps: [3, 19] }), "at most 18 steps at scale 2, got 19"],
    ["steps of a scale that is not planned", () => ({ steps: [3, 18, 2, 1] }), "at most 0 steps at scale 4"],
    ["nothing left", () => ({ steps: [3, 18, 2] }), "steps that are left to be done, got 0"],
    ["nothing left after its end", () => ({ steps: [3, 18, 1], ended: true }), "left to be done, got 0"],
    ["no steps", () => ({ steps: [] }), "steps of its scales, got a list of 0"],
    ["a step of another type", () => ({ steps: [3, "2"] }), "steps of its scales, got a list of 2"],
    ["too many weights", () => ({ weights: [1, 2, 3] }), "2 weights, got [1, 2, 3]"],
    ["endless back-offs", () => ({ backOffs: 1e9 }), "gone back at most 3 times, got 1000000000"],
    ["an end that is a number", () => ({ ended: 1 }), "to know whether its scale has ended, got 1"],
    ["more accepted steps than steps", () => ({ accepted: 3 }), "at most 2 accepted steps, got 3"],
    ["accepted steps without losses", () => ({ accepted: 1 }), "losses of its latest accepted step"],
    [
      "losses of another run",
      () => ({ accepted: 1, losses: { content: 1, total: 1 } }),
      "losses of its latest accepted step",
    ],
    [
      "an image of another size",
      ({ arrays }) => ({ arrays: { ...arrays, image: { shape: [1, 2, 2, 3], data: new Float32Array(12) } } }),
      '"image" to be of the shape 1×9×12×3, got "1×2×2×3"',
    ],
    [
      "fewer numbers than its shape",
      ({ arrays }) => ({ arrays: { ...arrays, kept: { shape: [1, 9, 12, 3], data: new Float32Array(12) } } }),
      '"kept" to have 324 numbers, got 12',
    ],
    [
      "NaN",
      ({ arrays }) => ({
        arrays: { ...arrays, image: { shape: [1, 9, 12, 3], data: new Float32Array(324).fill(Number.NaN) } },
      }),
      '"image" to be finite, got NaN',
    ],
    ["a missing array", () => ({ state: { sum: ["tensor", "gone"] } }), 'an array "gone", got nothing'],
    ["an inherited array", () => ({ state: ["tensor", "toString"] }), 'an array "toString", got nothing'],
    [
      "a list of a strange kind",
      () => ({ state: ["tensors", 1] }),
      'a list in the optimizer\'s state, got "tensors"',
    ],
    [
      "null",
      () => ({ state: { sum: null } }),
      "an optimizer's state of tensors, numbers and texts, got null",
    ],
  ])("is refused: %s", async (_, changed, message) => {
    const good = await state();
    const resume = { ...good, ...changed(good) };
    await expect(stylize(options({ resume })).next()).rejects.toThrow(message);
  });

  it("is refused before it nests without end", async () => {
    let nested: RunState["state"] = 1;
    for (let i = 0; i < 100_000; i++) nested = ["array", nested];
    const resume = { ...(await state()), state: nested };
    await expect(stylize(options({ resume })).next()).rejects.toThrow("a shallower optimizer's state");
  });
});

function stableScales() {
  return [
    { size: 8, steps: 70 },
    { size: 10, steps: 35 },
  ];
}
