import * as tf from "@tensorflow/tfjs-core";

/**
 * The Gram matrix FᵀF: how strongly channels fire together, summed over positions.
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
    // WebAssembly's fast matrix product takes no transposed operand; on other engines a copy would be wasteful.
    if (tf.getBackend() === "wasm") return productOnWebAssembly(activation);
    const rows = positionsByChannels(activation);
    return tf.matMul(rows, rows, true, false);
  });
}

/**
 * XNNPACK takes twice as long to multiply by a long matrix of 64 columns as by one of 72.
 * Measured with 192² positions and more; with 128² there is no difference.
 */
const [slowColumns, paddedColumns, longRows] = [64, 72, 2 ** 15];

function productOnWebAssembly(activation: tf.Tensor4D): tf.Tensor2D {
  const [, height, width, channels] = activation.shape;
  const left = channelsByPositions(activation);
  if (channels !== slowColumns || height * width < longRows)
    return tf.matMul(left, positionsByChannels(activation));
  const padded = tf.tidy(() =>
    tf.pad<tf.Tensor2D>(positionsByChannels(activation), [
      [0, 0],
      [0, paddedColumns - channels],
    ]),
  );
  return tf.slice(tf.matMul<tf.Tensor2D>(left, padded), [0, 0], [channels, channels]);
}

/**
 * Multiplies the channels at each position, as a row, by a matrix, and adds an offset: an affine map of the channels.
 *
 * @param activation [1, height, width, channels]
 * @param matrix [channels, channels]
 * @param offset [channels], added at every position; none by default
 * @returns [1, height, width, channels]
 */
export function byChannelMatrix(
  activation: tf.Tensor4D,
  matrix: tf.Tensor2D,
  offset?: tf.Tensor1D,
): tf.Tensor4D {
  return tf.tidy(() => {
    const product = tf.tidy(() => {
      const rows = positionsByChannels(activation);
      if (offset === undefined) return tf.matMul(rows, matrix);
      // One kernel for both: the result is as large as the activation, and is written only once.
      return tf.fused.matMul({ a: rows, b: matrix, transposeA: false, transposeB: false, bias: offset });
    });
    return tf.reshape(product, activation.shape);
  });
}

/** [1, height, width, channels] as [positions, channels]. */
function positionsByChannels(activation: tf.Tensor4D): tf.Tensor2D {
  const [, height, width, channels] = activation.shape;
  return tf.reshape(activation, [height * width, channels]);
}

/**
 * [1, height, width, channels] as [channels, positions], transposed in two passes that stay in the cache.
 *
 * In a single pass, WebAssembly writes each value a whole row away from the last one. Where a row is a multiple of
 * 4 KiB, as it is for most sizes, they all fall into the same few cache lines: several times slower than the product.
 */
function channelsByPositions(activation: tf.Tensor4D): tf.Tensor2D {
  const [, height, width, channels] = activation.shape;
  const positions = height * width;
  const piece = [64, 32, 16].find((size) => positions % size === 0) ?? positions;
  const move = (from: () => tf.Tensor, order: number[]) => tf.tidy(() => tf.transpose(from(), order));
  // Each intermediate is freed as soon as the next one exists.
  const inPieces = () => move(() => tf.reshape(activation, [positions / piece, piece, channels]), [0, 2, 1]);
  return tf.tidy(() => tf.reshape(move(inPieces, [1, 0, 2]), [channels, positions]));
}
