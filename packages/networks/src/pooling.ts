import * as tf from "@tensorflow/tfjs-core";

/** How a 2×2 pooling combines the values of a window. */
export type Pooling = "average" | "max";

/**
 * 2×2 pooling. It halves height and width, rounding down: an odd last row or column is left out.
 *
 * @param scale factor of the output
 */
export function pool(x: tf.Tensor4D, pooling: Pooling, scale = 1): tf.Tensor4D {
  if (scale !== 1) return tf.tidy(() => tf.mul(pool(x, pooling), scale));
  return pooling === "max" ? tf.maxPool(x, 2, 2, "valid") : tf.avgPool(x, 2, 2, "valid");
}

/**
 * The gradient with respect to a pooling's input. Where several values of a window are the maximum, they share its
 * gradient equally; the engines' own kernels would each choose one by a rule of their own.
 *
 * @param gradient with respect to the output
 * @param input the pooling's input
 * @param output the pooling's output
 * @param scale factor of the output
 */
export function poolBack(
  gradient: tf.Tensor4D,
  input: tf.Tensor4D,
  output: tf.Tensor4D,
  pooling: Pooling,
  scale = 1,
): tf.Tensor4D {
  const [, height, width] = input.shape;
  return tf.tidy(() => {
    if (pooling === "average") return enlarge(tf.mul(gradient, 0.25 * scale), height, width);
    // In its own tidy, since the input is the largest tensor of its block, and each of these is as large.
    const largest = tf.tidy(() => {
      // A factor rounds, so that no input need equal the output divided by it.
      const maxima = scale === 1 ? output : pool(input, pooling);
      return tf.cast(tf.equal<tf.Tensor4D>(input, enlarge(maxima, height, width)), "float32");
    });
    const count = tf.mul(tf.avgPool(largest, 2, 2, "valid"), 4 / scale);
    return tf.mul(largest, enlarge(tf.div<tf.Tensor4D>(gradient, count), height, width));
  });
}

/** Repeats each position twice in both directions, with zeros in a last row or column that pooling left out. */
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
