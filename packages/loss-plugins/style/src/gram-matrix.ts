import * as tf from "@tensorflow/tfjs-core";

/**
 * How often channels fire together: FᵀF, summed over positions.
 *
 * @param activation [1, height, width, channels]
 * @returns [channels, channels], symmetric
 * @throws {RangeError} when the batch is not 1
 * @see Gatys, Ecker & Bethge 2016, equation 3
 */
export function gramMatrix(activation: tf.Tensor4D): tf.Tensor2D {
  if (activation.shape[0] !== 1)
    throw new RangeError(`Expected a batch of 1 for a Gram matrix, got ${activation.shape[0]}.`);
  return tf.tidy(() => {
    const rows = positionsByChannels(activation);
    // WebAssembly's fast matrix product takes no transposed operand; elsewhere the copy would be the waste.
    return tf.getBackend() === "wasm"
      ? tf.matMul(tf.transpose(rows), rows)
      : tf.matMul(rows, rows, true, false);
  });
}

/** Multiplies the channels at each position by a matrix [channels, channels]. */
export function byChannelMatrix(activation: tf.Tensor4D, matrix: tf.Tensor2D): tf.Tensor4D {
  return tf.tidy(() => {
    const product = tf.tidy(() => tf.matMul(positionsByChannels(activation), matrix));
    return tf.reshape(product, activation.shape);
  });
}

/** [1, height, width, channels] as [positions, channels]. */
function positionsByChannels(activation: tf.Tensor4D): tf.Tensor2D {
  const [, height, width, channels] = activation.shape;
  return tf.reshape(activation, [height * width, channels]);
}
