import * as tf from "@tensorflow/tfjs-core";
import { OptionError } from "./errors.js";
import type { Optimizer } from "./optimizer.js";

/** How the gradient changed along a step. */
type CurvaturePair = {
  /** The step s, of the image's shape. */
  readonly step: tf.Tensor4D;
  /** The change y of the gradient, of the image's shape. */
  readonly change: tf.Tensor4D;
  /** 1 / (y · s), or 0 for a pair that is skipped. */
  readonly inverse: tf.Scalar;
};

/** The latest step, the gradient before it, and the curvature pairs of the steps before, the oldest first. */
export type LbfgsState = {
  readonly latest?: { readonly step: tf.Tensor4D; readonly gradient: tf.Tensor4D };
  /** (y · s) / (y · y) of the newest pair that is not skipped, 1 before there is one. */
  readonly scale: tf.Scalar;
  readonly pairs: CurvaturePair[];
};

export interface LbfgsOptions {
  /**
   * Factor of each step.
   * @default 1
   */
  readonly learningRate?: number;
  /**
   * The number of curvature pairs: at least 1. Each takes the memory of two images.
   * @default 10
   */
  readonly history?: number;
  /**
   * The distance from black to white in the unit of the first step, whose absolute changes sum to at most one unit: 255
   * follows a program that optimises levels from 0 to 255. Later steps do not depend on it.
   * @default 1
   */
  readonly range?: number;
}

/** Pairs with a smaller y · s are skipped: they would make the approximated Hessian indefinite or infinite. */
const leastCurvature = 1e-10;

/** Images of a step besides the curvature pairs: its image, gradient, latest step, their successors, intermediates. */
const otherImages = 12;

/**
 * The L-BFGS optimizer without line search, on an image's pixels. It does what `torch.optim.LBFGS` does within one call
 * with `max_iter` steps, except that a skipped pair takes its place in the history: so nothing is read back from the
 * device. Each scale starts without a history.
 *
 * @throws {OptionError} when an option is outside its range
 * @see Nocedal & Wright 2006, Numerical Optimization, algorithms 7.4 and 7.5
 */
export function lbfgs({
  learningRate = 1,
  history = 10,
  range = 1,
}: LbfgsOptions = {}): Optimizer<LbfgsState> {
  for (const [name, value] of Object.entries({ "learning rate": learningRate, range }))
    if (!(value > 0 && Number.isFinite(value)))
      throw new OptionError(`Expected a ${name} above 0, got ${value}.`);
  if (!(Number.isSafeInteger(history) && history >= 1))
    throw new OptionError(`Expected a history of at least 1 pair, got ${history}.`);

  return {
    name: "lbfgs",
    images: 2 * history + otherImages,
    slower: (factor) => lbfgs({ learningRate: learningRate * factor, history, range }),
    init: () => ({ scale: tf.scalar(1), pairs: [] }),
    step(image, { latest, scale: scaleBefore, pairs: pairsBefore }, { gradient }) {
      if (latest === undefined) {
        const size = sumOf(tf.abs(gradient));
        // In units of 1 / range the gradient is 1 / range as large: both are in this factor.
        const factor = tf.div(learningRate / range, tf.maximum(size, range));
        const step = tf.mul<tf.Tensor4D>(gradient, tf.neg(factor));
        return {
          image: tf.add(image, step),
          state: { latest: { step, gradient }, scale: scaleBefore, pairs: [] },
        };
      }
      const { pair, scale } = tf.tidy(() => newest(latest, gradient, scaleBefore));
      const pairs = [...pairsBefore.slice(Math.max(0, pairsBefore.length + 1 - history)), pair];
      const direction = towardsMinimum(gradient, pairs, scale);
      const step = tf.mul<tf.Tensor4D>(direction, learningRate);
      return { image: tf.add(image, step), state: { latest: { step, gradient }, scale, pairs } };
    },
  };
}

/** The pair of the latest step, and the scale of the inverse Hessian that follows from it. */
function newest(
  { step, gradient: before }: NonNullable<LbfgsState["latest"]>,
  gradient: tf.Tensor4D,
  scaleBefore: tf.Scalar,
): { readonly pair: CurvaturePair; readonly scale: tf.Scalar } {
  const change = tf.sub<tf.Tensor4D>(gradient, before);
  const curvature = dot(change, step);
  const isUsed = tf.greater(curvature, leastCurvature);
  const divisor = tf.where(isUsed, curvature, tf.onesLike(curvature));
  const square = tf.where(isUsed, dot(change, change), tf.onesLike(curvature));
  return {
    pair: {
      step,
      change,
      inverse: tf.where<tf.Scalar>(isUsed, tf.div<tf.Scalar>(1, divisor), tf.zerosLike(curvature)),
    },
    scale: tf.where<tf.Scalar>(isUsed, tf.div<tf.Scalar>(curvature, square), scaleBefore),
  };
}

/** The two-loop recursion: minus the approximated inverse Hessian times the gradient. */
function towardsMinimum(
  gradient: tf.Tensor4D,
  pairs: readonly CurvaturePair[],
  scale: tf.Scalar,
): tf.Tensor4D {
  let direction = tf.neg<tf.Tensor4D>(gradient);
  const change = (next: (before: tf.Tensor4D) => tf.Tensor4D) => {
    const before = direction;
    direction = tf.tidy(() => next(before));
    before.dispose();
  };
  const factors = pairs.map(() => tf.scalar(0));
  for (const [i, { step, change: y, inverse }] of [...pairs.entries()].reverse()) {
    const factor = tf.tidy(() => tf.mul<tf.Scalar>(dot(step, direction), inverse));
    factors[i]?.dispose();
    factors[i] = factor;
    change((before) => tf.sub(before, tf.mul(y, factor)));
  }
  change((before) => tf.mul(before, scale));
  for (const [i, { step, change: y, inverse }] of pairs.entries())
    change((before) =>
      tf.add(before, tf.mul(step, tf.sub(factors[i] ?? 0, tf.mul(dot(y, before), inverse)))),
    );
  return direction;
}

function dot(a: tf.Tensor4D, b: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => sumOf(tf.mul(a, b)));
}

/** Row by row, then over rows: some engines add float32 numbers one by one, and one long sum would lose digits. */
function sumOf(image: tf.Tensor4D): tf.Scalar {
  const [, height, width, channels] = image.shape;
  return tf.sum(tf.sum(tf.reshape(image, [height, width * channels]), 1));
}
