import { adam, averaged, clamped, lbfgs, type Optimizer } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { beforeAll, describe, expect, it } from "vitest";
import { failuresOf } from "./failures.js";
import { testOptimizer } from "./test-optimizer.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

testOptimizer({ describe, it }, { name: "adam", optimizer: () => adam() });
testOptimizer({ describe, it }, { name: "averaged(adam)", optimizer: () => averaged(adam()) });
testOptimizer({ describe, it }, { name: "clamped(adam)", optimizer: () => clamped(adam()) });
testOptimizer({ describe, it }, { name: "lbfgs", optimizer: () => lbfgs() });
testOptimizer(
  { describe, it },
  { name: "lbfgs with a line search", optimizer: () => lbfgs({ lineSearch: "strong-wolfe" }) },
);
testOptimizer(
  { describe, it },
  {
    name: "averaged(lbfgs with a line search)",
    optimizer: () => averaged(lbfgs({ lineSearch: "strong-wolfe", learningRate: 3 })),
  },
);
testOptimizer({ describe, it }, { name: "averaged(lbfgs)", optimizer: () => averaged(lbfgs()) });

type Momentum = { readonly velocity: tf.Tensor4D };

/** Gradient descent with momentum: a sound optimizer with a state. */
function momentum(change: Partial<Optimizer<Momentum>> = {}): Optimizer<Momentum> {
  return {
    name: "momentum",
    init: (image) => ({ velocity: tf.zerosLike(image) }),
    step(image, state, { gradient }) {
      const velocity = tf.add<tf.Tensor4D>(tf.mul(state.velocity, 0.5), tf.mul(gradient, -0.5));
      return { image: tf.add(image, velocity), state: { velocity } };
    },
    resize: ({ velocity }, carry) => ({ velocity: carry(velocity) }),
    ...change,
  };
}

const broken: Readonly<Record<string, { optimizer: () => Optimizer; failure: RegExp }>> = {
  "an ascent": {
    optimizer: () =>
      momentum({
        step: (image, state, { gradient }) => ({ image: tf.add(image, tf.mul(gradient, 0.1)), state }),
      }),
    failure:
      /descends a quadratic to a tenth in 100 steps: Error: Expected the loss of the image to fall below/,
  },
  "numbers of another step": {
    optimizer: () => {
      const sound = adam();
      return { ...sound, numbers: (state) => ({ numbers: [0.02, 1e-8], state }) } as Optimizer;
    },
    failure:
      /numbers and its step agree: Error: Expected numbers to give the state after a step, .*"steps":4/,
  },
  "a step that remembers": {
    optimizer: () => {
      let steps = 0;
      return momentum({
        step: (image, state, { gradient }) => ({
          image: tf.sub(image, tf.mul(gradient, 0.5 / ++steps)),
          state,
        }),
      });
    },
    failure: /Expected the image and state of a repeated step to be/,
  },
  "a state that is freed": {
    optimizer: () =>
      momentum({
        step(image, state, at) {
          const next = momentum().step(image, state, at);
          state.velocity.dispose();
          return next;
        },
      }),
    failure: /Expected the image, state and evaluation to remain the caller's, got one of them freed/,
  },
  "an image that is freed": {
    optimizer: () =>
      momentum({
        picture(image) {
          const picture = tf.clone(image);
          image.dispose();
          return picture;
        },
      }),
    failure: /Expected the image, state and evaluation to remain the caller's, got one of them freed/,
  },
  "tensors that are kept": {
    optimizer: () =>
      momentum({
        step(image, state, at) {
          tf.keep(tf.scalar(1));
          return momentum().step(image, state, at);
        },
      }),
    failure: /Expected step 1 to leave 2 more tensors than before, got 3/,
  },
  "a state that stays behind at the next size": {
    optimizer: () => momentum({ resize: (state) => state }),
    failure: /it continues at another size/,
  },
  "a sum that is carried to the next size": {
    optimizer: () =>
      momentum({
        resize: ({ velocity }, carry) => ({ velocity: carry(tf.mean(velocity, [1, 2], true)) }),
      }),
    failure: /Expected a tensor carried to another size to have the shape \[1, 5, 4, 3\], got \[1, 1, 1, 3\]/,
  },
  "a picture of another shape": {
    optimizer: () => momentum({ picture: (image) => tf.slice(image, [0, 0, 0, 0], [1, 2, 2, 3]) }),
    failure: /Expected the picture to have the shape \[1, 5, 4, 3\], got \[1, 2, 2, 3\]/,
  },
  "a division by the gradient's length": {
    optimizer: () =>
      momentum({
        step: (image, state, { gradient }) => ({
          image: tf.sub(image, tf.mul(0.01, tf.div(gradient, tf.norm(gradient)))),
          state,
        }),
      }),
    failure: /Expected the image after 3 steps without a gradient to be finite, got NaN at index 0/,
  },
};

describe("testOptimizer", () => {
  it("finds nothing in a sound optimizer", async () => {
    const failures = await failuresOf((runner) =>
      testOptimizer(runner, { name: "momentum", optimizer: momentum }),
    );
    expect(failures).toEqual([]);
  });

  for (const [what, { optimizer, failure }] of Object.entries(broken))
    it(`finds ${what}`, async () => {
      const failures = await failuresOf((runner) => testOptimizer(runner, { name: "broken", optimizer }));
      expect(failures.join("\n")).toMatch(failure);
    });
});
