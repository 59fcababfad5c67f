import {
  activationOf,
  channelMean,
  gradientSum,
  type LossTerm,
  layerWeightsOf,
  type StyleFeatures,
  type StyleRegion,
  styleRegions,
} from "@brushwork/core";
import { checkOptions, kinds, wholeNumber } from "@brushwork/core/reading";
import * as tf from "@tensorflow/tfjs-core";

/** The options of `nearestLoss`. */
export interface NearestLossOptions {
  /** Weight of the whole loss, at least 0. @default 1 */
  readonly weight?: number;
  /** Layers of the network to compare, or "image". @default ["relu1_1", "relu2_1", "relu3_1", "relu4_1"] */
  readonly layers?: readonly string[];
  /** Weights by layer name, at least 0; a layer that is left out counts 1. @default {} */
  readonly layerWeights?: Readonly<Record<string, number>>;
  /** Positions of the style among which neighbours are looked for, at least 1. @default 1024 */
  readonly samples?: number;
}

/** A style's sampled features at one layer, centred, and each of length 1. */
type Candidates = {
  /** [samples, channels] */
  readonly rows: tf.Tensor2D;
  /** The same, [channels, samples]. */
  readonly columns: tf.Tensor2D;
  /** Added to the squares of lengths. */
  readonly added: tf.Scalar;
};

/** The target of one layer in one region of the image. */
type Target = Candidates & {
  /** Index of the layer. */
  readonly layer: number;
  /** The layer's weight, times the region's. */
  readonly factor: number;
  /** The region, [1, height, width, 1]; absent: the whole image. */
  readonly mask?: tf.Tensor4D;
};

/**
 * Added to the square of every feature's length, as a share of the style's mean square: a feature that is as good as the
 * mean has no direction but that of rounding errors, and its gradient would be without bounds.
 */
const addedSquare = 1e-6;

/** Similarities that exist at once, of a block of positions with all samples: 16 MiB. */
const blockSimilarities = 2 ** 22;

/** Bytes of a feature with as many channels as VGG has at most, 512. */
const mostChannelBytes = 512 * Float32Array.BYTES_PER_ELEMENT;

/**
 * The loss of nearest neighbours: the mean cosine distance over positions between the image's features x and their
 * nearest neighbours among the style's, y, both with their picture's mean μ subtracted,
 * Σ_l w_l · mean_p min_q (1 − cos (x_p − μ, y_q − μ')). Each place is painted with features that occur together in the
 * style, and not with an average, which gives sharp strokes. Several styles give samples in proportion to their weights;
 * neighbours of a style with a content mask are looked for within that. What a style mask hides is no neighbour.
 *
 * @throws {OptionError} when a layer's weight is negative or not finite, or belongs to a layer the loss does not have
 * @see Kolkin, Kucera, Paris, Sýkora, Shechtman & Shakhnarovich 2022, Neural neighbor style transfer, whose last pass
 * ("feature splitting") has this loss
 */
export function nearestLoss(options: NearestLossOptions = {}): LossTerm<Target[]> {
  checkOptions("nearestLoss", options, {
    weight: kinds.weight,
    layers: kinds.texts,
    layerWeights: kinds.record,
    samples: wholeNumber(1),
  });
  const {
    weight = 1,
    layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1"],
    layerWeights = {},
    samples = 1024,
  } = options;
  const weights = layerWeightsOf(layers, layerWeights);

  function targetsOf({ weight, contentMasks, styles }: StyleRegion): readonly Target[] {
    return layers.map((layer, i) => ({
      ...candidatesOf(styles, layer, samples),
      layer: i,
      factor: weight * (weights[i] ?? 1),
      ...(contentMasks && { mask: activationOf(contentMasks, layer) }),
    }));
  }

  return {
    name: "nearest",
    weight,
    layers,
    masks: true,
    // Each region keeps a gradient at every layer, and a copy of it for the backward pass once the loss is computed.
    // Before, a layer has its features, their block of similarities, or directions, neighbours, pulls and what they lead to.
    workingBytes({ featureBytes, regions }) {
      const bytes = Object.values(featureBytes);
      const kept = regions * sum(bytes);
      const largest = Math.max(...bytes);
      const block = blockSimilarities * Float32Array.BYTES_PER_ELEMENT;
      // A style at least as large as its samples are.
      const candidates = 2 * regions * sum(bytes.map((each) => Math.min(each, samples * mostChannelBytes)));
      return candidates + Math.max(2 * kept, kept + Math.max(6 * largest, 2 * largest + block));
    },
    prepare: ({ styles }) => styleRegions(styles).flatMap(targetsOf),
    loss(features, targets) {
      const activations = layers.map((layer) => activationOf(features, layer));
      const distance = tf.customGrad((...inputs) => {
        const save = inputs.pop() as tf.GradSaveFunc;
        const distances = targets.map((target) => distanceOf(inputs[target.layer] as tf.Tensor4D, target));
        save(distances.map(({ gradient }) => gradient));
        return {
          value: tf.addN(
            distances.map(({ value }, i) => tf.mul(value, (targets[i] as Target).factor)),
          ) as tf.Scalar,
          gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) =>
            layers.map((_, layer) => {
              let total: tf.Tensor4D | undefined;
              for (const [i, target] of targets.entries()) {
                if (target.layer !== layer) continue;
                const factor = tf.mul<tf.Scalar>(dy, target.factor);
                total = gradientSum(total, tf.mul<tf.Tensor4D>(saved[i] as tf.Tensor4D, factor));
              }
              return total as tf.Tensor4D;
            }),
        };
      });
      return distance(...activations);
    },
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function candidatesOf(styles: readonly StyleFeatures[], layer: string, samples: number): Candidates {
  const parts = styles.map(({ features, styleMasks, weight: share }) => ({
    activation: activationOf(features, layer),
    mask: styleMasks && activationOf(styleMasks, layer),
    share,
  }));
  const sampled = tf.concat(
    parts.map(({ activation, mask, share }) =>
      samplesOf(activation, Math.max(1, Math.round(samples * share)), mask),
    ),
  );
  const mean = tf.addN(
    parts.map(({ activation, mask, share }) => tf.mul<tf.Tensor1D>(channelMean(activation, mask), share)),
  );
  const meanSquare = tf.mean<tf.Scalar>(tf.sum(tf.square(sampled), 1));
  const added = tf.mul<tf.Scalar>(meanSquare, addedSquare);
  const { directions } = directed(tf.sub<tf.Tensor2D>(sampled, mean), added);
  return { rows: directions, columns: tf.transpose(directions), added };
}

/** The mean distance of an activation's features from their neighbours, and its gradient, of the activation's shape. */
function distanceOf(activation: tf.Tensor4D, { rows, columns, added, mask }: Target) {
  return tf.tidy(() => {
    const channels = activation.shape[3];
    const positions = activation.size / channels;
    const centred = tf.reshape<tf.Rank.R2>(tf.sub(activation, channelMean(activation, mask)), [
      positions,
      channels,
    ]);
    const neighbours = tf.gatherND(rows, tf.expandDims(nearest(centred, columns), 1)) as tf.Tensor2D;
    const { directions, inverseLengths } = directed(centred, added);
    const cosines = tf.tidy(() => tf.sum<tf.Tensor2D>(tf.mul(directions, neighbours), 1, true));
    const weighed = (each: tf.Tensor2D) =>
      mask === undefined ? each : tf.mul<tf.Tensor2D>(each, tf.reshape(mask, [positions, 1]));
    // The part of the neighbour at right angles to the feature, over the feature's length.
    const pulls = tf.tidy(() => {
      const aside = tf.tidy(() => tf.sub<tf.Tensor2D>(tf.mul(directions, cosines), neighbours));
      return tf.mul(aside, weighed(tf.div(inverseLengths, positions)));
    });
    const shaped = tf.reshape<tf.Rank.R4>(pulls, activation.shape);
    // All positions share the mean, each as much as it counts.
    const shared = channelMean(shaped);
    return {
      value: tf.mean<tf.Scalar>(weighed(tf.sub(1, cosines))),
      gradient: tf.sub<tf.Tensor4D>(shaped, mask === undefined ? shared : tf.mul(shared, mask)),
    };
  });
}

/**
 * The number of each feature's most similar sample. A feature's own length does not matter here.
 *
 * @param features [positions, channels]
 * @param columns [channels, samples]
 * @returns [positions]
 */
function nearest(features: tf.Tensor2D, columns: tf.Tensor2D): tf.Tensor1D {
  const [positions, channels] = features.shape;
  const count = Math.max(1, Math.floor(blockSimilarities / columns.shape[1]));
  const blocks: tf.Tensor1D[] = [];
  for (let top = 0; top < positions; top += count)
    blocks.push(
      tf.tidy(() => {
        const block = tf.slice(features, [top, 0], [Math.min(count, positions - top), channels]);
        return tf.argMax<tf.Tensor1D>(tf.matMul(block, columns), 1);
      }),
    );
  return tf.concat(blocks);
}

/** Features as directions of length 1, or shorter where they are next to 0, and one over their lengths. */
function directed(
  features: tf.Tensor2D,
  added: tf.Scalar,
): { directions: tf.Tensor2D; inverseLengths: tf.Tensor2D } {
  const squares = tf.tidy(() => tf.add<tf.Tensor2D>(tf.sum(tf.square(features), 1, true), added));
  const inverseLengths = tf.divNoNan<tf.Tensor2D>(1, tf.sqrt(squares));
  return { directions: tf.mul(features, inverseLengths), inverseLengths };
}

/**
 * Features of an activation, [count or all positions, channels], at positions that cover it evenly and without a
 * pattern: those of a sequence of low discrepancy. Where there is a mask, they lie as densely as it is bright, and none
 * lies where it is 0.
 *
 * @see Roberts 2018, The unreasonable effectiveness of quasirandom sequences
 */
function samplesOf(activation: tf.Tensor4D, count: number, mask?: tf.Tensor4D): tf.Tensor2D {
  const [, height, width, channels] = activation.shape;
  const positions = height * width;
  const rows = tf.reshape<tf.Rank.R2>(activation, [positions, channels]);
  if (mask === undefined) {
    if (positions <= count) return rows;
    const places = sequence(count).map(([y, x]) => Math.floor(y * height) * width + Math.floor(x * width));
    return tf.gather(rows, tf.tensor1d(places, "int32"));
  }
  const sampled = tf.gatherND(rows, placesWithin(mask, Math.min(count, positions))) as tf.Tensor2D;
  if (positions > count) return sampled;
  // Samples fill the places of what is hidden.
  const counts = tf.broadcastTo(tf.greater(tf.reshape(mask, [positions, 1]), 0), rows.shape);
  return tf.where(counts, rows, sampled);
}

/** Points [y, x] that cover the unit square evenly and without a pattern. */
function sequence(count: number): [number, number][] {
  // The real root of x³ = x + 1.
  const plastic = 1.324717957244746;
  return Array.from({ length: count }, (_, i) => [((i + 0.5) / plastic) % 1, ((i + 0.5) / plastic ** 2) % 1]);
}

/**
 * Positions as dense as a mask is bright, [count, 1]: rows by their share of it, then columns by their share of the row.
 * Nothing is read back from the device.
 */
function placesWithin(mask: tf.Tensor4D, count: number): tf.Tensor2D {
  const [, height, width] = mask.shape;
  const until = tf.cumsum<tf.Tensor2D>(tf.reshape(mask, [height, width]), 1);
  const untilRow = tf.cumsum<tf.Tensor2D>(tf.slice(until, [0, width - 1], [height, 1]), 0);
  const points = sequence(count);
  const at = (axis: 0 | 1) =>
    tf.tensor2d(
      points.map((point) => point[axis]),
      [count, 1],
    );
  const row = firstBeyond(tf.reshape(untilRow, [1, height]), at(0));
  const column = firstBeyond(tf.gatherND(until, row) as tf.Tensor2D, at(1));
  return tf.add(tf.mul(row, tf.scalar(width, "int32")), column);
}

/**
 * The first place at which a running sum passes a share of its last value, [count, 1].
 *
 * @param sums [1 or count, places]
 * @param shares [count, 1], in [0, 1)
 */
function firstBeyond(sums: tf.Tensor2D, shares: tf.Tensor2D): tf.Tensor2D {
  const [rows, places] = sums.shape;
  const whole = tf.slice(sums, [0, places - 1], [rows, 1]);
  const passed = tf.sum(tf.cast(tf.lessEqual(sums, tf.mul(shares, whole)), "int32"), 1, true);
  return tf.minimum(passed, tf.scalar(places - 1, "int32"));
}
