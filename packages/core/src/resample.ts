import * as tf from "@tensorflow/tfjs-core";

/**
 * Changes the size of an image, a mask or an optimizer's moments, antialiased.
 *
 * It applies a separable bicubic kernel (Keys, a = −0.5; scaled to source pixels when enlarging, to target pixels when
 * reducing) as two products with matrices built on the host. At the border the kernel is cut off, and the rest scaled
 * to sum to 1, as Pillow's BICUBIC does. Keeping the size costs nothing.
 *
 * @param image [1, height, width, channels]
 * @param size [height, width]
 * @returns [1, ...size, channels]; may overshoot the input's range by a few per cent at edges
 * @throws {RangeError} when the batch is not 1 or a side is not a positive whole number
 * @see Keys 1981, Cubic convolution interpolation for digital image processing
 */
export function resample(
  image: tf.Tensor4D,
  [height, width]: readonly [height: number, width: number],
): tf.Tensor4D {
  if (image.shape[0] !== 1) throw new RangeError(`Expected a batch of 1 to resample, got ${image.shape[0]}.`);
  for (const side of [height, width])
    if (!Number.isInteger(side) || side < 1)
      throw new RangeError(`Expected a size of positive whole numbers, got [${height}, ${width}].`);
  return tf.tidy(() => reduceHeight(reduceWidth(image, width), height));
}

/** Some of the pixels along a side. */
export interface Span {
  readonly first: number;
  readonly count: number;
}

/** Resamples along the height alone. @param span the rows to return: all of them by default */
export function reduceHeight(image: tf.Tensor4D, to: number, span = whole(to)): tf.Tensor4D {
  const [, height, width, channels] = image.shape;
  if (height === to && span.count === to) return tf.clone(image);
  if (height === to) return tf.slice(image, [0, span.first, 0, 0], [1, span.count, width, channels]);
  return tf.tidy(() => {
    const rows = tf.reshape(image, [height, width * channels]);
    return tf.reshape(tf.matMul(resampling(height, to, span), rows), [1, span.count, width, channels]);
  });
}

/** Resamples along the width alone. @param span the columns to return: all of them by default */
export function reduceWidth(image: tf.Tensor4D, to: number, span = whole(to)): tf.Tensor4D {
  const [, height, width, channels] = image.shape;
  if (width === to && span.count === to) return tf.clone(image);
  if (width === to) return tf.slice(image, [0, 0, span.first, 0], [1, height, span.count, channels]);
  return tf.tidy(() => {
    // Transposed, so that the product is not batched: batched products take a slow path on WebAssembly.
    const columns = tf.reshape(tf.transpose(image, [0, 2, 1, 3]), [width, height * channels]);
    const product = tf.matMul(resampling(width, to, span), columns);
    return tf.transpose(tf.reshape(product, [1, span.count, height, channels]), [0, 2, 1, 3]);
  });
}

function whole(side: number): Span {
  return { first: 0, count: side };
}

/** The matrix [span, from] whose rows weigh the source pixels that make up each target pixel; each row sums to 1. */
function resampling(from: number, to: number, span: Span): tf.Tensor2D {
  const matrix = new Float32Array(span.count * from);
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const support = 2 * stretch;
  for (let row = 0; row < span.count; row++) {
    const centre = (span.first + row + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const last = Math.min(from - 1, Math.ceil(centre + support - 0.5) - 1);
    const weights: number[] = [];
    for (let source = first; source <= last; source++) weights.push(cubic((source + 0.5 - centre) / stretch));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    weights.forEach((weight, i) => {
      matrix[row * from + first + i] = weight / sum;
    });
  }
  return tf.tensor2d(matrix, [span.count, from]);
}

function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}
