import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { adam } from "./adam.js";
import { averaged } from "./averaged.js";
import { lbfgs } from "./lbfgs.js";
import type { Optimizer } from "./optimizer.js";
import type { Recorder } from "./recorder.js";
import { bareEngine, distance, doublingNetwork, pictureOf } from "./stylize.fixture.js";
import { stylize } from "./stylize.js";

/** A recorder that computes at the first call alone, and then repeats what `repeat` makes of the inputs. */
function fakeRecorder() {
  const seen: { inputs: number[][]; numbers: readonly number[] }[] = [];
  let disposed = 0;
  const make = (): Recorder => ({
    refusal: undefined,
    run(inputs, numbers, compute) {
      seen.push({ inputs: inputs.map(({ shape }) => shape), numbers: [...numbers] });
      return tf.tidy(() => [...compute(numbers.map((number) => tf.scalar(number)))]);
    },
    dispose: () => void disposed++,
  });
  return { make, seen, disposed: () => disposed };
}

async function painted(optimizer: Optimizer, recorder?: () => Recorder, steps = 4) {
  const unrepeated: (string | undefined)[] = [];
  let data: Uint8ClampedArray | undefined;
  for await (const step of stylize({
    engine: bareEngine(recorder && { recorder }),
    network: doublingNetwork(),
    content: pictureOf(4, 3, (x, y) => [60 * x, 80 * y, 100]),
    style: pictureOf(4, 4, () => [200, 100, 50]),
    terms: [distance("content"), distance("style", { weight: 2 })],
    optimizer,
    scales: [
      { size: 3, steps: 2 },
      { size: 4, steps },
    ],
    margin: 0,
  })) {
    unrepeated.push(step.unrepeated);
    if (step.last) data = (await step.picture()).data;
  }
  return { unrepeated, data };
}

describe("a run on an engine with a recorder", () => {
  it("gives it image, state and weights, and the numbers that differ, one recorder for each scale", async () => {
    const recorder = fakeRecorder();
    const { data, unrepeated } = await painted(averaged(adam({ learningRate: 0.1 })), recorder.make);
    expect(recorder.seen).toHaveLength(6);
    expect(recorder.disposed()).toBe(2);
    const image = [1, 3, 4, 3];
    expect(recorder.seen[5]?.inputs).toEqual([image, image, image, image, [], []]);
    // The first step's: the rate is 0.1 · √(1 − 0.99) / (1 − 0.9).
    expect(recorder.seen[0]?.numbers).toEqual([expect.closeTo(0.1, 10), expect.closeTo(1e-9, 15)]);
    expect(recorder.seen[1]?.numbers).not.toEqual(recorder.seen[0]?.numbers);
    expect(unrepeated).toEqual(new Array(6).fill(undefined));
    expect(data).toEqual((await painted(averaged(adam({ learningRate: 0.1 })))).data);
  });

  it("goes on from what the recorder repeats", async () => {
    let calls = 0;
    let optimizerSteps = 0;
    const inner = adam();
    const counting: typeof inner = {
      ...inner,
      step(image, state, at) {
        optimizerSteps++;
        return inner.step(image, state, at);
      },
    };
    // From the second call on, all tensors are those of the call before plus 0.
    let before: readonly tf.Tensor[] = [];
    const recorder = (): Recorder => ({
      refusal: undefined,
      run(inputs, numbers, compute) {
        calls++;
        if (calls % 6 === 1 || inputs[0]?.shape[1] !== before[0]?.shape[1])
          before = tf
            .tidy(() => [...compute(numbers.map((number) => tf.scalar(number)))])
            .map((t) => tf.keep(t));
        return before.map((tensor) => tf.clone(tensor));
      },
      dispose() {},
    });
    const states: unknown[] = [];
    for await (const step of stylize({
      engine: bareEngine({ recorder }),
      network: doublingNetwork(),
      content: pictureOf(4, 3, () => [60, 80, 100]),
      style: pictureOf(4, 4, () => [200, 100, 50]),
      terms: [distance("content"), distance("style")],
      optimizer: counting,
      scales: [{ size: 4, steps: 4 }],
      margin: 0,
    }))
      if (!step.last) states.push((await step.state()).state);
    tf.dispose([...before]);
    expect([calls, optimizerSteps]).toEqual([4, 1]);
    // The host's part goes on, although the step was computed once.
    expect(states).toMatchObject([{ steps: 1 }, { steps: 2 }, { steps: 3 }]);
  });

  it.each([
    [
      "L-BFGS",
      lbfgs({ lineSearch: "strong-wolfe" }),
      'the optimizer "lbfgs strong-wolfe" reads numbers back',
    ],
    [
      "an optimizer that counts for itself",
      { ...adam(), numbers: undefined } as unknown as Optimizer,
      'the optimizer "adam" has no method "numbers"',
    ],
  ])("takes the steps of %s without it, and says so once", async (_, optimizer, reason) => {
    const recorder = fakeRecorder();
    const { unrepeated, data } = await painted(optimizer, recorder.make);
    expect(recorder.seen).toEqual([]);
    expect(unrepeated.filter((text) => text !== undefined)).toEqual([reason]);
    expect(data).toEqual((await painted(optimizer)).data);
  });

  it("refuses an optimizer whose numbers are not its step's", async () => {
    const wrong = { ...adam(), numbers: (state: unknown) => ({ numbers: [0.1, 1], state }) } as Optimizer;
    await expect(painted(wrong, fakeRecorder().make)).rejects.toThrow(
      'Expected "numbers" of the optimizer "adam" to give the state after its step: make both alike.',
    );
  });
});
