import * as tf from "@tensorflow/tfjs-core";

/** One over a number, or 0 for 0. Unlike `tf.divNoNan` it has a gradient. @param x at least 0 */
export function inverseOrZero(x: tf.Scalar): tf.Scalar {
  const isThere = tf.sign(x);
  return tf.div(isThere, tf.add(x, tf.sub(1, isThere)));
}
