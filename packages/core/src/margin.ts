import * as tf from "@tensorflow/tfjs-core";

/**
 * Extends an image past its border by reflection, without repeating the border pixel.
 *
 * @param image [1, height, width, channels]
 * @param margin pixels on each side; may exceed the image, which is then reflected repeatedly
 * @returns [1, height + 2 margin, width + 2 margin, channels]
 */
export function withMargin(image: tf.Tensor4D, margin: number): tf.Tensor4D {
  if (margin === 0) return tf.clone(image);
  const [, height, width] = image.shape;
  return tf.tidy(() =>
    tf.gather(tf.gather(image, reflection(height, margin), 1), reflection(width, margin), 2),
  );
}

/** Cuts off the margin that `withMargin` added. */
export function withoutMargin(image: tf.Tensor4D, margin: number): tf.Tensor4D {
  const [, height, width, channels] = image.shape;
  return tf.slice(image, [0, margin, margin, 0], [1, height - 2 * margin, width - 2 * margin, channels]);
}

function reflection(length: number, margin: number): tf.Tensor1D {
  const period = Math.max(1, 2 * (length - 1));
  const indices = Int32Array.from({ length: length + 2 * margin }, (_, i) => {
    const phase = (((i - margin) % period) + period) % period;
    return phase < length ? phase : period - phase;
  });
  return tf.tensor1d(indices, "int32");
}
