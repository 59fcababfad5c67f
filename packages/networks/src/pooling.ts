import * as tf from "@tensorflow/tfjs-core";

export type Pooling = "average" | "max";

/** Halves height and width, rounding down: an odd last row or column is left out. */
export function pool(x: tf.Tensor4D, pooling: Pooling): tf.Tensor4D {
  return pooling === "max" ? tf.maxPool(x, 2, 2, "valid") : tf.avgPool(x, 2, 2, "valid");
}

/**
 * The gradient by a pooling's input. The largest values of a window share a maximum's gradient equally, where
 * engines' own kernels choose one each by its own rule.
 *
 * @param gradient by the output
 * @param input of the pooling
 * @param output of the pooling
 */
export function poolBack(
  gradient: tf.Tensor4D,
  input: tf.Tensor4D,
  output: tf.Tensor4D,
  pooling: Pooling,
): tf.Tensor4D {
  const [, height, width] = input.shape;
  return tf.tidy(() => {
    if (pooling === "average") return enlarge(tf.mul(gradient, 0.25), height, width);
    // A tidy of its own, since the input is the largest tensor of its block, and each of these is as large.
    const largest = tf.tidy(() =>
      tf.cast(tf.equal<tf.Tensor4D>(input, enlarge(output, height, width)), "float32"),
    );
    const count = tf.mul(tf.avgPool(largest, 2, 2, "valid"), 4);
    return tf.mul(largest, enlarge(tf.div<tf.Tensor4D>(gradient, count), height, width));
  });
}

/** Repeats each position twice in both directions; zeros in a last row or column that pooling left out. */
function enlarge(x: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const [, h, w] = x.shape;
  return tf.tidy(() => {
    const doubled = tf.image.resizeNearestNeighbor(x, [2 * h, 2 * w]);
    if (height === 2 * h && width === 2 * w) return doubled;
    return tf.pad(doubled, [
      [0, 0],
      [0, height - 2 * h],
      [0, width - 2 * w],
      [0, 0],
    ]);
  });
}
