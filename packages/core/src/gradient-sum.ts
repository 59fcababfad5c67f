import * as tf from "@tensorflow/tfjs-core";

/** The sum of two gradients, either of which may be absent; it frees them. */
export function gradientSum(a: tf.Tensor4D | undefined, b: tf.Tensor4D | undefined): tf.Tensor4D | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const total = tf.add<tf.Tensor4D>(a, b);
  tf.dispose([a, b]);
  return total;
}
