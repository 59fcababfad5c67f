import * as tf from "@tensorflow/tfjs-core";

/**
 * The sum of the squares of all elements. It sums over channels first, then over positions: some engines add float32
 * numbers one by one, and one long sum would lose digits.
 *
 * @param x [1, height, width, channels]
 */
export function sumOfSquares(x: tf.Tensor4D): tf.Scalar {
  return tf.sum(tf.sum(tf.square(x), 3));
}
