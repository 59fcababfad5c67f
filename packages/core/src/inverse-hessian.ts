import * as tf from "@tensorflow/tfjs-core";

/** How the gradient changed along a step. */
type CurvaturePair = {
  /** The step s, of the image's shape. */
  readonly step: tf.Tensor4D;
  /** The change y of the gradient, of the image's shape. */
  readonly change: tf.Tensor4D;
  /** 1 / (y · s), or 0 for a pair that is skipped. */
  readonly inverse: tf.Scalar;
};

/** The approximated inverse of the Hessian matrix. */
export type InverseHessian = {
  /** (y · s) / (y · y) of the newest pair that is not skipped; before there is one, what its maker began with. */
  readonly scale: tf.Scalar;
  /** The oldest first. */
  readonly pairs: CurvaturePair[];
};

/** Pairs with a smaller y · s are skipped: they would make the approximated Hessian indefinite or infinite. */
const leastCurvature = 1e-10;

/** The approximation with one more pair. @param most the number of pairs that are kept */
export function withPair(
  { scale: scaleBefore, pairs }: InverseHessian,
  step: tf.Tensor4D,
  change: tf.Tensor4D,
  most: number,
): InverseHessian {
  const { inverse, scale } = tf.tidy(() => {
    const curvature = dot(change, step);
    const isUsed = tf.greater(curvature, leastCurvature);
    const divisor = tf.where(isUsed, curvature, tf.onesLike(curvature));
    const square = tf.where(isUsed, dot(change, change), tf.onesLike(curvature));
    return {
      inverse: tf.where<tf.Scalar>(isUsed, tf.div<tf.Scalar>(1, divisor), tf.zerosLike(curvature)),
      scale: tf.where<tf.Scalar>(isUsed, tf.div<tf.Scalar>(curvature, square), scaleBefore),
    };
  });
  return { scale, pairs: [...pairs.slice(Math.max(0, pairs.length + 1 - most)), { step, change, inverse }] };
}

/** The two-loop recursion: minus the approximated inverse Hessian times the gradient. */
export function towardsMinimum(gradient: tf.Tensor4D, { pairs, scale }: InverseHessian): tf.Tensor4D {
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

/** The sum of the products of elements. */
export function dot(a: tf.Tensor4D, b: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => sumOf(tf.mul(a, b)));
}

/**
 * The sum of all elements: row by row, then over rows, since some engines add float32 numbers one by one, and one long
 * sum would lose digits.
 */
export function sumOf(image: tf.Tensor4D): tf.Scalar {
  const [, height, width, channels] = image.shape;
  return tf.sum(tf.sum(tf.reshape(image, [height, width * channels]), 1));
}
