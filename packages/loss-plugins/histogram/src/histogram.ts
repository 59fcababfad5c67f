import * as tf from "@tensorflow/tfjs-core";

/** The least and the largest value of each channel, [channels]. */
export type Range = { readonly low: tf.Tensor1D; readonly high: tf.Tensor1D };

/** Equal bins over the range of each channel. */
export type Binning = {
  readonly bins: number;
  /** Where the first bin starts, [channels]. */
  readonly low: tf.Tensor1D;
  /** The width of a bin, [channels]; 0 in a channel that does not vary. */
  readonly width: tf.Tensor1D;
  /** Bins per unit, [channels]; 0 in a channel that does not vary. */
  readonly perUnit: tf.Tensor1D;
  /** The number of each channel's first bin where those of all channels are counted through, [channels]. */
  readonly first: tf.Tensor1D;
};

/** How the values of each channel are distributed, evenly within each bin. */
export type Distribution = Binning & {
  /** The share of values below each edge between bins, both ends included, [channels · (bins + 1)]. */
  readonly below: tf.Tensor1D;
};

/**
 * The range of the values where a mask is not 0.
 *
 * @param activation [1, height, width, channels]
 * @param mask [1, height, width, 1]; 1 everywhere by default
 */
export function rangeOf(activation: tf.Tensor4D, mask?: tf.Tensor4D): Range {
  const low = tf.min<tf.Tensor1D>(activation, [0, 1, 2]);
  const high = tf.max<tf.Tensor1D>(activation, [0, 1, 2]);
  if (mask === undefined) return { low, high };
  return tf.tidy(() => {
    const counts = tf.broadcastTo(tf.greater(mask, 0), activation.shape);
    // What does not count is as low or as high as anything, so that it is neither the least nor the largest.
    const among = (other: tf.Tensor1D) =>
      tf.where(counts, activation, tf.broadcastTo(other, activation.shape));
    return { low: tf.min(among(high), [0, 1, 2]), high: tf.max(among(low), [0, 1, 2]) };
  });
}

export function binning({ low, high }: Range, bins: number): Binning {
  const length = tf.sub<tf.Tensor1D>(high, low);
  return {
    bins,
    low,
    width: tf.div(length, bins),
    perUnit: tf.divNoNan(bins, length),
    first: tf.mul(tf.range(0, low.size), bins),
  };
}

/**
 * The bin of each value, counted through all channels: those of the first channel come first.
 *
 * @param activation [1, height, width, channels]; what is outside the range belongs to the first or last bin
 * @returns whole numbers, [height · width, channels]
 */
export function binsOf(
  activation: tf.Tensor4D,
  { bins, low, perUnit, first }: Pick<Binning, "bins" | "low" | "perUnit" | "first">,
): tf.Tensor2D {
  const number = inTurn(activation, [
    (x) => tf.sub(x, low),
    (x) => tf.mul(x, perUnit),
    // The largest value belongs to the last bin.
    (x) => tf.clipByValue(x, 0, bins - 1),
    (x) => tf.add(x, first),
    (x) => tf.cast(x, "int32"),
    // A value that is not a number has none, and must not lead out of a table: the loss itself then says so.
    (x) => tf.maximum(x, tf.scalar(0, "int32")),
  ]);
  return tf.reshape(number, [activation.size / low.size, low.size]);
}

/** Applies functions one after another, and frees each intermediate as soon as it has been used: they are large. */
function inTurn(x: tf.Tensor, steps: readonly ((x: tf.Tensor) => tf.Tensor)[]): tf.Tensor {
  return steps.reduce((before, step) => {
    const after = tf.tidy(() => step(before));
    if (before !== x) before.dispose();
    return after;
  }, x);
}

/**
 * How many values are in each bin.
 *
 * @param numbers of bins, as by `binsOf`
 * @param mask how much the values at each position count, [1, height, width, 1]; 1 everywhere by default
 * @returns [channels, bins]
 */
export function countsOf(
  numbers: tf.Tensor2D,
  { bins, first }: Pick<Binning, "bins" | "first">,
  mask?: tf.Tensor4D,
): tf.Tensor2D {
  // WebGL has no kernel that counts: TensorFlow.js would read the numbers back.
  if (tf.getBackend() === "webgl") return countsByProducts(numbers, { bins, first }, mask);
  return tf.tidy(() => {
    const weights =
      mask === undefined
        ? tf.tensor1d([])
        : tf.reshape<tf.Rank.R1>(tf.broadcastTo(tf.reshape(mask, [-1, 1]), numbers.shape), [-1]);
    const counts = tf.bincount(tf.reshape<tf.Rank.R1>(numbers, [-1]), weights, bins * first.size);
    return tf.reshape(counts, [first.size, bins]);
  });
}

/** Values in one block of `countsByProducts`. */
const blockValues = 2 ** 18;

/**
 * The same as a matrix product: a bin's number has two digits, and the outer product of its digits, each as a row of
 * zeros with a single 1, has its single 1 at the bin's place.
 */
export function countsByProducts(
  numbers: tf.Tensor2D,
  { bins, first }: Pick<Binning, "bins" | "first">,
  mask?: tf.Tensor4D,
): tf.Tensor2D {
  const [positions, channels] = numbers.shape;
  const base = Math.ceil(Math.sqrt(bins));
  const rows = Math.max(1, Math.floor(blockValues / channels));
  return tf.tidy(() => {
    const digits = tf.range(0, base);
    let sum = tf.zeros<tf.Rank.R3>([channels, base, base]);
    for (let top = 0; top < positions; top += rows) {
      const before = sum;
      sum = tf.tidy(() => {
        const block = tf.slice(numbers, [top, 0], [Math.min(rows, positions - top), channels]);
        const number = tf.transpose(tf.sub<tf.Tensor2D>(tf.cast(block, "float32"), first));
        // Half a bin more, since a quotient may be rounded down to just below a whole number.
        const upper = tf.floor(tf.div<tf.Tensor2D>(tf.add(number, 0.5), base));
        const lower = tf.sub<tf.Tensor2D>(number, tf.mul(upper, base));
        const oneHot = (digit: tf.Tensor2D) =>
          tf.cast(tf.equal(tf.expandDims<tf.Tensor3D>(digit, 2), digits), "float32") as tf.Tensor3D;
        const weights = mask && tf.slice(tf.reshape(mask, [positions, 1]), [top, 0], [number.shape[1], 1]);
        const upperDigits =
          weights === undefined ? oneHot(upper) : tf.mul<tf.Tensor3D>(oneHot(upper), weights);
        return tf.add(before, tf.matMul(upperDigits, oneHot(lower), true, false));
      });
      before.dispose();
    }
    return tf.slice(tf.reshape<tf.Rank.R2>(sum, [channels, base ** 2]), [0, 0], [channels, bins]);
  });
}

/**
 * Features with the distribution of a style: each value becomes the style's quantile at the middle rank of its bin. The
 * order of a channel's values is kept.
 *
 * @param activation [1, height, width, channels]
 * @param mask how much each position counts, [1, height, width, 1] with a mean of 1; 1 everywhere by default
 * @returns as the activation; any values where the mask is 0
 */
export function matched(activation: tf.Tensor4D, style: Distribution, mask?: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const scale = binning(rangeOf(activation, mask), style.bins);
    const numbers = binsOf(activation, scale);
    const values = tf.tidy(() => {
      const counts = countsOf(numbers, scale, mask);
      const until = tf.cumsum(counts, 1);
      const positions = activation.size / counts.shape[0];
      const ranks = tf.div<tf.Tensor2D>(tf.sub(until, tf.div(counts, 2)), positions);
      return quantilesOf(style, ranks);
    });
    return tf.reshape(valuesAt(values, numbers), activation.shape);
  });
}

/**
 * The quantiles of a distribution.
 *
 * @param ranks from 0 to 1, [channels, any number]
 * @returns one value for each rank, in one row
 */
function quantilesOf({ bins, low, width, below }: Distribution, ranks: tf.Tensor2D): tf.Tensor1D {
  const column = (values: tf.Tensor1D) => tf.expandDims(values, 1);
  // Every channel's edges are one more than its bins.
  const start = column(tf.mul(tf.range(0, low.size), bins + 1));
  const belowEdge = (edge: tf.Tensor) =>
    tf.reshape(valuesAt(below, tf.cast(tf.add(edge, start), "int32")), ranks.shape);
  // The last edge with no more below it than the rank, by bisection.
  let edge: tf.Tensor = tf.zerosLike(ranks);
  for (let step = 2 ** Math.floor(Math.log2(bins - 1)); step >= 1; step /= 2) {
    const candidate = tf.minimum(tf.add(edge, step), bins - 1);
    const found = tf.cast(tf.lessEqual(belowEdge(candidate), ranks), "float32");
    edge = tf.add(edge, tf.mul(found, tf.sub(candidate, edge)));
  }
  const before = belowEdge(edge);
  const share = tf.sub(belowEdge(tf.add(edge, 1)), before);
  const within = tf.divNoNan(tf.sub(ranks, before), share);
  const values = tf.add(column(low), tf.mul(column(width), tf.add(edge, within)));
  return tf.reshape(values, [-1]);
}

/** The values of a table at places, in one row. `tf.gather` checks every place in JavaScript, which takes seconds. */
function valuesAt(table: tf.Tensor1D, places: tf.Tensor): tf.Tensor {
  return tf.gatherND(table, tf.reshape(places, [places.size, 1]));
}
