import * as tf from "@tensorflow/tfjs-core";
import { checkOptions, kinds } from "./checked-options.js";
import { OptionError } from "./errors.js";
import type { Optimizer } from "./optimizer.js";

/** Running moments of the gradient, and the number of steps behind them. */
export type AdamState = { readonly steps: number; readonly mean: tf.Tensor4D; readonly square: tf.Tensor4D };

export interface AdamOptions {
  /**
   * In units of the image, whose range is [0, 1]: 0.02 moves a pixel by at most about 5 of 255 levels per step.
   * @default 0.02
   */
  readonly learningRate?: number;
  /**
   * Decay of the gradient's running mean, in [0, 1).
   * @default 0.9
   */
  readonly beta1?: number;
  /**
   * Decay of the gradient's running mean square, in [0, 1). The default follows crowsonkb/style-transfer-pytorch: with
   * the usual 0.999 there are more grey spots.
   * @default 0.99
   */
  readonly beta2?: number;
  /**
   * Added to the root of the mean square before dividing by it; above 0.
   * @default 1e-8
   */
  readonly epsilon?: number;
}

/**
 * The Adam optimizer, on an image's pixels.
 *
 * @throws {OptionError} when an option is outside its range
 * @see Kingma & Ba 2015, Adam: A method for stochastic optimization, algorithm 1
 */
export function adam(options: AdamOptions = {}): Optimizer<AdamState> {
  checkOptions("adam", options, {
    learningRate: kinds.number,
    beta1: kinds.number,
    beta2: kinds.number,
    epsilon: kinds.number,
  });
  const { learningRate = 0.02, beta1 = 0.9, beta2 = 0.99, epsilon = 1e-8 } = options;
  if (!(learningRate > 0 && Number.isFinite(learningRate)))
    throw new OptionError(`Expected a learning rate above 0, got ${learningRate}.`);
  for (const [name, beta] of Object.entries({ beta1, beta2 }))
    if (!(beta >= 0 && beta < 1)) throw new OptionError(`Expected ${name} in [0, 1), got ${beta}.`);
  if (!(epsilon > 0 && Number.isFinite(epsilon)))
    throw new OptionError(`Expected an epsilon above 0, got ${epsilon}.`);

  /** The rate, and what is added to the root, at a step: both bias corrections are applied to them, not to tensors. */
  const numbersAt = (steps: number) => {
    const squareBias = Math.sqrt(1 - beta2 ** steps);
    return [(learningRate * squareBias) / (1 - beta1 ** steps), epsilon * squareBias] as const;
  };

  return {
    name: "adam",
    slower: (factor) => adam({ learningRate: learningRate * factor, beta1, beta2, epsilon }),
    init: (image) => ({ steps: 0, mean: tf.zerosLike(image), square: tf.zerosLike(image) }),
    numbers(state) {
      const steps = state.steps + 1;
      return { numbers: numbersAt(steps), state: { ...state, steps } };
    },
    step(image, state, { gradient, numbers }) {
      const steps = state.steps + 1;
      const [rate, least] = (numbers ?? numbersAt(steps)) as readonly [tf.Scalar, tf.Scalar];
      const mean = tf.add<tf.Tensor4D>(tf.mul(state.mean, beta1), tf.mul(gradient, 1 - beta1));
      const square = tf.add<tf.Tensor4D>(tf.mul(state.square, beta2), tf.mul(tf.square(gradient), 1 - beta2));
      const update = tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), least));
      return { image: tf.sub(image, update), state: { steps, mean, square } };
    },
    resize({ steps, mean, square }, carry) {
      const carried = carry(mean);
      // Where a run has just gone back, there is nothing to correct yet.
      if (steps === 0) return { steps, mean: carried, square: carry(square) };
      // Resampling overshoots, and a mean square near 0 with a mean far from 0 would throw its pixel far out of range.
      // The square of the mean, which is the mean square of a steady gradient, is a lower bound that prevents this.
      const corrected = tf.div(carried, 1 - beta1 ** steps);
      const least = tf.mul(tf.square(corrected), 1 - beta2 ** steps);
      return { steps, mean: carried, square: tf.maximum(carry(square), least) };
    },
  };
}
