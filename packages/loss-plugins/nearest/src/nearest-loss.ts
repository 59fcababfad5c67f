import { activationOf, channelMean, type LossTerm, layerWeightsOf, type Sources } from "@brushwork/core";
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

/** The style's sampled features, centred, and each of length 1. */
type Target = {
  /** [samples, channels] */
  readonly rows: tf.Tensor2D;
  /** The same, [channels, samples]. */
  readonly columns: tf.Tensor2D;
  /** Added to the squares of lengths. */
  readonly added: tf.Scalar;
};

/**
 * Added to the square of every feature's length, as a share of the style's mean square: a feature that is as good as the
 * mean has no direction but that of rounding errors, and its gradient would be without bounds.
 */
const addedSquare = 1e-6;

/** Similarities that exist at once, of a block of positions with all samples: 16 MiB. */
const blockSimilarities = 2 ** 22;

/**
 * The loss of nearest neighbours: the mean cosine distance over positions between the image's features x and their
 * nearest neighbours among the style's, y, both with their picture's mean μ subtracted,
 * Σ_l w_l · mean_p min_q (1 − cos (x_p − μ, y_q − μ')). Each place is painted with features that occur together in the
 * style, and not with an average, which gives sharp strokes. Several styles give samples in proportion to their weights.
 *
 * @throws {OptionError} when a layer's weight is negative or not finite, or belongs to a layer the loss does not have
 * @see Kolkin, Kucera, Paris, Sýkora, Shechtman & Shakhnarovich 2022, Neural neighbor style transfer, whose last pass
 * ("feature splitting") has this loss
 */
export function nearestLoss({
  weight = 1,
  layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1"],
  layerWeights = {},
  samples = 1024,
}: NearestLossOptions = {}): LossTerm<Record<string, Target>> {
  const weights = layerWeightsOf(layers, layerWeights);

  function targetOf({ styles }: Sources, layer: string): Target {
    const parts = styles.map(({ features, weight: share }) => ({
      activation: activationOf(features, layer),
      share,
    }));
    const sampled = tf.concat(
      parts.map(({ activation, share }) => samplesOf(activation, Math.max(1, Math.round(samples * share)))),
    );
    const mean = tf.addN(
      parts.map(({ activation, share }) => tf.mul<tf.Tensor1D>(channelMean(activation), share)),
    );
    const meanSquare = tf.mean<tf.Scalar>(tf.sum(tf.square(sampled), 1));
    const added = tf.mul<tf.Scalar>(meanSquare, addedSquare);
    const { directions } = directed(tf.sub<tf.Tensor2D>(sampled, mean), added);
    return { rows: directions, columns: tf.transpose(directions), added };
  }

  return {
    name: "nearest",
    weight,
    layers,
    prepare: (sources) => Object.fromEntries(layers.map((layer) => [layer, targetOf(sources, layer)])),
    loss(features, targets) {
      const activations = layers.map((layer) => activationOf(features, layer));
      const distance = tf.customGrad((...inputs) => {
        const save = inputs.pop() as tf.GradSaveFunc;
        const distances = layers.map((layer, i) =>
          distanceOf(inputs[i] as tf.Tensor4D, targets[layer] as Target),
        );
        save(distances.map(({ gradient }) => gradient));
        return {
          value: tf.addN(distances.map(({ value }, i) => tf.mul(value, weights[i] ?? 1))) as tf.Scalar,
          gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) =>
            saved.map((gradient, i) => tf.mul(gradient, tf.mul(dy, weights[i] ?? 1))),
        };
      });
      return distance(...activations);
    },
  };
}

/** The mean distance of an activation's features from their neighbours, and its gradient, of the activation's shape. */
function distanceOf(activation: tf.Tensor4D, { rows, columns, added }: Target) {
  return tf.tidy(() => {
    const channels = activation.shape[3];
    const positions = activation.size / channels;
    const centred = tf.reshape<tf.Rank.R2>(tf.sub(activation, channelMean(activation)), [
      positions,
      channels,
    ]);
    const neighbours = tf.gatherND(rows, tf.expandDims(nearest(centred, columns), 1)) as tf.Tensor2D;
    const { directions, inverseLengths } = directed(centred, added);
    const cosines = tf.sum(tf.mul<tf.Tensor2D>(directions, neighbours), 1, true);
    // The part of the neighbour at right angles to the feature, over the feature's length.
    const pulls = tf.tidy(() =>
      tf.mul(tf.sub(tf.mul(directions, cosines), neighbours), tf.div(inverseLengths, positions)),
    );
    const shaped = tf.reshape<tf.Rank.R4>(pulls, activation.shape);
    return {
      value: tf.sub<tf.Scalar>(1, tf.mean(cosines)),
      // All positions share the mean.
      gradient: tf.sub<tf.Tensor4D>(shaped, channelMean(shaped)),
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
  const squares = tf.add<tf.Tensor2D>(tf.sum(tf.square(features), 1, true), added);
  const inverseLengths = tf.divNoNan<tf.Tensor2D>(1, tf.sqrt(squares));
  return { directions: tf.mul(features, inverseLengths), inverseLengths };
}

/**
 * Features of an activation, [count or all positions, channels], at positions that cover it evenly and without a
 * pattern: those of a sequence of low discrepancy.
 *
 * @see Roberts 2018, The unreasonable effectiveness of quasirandom sequences
 */
function samplesOf(activation: tf.Tensor4D, count: number): tf.Tensor2D {
  const [, height, width, channels] = activation.shape;
  const rows = tf.reshape<tf.Rank.R2>(activation, [height * width, channels]);
  if (height * width <= count) return rows;
  // The real root of x³ = x + 1.
  const plastic = 1.324717957244746;
  const places = Int32Array.from({ length: count }, (_, i) => {
    const row = Math.floor((((i + 0.5) / plastic) % 1) * height);
    const column = Math.floor((((i + 0.5) / plastic ** 2) % 1) * width);
    return row * width + column;
  });
  return tf.gather(rows, tf.tensor1d(places, "int32"));
}
