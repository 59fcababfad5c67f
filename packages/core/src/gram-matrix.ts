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
  return withGradient(activation, undefined, productOfChannels, (found, dy) =>
    byChannelMatrix(found, tf.add(dy, tf.transpose(dy))),
  );
}

/**
 * The Gram matrix FᵀF and, as one more row, the sum of F over positions: all that a mean and a covariance are made of.
 * The covariance that is found by subtraction in sums of them is exact to a few roundings of the products of means,
 * however many positions there are.
 *
 * @param activation [1, height, width, channels]
 * @param mask weight of each position, [1, height, width, 1], at least 0; 1 by default
 * @returns [channels + 1, channels]
 */
export function channelMoments(activation: tf.Tensor4D, mask?: tf.Tensor4D): tf.Tensor2D {
  const [, , , channels] = activation.shape;
  const momentsOf = (found: tf.Tensor4D) => {
    const { mean, weight, centred } = aboutMean(found, mask);
    // Long sums of F itself lose the digits in which they differ from products of means.
    const products = tf.tidy(() => productOfChannels(weighed(centred, mask && tf.sqrt(mask))));
    const ofMeans = tf.mul(tf.outerProduct(mean, mean), weight);
    return tf.concat([
      tf.add<tf.Tensor2D>(products, ofMeans),
      tf.expandDims<tf.Tensor2D>(tf.mul(mean, weight), 0),
    ]);
  };
  return withGradient(activation, mask, momentsOf, (found, dy, weights) => {
    const ofProducts = tf.slice(dy, [0, 0], [channels, channels]);
    // A sum, since WebAssembly adds no reshaped tensor as an offset: it looks at the shape from before.
    const ofSum = tf.sum<tf.Tensor1D>(tf.slice(dy, [channels, 0], [1, channels]), 0);
    return weighed(byChannelMatrix(found, tf.add(ofProducts, tf.transpose(ofProducts)), ofSum), weights);
  });
}

/**
 * The sums of the channels' squares and of the channels over positions, as exact as `channelMoments`.
 *
 * @param activation [1, height, width, channels]
 * @param mask weight of each position, [1, height, width, 1], at least 0; 1 by default
 * @returns [2, channels]
 */
export function channelSquares(activation: tf.Tensor4D, mask?: tf.Tensor4D): tf.Tensor2D {
  const momentsOf = (found: tf.Tensor4D) => {
    const { mean, weight, centred } = aboutMean(found, mask);
    const [, height, width] = found.shape;
    const squares = tf.mul<tf.Tensor1D>(channelMean(tf.square(centred), mask), height * width);
    const ofMeans = tf.mul<tf.Tensor1D>(tf.square(mean), weight);
    return tf.stack([
      tf.add<tf.Tensor1D>(squares, ofMeans),
      tf.mul<tf.Tensor1D>(mean, weight),
    ]) as tf.Tensor2D;
  };
  return withGradient(activation, mask, momentsOf, (found, dy, weights) => {
    const [ofSquares, ofSum] = tf.unstack(dy) as [tf.Tensor1D, tf.Tensor1D];
    return weighed(tf.add<tf.Tensor4D>(tf.mul(found, tf.mul(ofSquares, 2)), ofSum), weights);
  });
}

/** The mean of the channels, the weight of all positions, and the differences from the mean; 0, 0 and F without weight. */
function aboutMean(found: tf.Tensor4D, mask: tf.Tensor4D | undefined) {
  const [, height, width] = found.shape;
  const share = mask === undefined ? tf.ones<tf.Rank.R1>([1]) : channelMean(mask);
  const mean = tf.divNoNan<tf.Tensor1D>(channelMean(found, mask), share);
  return {
    mean,
    weight: tf.mul<tf.Tensor1D>(share, height * width),
    centred: tf.sub<tf.Tensor4D>(found, mean),
  };
}

function weighed(activation: tf.Tensor4D, mask: tf.Tensor4D | undefined): tf.Tensor4D {
  return mask === undefined ? activation : tf.mul<tf.Tensor4D>(activation, mask);
}

/** Sums over an activation, with a gradient in closed form, which takes a single matrix product. */
function withGradient(
  activation: tf.Tensor4D,
  mask: tf.Tensor4D | undefined,
  sumsOf: (found: tf.Tensor4D) => tf.Tensor2D,
  gradientOf: (found: tf.Tensor4D, dy: tf.Tensor2D, mask?: tf.Tensor4D) => tf.Tensor4D,
): tf.Tensor2D {
  return tf.customGrad((...inputs) => {
    const save = inputs.pop() as tf.GradSaveFunc;
    const [found] = inputs as [tf.Tensor4D];
    // A kept tensor still exists in the backward pass. Saving it would copy it on WebAssembly.
    save([...(mask ? [mask] : []), ...(found.kept ? [] : [found])]);
    return {
      value: tf.tidy(() => sumsOf(found)),
      gradFunc: (dy: tf.Tensor2D, saved: tf.Tensor[]) =>
        tf.tidy(() => {
          const weights = mask && (saved[0] as tf.Tensor4D);
          return gradientOf(found.kept ? found : (saved.at(-1) as tf.Tensor4D), dy, weights);
        }),
    };
  })(activation) as tf.Tensor2D;
}

function productOfChannels(activation: tf.Tensor4D): tf.Tensor2D {
  // WebAssembly's fast matrix product takes no transposed operand; on other engines a copy would be wasteful.
  if (tf.getBackend() === "wasm") return productOnWebAssembly(activation);
  const rows = positionsByChannels(activation);
  return tf.matMul(rows, rows, true, false);
}

/**
 * WebAssembly adds the products of all positions one after another, and loses digits in a long sum: a covariance of
 * 200,000 positions can come out with a negative eigenvalue. So many are added block by block.
 */
const [longSum, blockPositions] = [2 ** 15, 2 ** 12];

function productOnWebAssembly(activation: tf.Tensor4D): tf.Tensor2D {
  const [, height, width] = activation.shape;
  return height * width < longSum ? product(activation) : sumOfProducts(activation);
}

function product(activation: tf.Tensor4D): tf.Tensor2D {
  return tf.matMul(channelsByPositions(activation), positionsByChannels(activation));
}

function sumOfProducts(activation: tf.Tensor4D): tf.Tensor2D {
  const [, height, width, channels] = activation.shape;
  const rows = Math.max(1, Math.floor(blockPositions / width));
  let sum = tf.zeros<tf.Rank.R2>([channels, channels]);
  for (let top = 0; top < height; top += rows) {
    const before = sum;
    sum = tf.tidy(() => {
      const block = tf.slice(activation, [0, top, 0, 0], [1, Math.min(rows, height - top), width, channels]);
      return tf.add(before, product(block));
    });
    before.dispose();
  }
  return sum;
}

/**
 * The mean of the channels over positions. Where they are many, it is taken along the height and then along the width,
 * since long sums lose digits.
 *
 * @param activation [1, height, width, channels]
 * @param mask weight of each position, [1, height, width, 1] with a mean of 1; 1 everywhere by default
 * @returns [channels]
 */
export function channelMean(activation: tf.Tensor4D, mask?: tf.Tensor4D): tf.Tensor1D {
  const [, height, width, channels] = activation.shape;
  return tf.tidy(() => {
    const weighted = mask === undefined ? activation : tf.mul<tf.Tensor4D>(activation, mask);
    const positions = height * width;
    const columns = positions < longSum ? weighted : sumOfRows(weighted, height);
    return tf.div(tf.reshape<tf.Rank.R1>(sumOfRows(columns, columns.size / channels), [channels]), positions);
  });
}

/** As a matrix product: a sum over an outer axis would transpose the whole tensor first. */
function sumOfRows(tensor: tf.Tensor, rows: number): tf.Tensor {
  return tf.matMul(tf.ones([1, rows]), tf.reshape(tensor, [rows, tensor.size / rows]));
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
