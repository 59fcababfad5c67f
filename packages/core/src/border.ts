import * as tf from "@tensorflow/tfjs-core";

/**
 * Extends an image by one pixel on each side, which repeats the border pixel.
 *
 * @param image [1, height, width, channels]
 * @returns [1, height + 2, width + 2, channels]
 */
export function withBorder(image: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => extended(extended(image, 1), 2));
}

/**
 * The gradient with respect to the image that `withBorder` extended: a pixel of the border also has the gradients of
 * its copies.
 *
 * @param gradient with respect to the extended image, [1, height + 2, width + 2, channels]
 * @returns [1, height, width, channels]
 */
export function withoutBorder(gradient: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => folded(folded(gradient, 2), 1));
}

function extended(image: tf.Tensor4D, axis: number): tf.Tensor4D {
  const side = image.shape[axis] ?? 1;
  return tf.tidy(() =>
    tf.concat([sliceOf(image, axis, 0, 1), image, sliceOf(image, axis, side - 1, 1)], axis),
  );
}

function folded(gradient: tf.Tensor4D, axis: number): tf.Tensor4D {
  const side = gradient.shape[axis] ?? 3;
  return tf.tidy(() => {
    const at = (first: number, count = 1) => sliceOf(gradient, axis, first, count);
    if (side === 3) return tf.addN<tf.Tensor4D>([at(0), at(1), at(2)]);
    return tf.concat(
      [tf.add<tf.Tensor4D>(at(0), at(1)), at(2, side - 4), tf.add<tf.Tensor4D>(at(side - 2), at(side - 1))],
      axis,
    );
  });
}

function sliceOf(image: tf.Tensor4D, axis: number, first: number, count: number): tf.Tensor4D {
  return tf.slice(
    image,
    image.shape.map((_, i) => (i === axis ? first : 0)),
    image.shape.map((side, i) => (i === axis ? count : side)),
  );
}
