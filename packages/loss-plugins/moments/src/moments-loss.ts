import {
  activationOf,
  channelMean,
  channelSquares,
  gradientSum,
  type LossTerm,
  layerWeightsOf,
  type StyleFeatures,
  type StyleRegion,
  styleRegions,
} from "@brushwork/core";
import { checkOptions, choiceOf, kinds } from "@brushwork/core/reading";
import * as tf from "@tensorflow/tfjs-core";

/** The options of `momentsLoss`. */
export interface MomentsLossOptions {
  /** Weight of the whole loss, at least 0. @default 1 */
  readonly weight?: number;
  /** Layers of the network to compare, or "image". @default ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"] */
  readonly layers?: readonly string[];
  /** Weights by layer name, at least 0; a layer that is left out counts 1. @default {} */
  readonly layerWeights?: Readonly<Record<string, number>>;
  /**
   * Divisor of a layer's squared distance: the style's own mean square, ‖μ'‖² + ‖σ'‖², so that a weight holds for every
   * layer, network, size and painting (`relative`), the number of channels (`mean`), or 1 (`sum`).
   * @default "relative"
   */
  readonly reduction?: "relative" | "mean" | "sum";
}

/** A style's moments at one layer. */
type Goal = {
  /** [channels] */
  readonly mean: tf.Tensor1D;
  /** [channels], of the variance with the added one */
  readonly deviation: tf.Tensor1D;
  /** The variance that is added to every channel. */
  readonly added: tf.Scalar;
  /** Factor of the squared distance, including the layer's weight. */
  readonly factor: tf.Scalar;
};

/** The target of one layer in one region of the image. */
type Target = Goal & {
  /** Index of the layer. */
  readonly layer: number;
  /** The region, [1, height, width, 1]; absent: the whole image. */
  readonly mask?: tf.Tensor4D;
};

/** Mean and variance of each channel over positions, [channels]. */
type Moments = { readonly mean: tf.Tensor1D; readonly variance: tf.Tensor1D };

/**
 * Variance added to every channel of both pictures, as a share of the average channel's mean square. The gradient of a
 * standard deviation is that of the variance divided by it; a channel that does not vary would have only rounding
 * errors to amplify. Equal moments stay equal, so the loss of a style at itself is 0.
 */
const addedVariance = 1e-6;

/**
 * The loss of means and standard deviations: the squared distance of the channels' means μ and standard deviations σ
 * over positions from the style's, Σ_l w_l · (‖μ − μ'‖² + ‖σ − σ'‖²) / (‖μ'‖² + ‖σ'‖²). It matches each channel alone,
 * and not how channels fire together. It is the squared Wasserstein-2 distance of normal distributions whose channels
 * are independent. Several styles are blended by averaging their means and their standard deviations; one with a content
 * mask is compared within that. A layer at which the style is 0 everywhere is ignored where the loss is relative.
 *
 * @throws {OptionError} when a layer's weight is negative or not finite, or belongs to a layer the loss does not have
 * @see Huang & Belongie 2017, Arbitrary style transfer in real-time with adaptive instance normalization, equation 13,
 * with unsquared norms; Li, Wang, Liu & Hou 2017, Demystifying neural style transfer, equation 15, which is
 * `reduction: "mean"`
 */
export function momentsLoss(options: MomentsLossOptions = {}): LossTerm<Target[]> {
  checkOptions("momentsLoss", options, {
    weight: kinds.weight,
    layers: kinds.texts,
    layerWeights: kinds.record,
    reduction: choiceOf("relative", "mean", "sum"),
  });
  const {
    weight = 1,
    layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
    layerWeights = {},
    reduction = "relative",
  } = options;
  const weights = layerWeightsOf(layers, layerWeights);

  function targetsOf({ weight, contentMasks, styles }: StyleRegion): readonly Target[] {
    return layers.map((layer, i) => ({
      ...goalOf(blend(momentsOfAll(styles, layer), styles), weight * (weights[i] ?? 1)),
      layer: i,
      ...(contentMasks && { mask: activationOf(contentMasks, layer) }),
    }));
  }

  function goalOf({ mean, variance }: Moments, layerWeight: number): Goal {
    const energy = tf.add<tf.Scalar>(tf.sum(tf.square(mean)), tf.sum(variance));
    const added = tf.mul<tf.Scalar>(energy, addedVariance / mean.size);
    const divisor = { relative: energy, mean: mean.size, sum: 1 }[reduction];
    return {
      mean,
      deviation: deviationOf(variance, added),
      added,
      factor: tf.divNoNan(layerWeight, divisor),
    };
  }

  return {
    name: "moments",
    weight,
    layers,
    masks: true,
    additive: {
      measure: (activation, { whole, mask }) => ({
        sums: tf.div(channelSquares(activation, mask), whole[1] * whole[2]),
      }),
      prepare: (styles) =>
        layers.map((layer, i) => {
          const moments = styles.map(({ measures }) => momentsOfSums(measures[layer]?.sums as tf.Tensor2D));
          return goalOf(blend(moments, styles), weights[i] ?? 1);
        }),
      score: (measures, goals) =>
        tf.addN(
          layers.map((layer, i) => {
            const { mean: goal, deviation, added, factor } = (goals as unknown as readonly Goal[])[i] as Goal;
            const { mean, variance } = momentsOfSums(measures[layer]?.sums as tf.Tensor2D);
            const apart = tf.sub(deviationOf(variance, added), deviation);
            const squares = tf.add(tf.sum(tf.square(tf.sub(mean, goal))), tf.sum(tf.square(apart)));
            return tf.mul<tf.Scalar>(squares, factor);
          }),
        ),
    },
    prepare: ({ styles }) => styleRegions(styles).flatMap(targetsOf),
    loss(features, targets) {
      const activations = layers.map((layer) => activationOf(features, layer));
      const distance = tf.customGrad((...inputs) => {
        const save = inputs.pop() as tf.GradSaveFunc;
        const found = inputs as tf.Tensor4D[];
        const distances = targets.map((target) => distanceOf(found[target.layer] as tf.Tensor4D, target));
        // A kept tensor still exists in the backward pass. Saving it would copy it on WebAssembly, and these are the
        // largest tensors of a step.
        save([
          ...distances.flatMap(({ slope, offset }) => [slope, offset]),
          ...found.filter(({ kept }) => !kept),
        ]);
        return {
          value: tf.addN(distances.map(({ value }) => value)) as tf.Scalar,
          gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => {
            const copies = saved.slice(2 * targets.length);
            return found.map((original, layer) => {
              const activation = original.kept ? original : (copies.shift() as tf.Tensor4D);
              let sum: tf.Tensor4D | undefined;
              for (const [i, { mask, ...target }] of targets.entries()) {
                if (target.layer !== layer) continue;
                const [slope, offset] = saved.slice(2 * i, 2 * i + 2) as [tf.Tensor1D, tf.Tensor1D];
                const gradient = tf.tidy(() => {
                  const moved = tf.add<tf.Tensor4D>(
                    tf.mul(activation, tf.mul(slope, dy)),
                    tf.mul(offset, dy),
                  );
                  return mask === undefined ? moved : tf.mul<tf.Tensor4D>(moved, mask);
                });
                sum = gradientSum(sum, gradient);
              }
              return sum as tf.Tensor4D;
            });
          },
        };
      });
      return distance(...activations);
    },
  };
}

/**
 * The distance of an activation F from a target, and the gradient with respect to F, to be weighed by the mask, which is
 * 2/M [(F − μ)(σ − σ')/σ + μ − μ'] for M positions: slope and offset of each channel.
 */
function distanceOf(activation: tf.Tensor4D, { mean: goal, deviation: spread, added, factor, mask }: Target) {
  return tf.tidy(() => {
    const { mean, variance } = momentsOf(activation, mask);
    const deviation = deviationOf(variance, added);
    const [meanError, deviationError] = [tf.sub(mean, goal), tf.sub(deviation, spread)];
    const step = tf.mul(factor, (2 * mean.size) / activation.size);
    // Where nothing at all varies, in style or image, neither pulls.
    const slope = tf.mul<tf.Tensor1D>(tf.divNoNan(deviationError, deviation), step);
    return {
      value: tf.mul<tf.Scalar>(
        tf.add(tf.sum(tf.square(meanError)), tf.sum(tf.square(deviationError))),
        factor,
      ),
      slope,
      offset: tf.sub<tf.Tensor1D>(tf.mul(meanError, step), tf.mul(mean, slope)),
    };
  });
}

function deviationOf(variance: tf.Tensor1D, added: tf.Scalar): tf.Tensor1D {
  return tf.sqrt(tf.add<tf.Tensor1D>(variance, added));
}

/** @param mask weight of each position, with a mean of 1; 1 by default */
function momentsOf(activation: tf.Tensor4D, mask?: tf.Tensor4D): Moments {
  return tf.tidy(() => {
    const mean = channelMean(activation, mask);
    // The mean is subtracted first: the difference of two long sums could be negative, and would have no root.
    const squares = tf.tidy(() => tf.square(tf.sub<tf.Tensor4D>(activation, mean)));
    return { mean, variance: channelMean(squares, mask) };
  });
}

function momentsOfAll(styles: readonly StyleFeatures[], layer: string): readonly Moments[] {
  return styles.map(({ features, styleMasks }) =>
    momentsOf(activationOf(features, layer), styleMasks && activationOf(styleMasks, layer)),
  );
}

/** Moments from the means of the channels and of their squares. Rounding must not make a variance negative. */
function momentsOfSums(means: tf.Tensor2D): Moments {
  const [square, mean] = tf.unstack(means) as [tf.Tensor1D, tf.Tensor1D];
  return { mean, variance: tf.relu(tf.sub<tf.Tensor1D>(square, tf.square(mean))) };
}

/** The averages of the styles' means and of their standard deviations: the barycenter of the distributions. */
function blend(moments: readonly Moments[], styles: readonly { readonly weight: number }[]): Moments {
  const average = (tensors: readonly tf.Tensor1D[]) =>
    tf.addN(tensors.map((tensor, i) => tf.mul<tf.Tensor1D>(tensor, styles[i]?.weight ?? 0)));
  return {
    mean: average(moments.map(({ mean }) => mean)),
    variance: tf.square(average(moments.map(({ variance }) => tf.sqrt(variance)))),
  };
}
