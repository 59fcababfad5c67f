import {
  activationOf,
  byChannelMatrix,
  channelMean,
  gramMatrix,
  type LossTerm,
  layerWeightsOf,
  type Source,
} from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { polarFactor, squareRoot } from "./newton-schulz.js";

/** The options of `wassersteinLoss`. */
export interface WassersteinLossOptions {
  /** Weight of the whole loss, at least 0. @default 1 */
  readonly weight?: number;
  /** Layers of the network to compare, or "image". @default ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"] */
  readonly layers?: readonly string[];
  /** Weights by layer name, at least 0; a layer that is left out counts 1. @default {} */
  readonly layerWeights?: Readonly<Record<string, number>>;
  /**
   * Divisor of a layer's squared distance: the style's own mean square, ‖μ'‖² + tr C', so that a weight holds for every
   * layer, network, size and painting (`relative`), the number of channels (`mean`), or 1 (`sum`).
   * @default "relative"
   */
  readonly reduction?: "relative" | "mean" | "sum";
}

/** The normal distribution of a style's features at one layer, in units of their root mean square. */
type Target = {
  /** [channels] */
  readonly mean: tf.Tensor1D;
  /** C'^½, [channels, channels] */
  readonly root: tf.Tensor2D;
  /** tr C' */
  readonly variance: tf.Scalar;
  /** One over the style's mean square, ‖μ'‖² + tr C'; 0 where that is 0. */
  readonly inverseEnergy: tf.Scalar;
  /** Factor of the loss in these units, including the layer's weight. */
  readonly factor: tf.Scalar;
};

/** Mean and covariance over positions. */
type Moments = {
  /** [channels] */
  readonly mean: tf.Tensor1D;
  /** [channels, channels] */
  readonly covariance: tf.Tensor2D;
};

/**
 * Variance added in every direction to both distributions, as a share of the style's mean square. Features vary in
 * fewer directions than they have channels, and smaller variances are lost in float32's sums over positions. Equal
 * distributions stay equal, so the distance of a style from itself is 0. The norm of a style's covariance is at most
 * its mean square, so this also bounds the eigenvalues relative to the norm, unless an image varies far more than the
 * style.
 */
const addedVariance = 2e-5;

/**
 * The Wasserstein style loss: the squared Wasserstein-2 distance between the normal distributions of the features and
 * of the style's, Σ_l w_l · (‖μ − μ'‖² + tr (C + C' − 2 (C'^½ C C'^½)^½)) / (‖μ'‖² + tr C'), with means μ and
 * covariances C over positions. It moves features the shortest way to the style's, and gives cleaner strokes and
 * colours than Gram matrices. Several styles are blended by averaging their moments. A layer at which the style is 0
 * everywhere is ignored.
 *
 * @throws {OptionError} when a layer's weight is negative or not finite, or belongs to a layer the loss does not have
 * @see Olkin & Pukelsheim 1982, The distance between two random vectors with given dispersion matrices; used for style
 * by crowsonkb/style-transfer-pytorch, which takes the mean over channels, as `reduction: "mean"` does.
 */
export function wassersteinLoss({
  weight = 1,
  layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
  layerWeights = {},
  reduction = "relative",
}: WassersteinLossOptions = {}): LossTerm<Record<string, Target>> {
  const weights = layerWeightsOf(layers, layerWeights);

  function targetOf(moments: Moments, layerWeight: number): Target {
    const energy = tf.add<tf.Scalar>(tf.sum(tf.square(moments.mean)), traceOf(moments.covariance));
    const inverseEnergy = tf.divNoNan<tf.Scalar>(1, energy);
    const { mean, covariance } = inUnits(moments, inverseEnergy);
    const divisor = { relative: energy, mean: moments.mean.size, sum: 1 }[reduction];
    return {
      mean,
      root: squareRoot(covariance, addedVariance).root,
      variance: traceOf(covariance),
      inverseEnergy,
      factor: tf.mul(tf.divNoNan(energy, divisor), layerWeight),
    };
  }

  return {
    name: "wasserstein",
    weight,
    layers,
    prepare: ({ styles }) =>
      Object.fromEntries(layers.map((layer, i) => [layer, targetOf(blend(styles, layer), weights[i] ?? 1)])),
    loss(features, targets) {
      const activations = layers.map((layer) => activationOf(features, layer));
      const targeted = layers.map((layer) => targets[layer] as Target);
      const distance = tf.customGrad((...inputs) => {
        const save = inputs.pop() as tf.GradSaveFunc;
        const found = inputs as tf.Tensor4D[];
        const distances = targeted.map((target, i) => distanceOf(found[i] as tf.Tensor4D, target));
        // A kept tensor still exists in the backward pass. Saving it would copy it on WebAssembly, and these are the
        // largest tensors of a step.
        save([
          ...distances.flatMap(({ matrix, offset }) => [matrix, offset]),
          ...found.filter(({ kept }) => !kept),
        ]);
        return {
          value: tf.addN(
            distances.map(({ value }, i) => tf.mul(value, (targeted[i] as Target).factor)),
          ) as tf.Scalar,
          gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => {
            const copies = saved.slice(2 * layers.length);
            return found.map((original, i) => {
              const activation = original.kept ? original : (copies.shift() as tf.Tensor4D);
              const [matrix, offset] = saved.slice(2 * i, 2 * i + 2) as [tf.Tensor2D, tf.Tensor1D];
              const factor = tf.mul<tf.Scalar>(dy, (targeted[i] as Target).factor);
              // The factor goes into the small tensors, so that the large one is read only once.
              return byChannelMatrix(
                activation,
                tf.mul<tf.Tensor2D>(matrix, factor),
                tf.mul<tf.Tensor1D>(offset, factor),
              );
            });
          },
        };
      });
      return distance(...activations);
    },
  };
}

/**
 * The distance of an activation F from a target, and the affine map of its channels that is the gradient with respect
 * to F: 2/n [(F − μ)(I − T) + μ − μ'], where T = C'^½ (C'^½ C C'^½)^-½ C'^½ moves one distribution to the other.
 *
 * With the polar decomposition C'^½ C^½ = U H, the trace of (C'^½ C C'^½)^½ is that of H, and T = C'^½ U C^-½. This
 * avoids squares: float32 is too imprecise for the eigenvalues of C'^½ C C'^½.
 */
function distanceOf(
  activation: tf.Tensor4D,
  { mean: goal, root: rootOfStyle, variance, inverseEnergy }: Target,
) {
  return tf.tidy(() => {
    const { mean, covariance } = inUnits(momentsOf(activation), inverseEnergy);
    const { root, inverse } = squareRoot(covariance, addedVariance);
    const product = tf.matMul<tf.Tensor2D>(rootOfStyle, root);
    const turn = polarFactor(product, addedVariance);
    const transport = tf.matMul<tf.Tensor2D>(tf.matMul(rootOfStyle, turn), inverse);
    const shared = tf.mul(tf.sum(tf.mul(turn, product)), 2);
    const spread = tf.sub(tf.add(traceOf(covariance), variance), shared);
    const value = tf.add<tf.Scalar>(tf.sum(tf.square(tf.sub(mean, goal))), spread);

    const positions = activation.size / mean.size;
    const moved = tf.reshape(tf.matMul(tf.expandDims(mean, 0), transport), [mean.size]);
    const step = tf.mul(inverseEnergy, 2 / positions);
    return {
      value,
      matrix: tf.mul<tf.Tensor2D>(tf.sub(tf.eye(mean.size), transport), step),
      offset: tf.mul<tf.Tensor1D>(tf.sub(moved, goal), tf.mul(tf.sqrt(inverseEnergy), 2 / positions)),
    };
  });
}

function momentsOf(activation: tf.Tensor4D): Moments {
  const [, height, width] = activation.shape;
  return tf.tidy(() => {
    const mean = channelMean(activation);
    // The mean is subtracted first: the difference of two long sums could be negative, and would have no root.
    const centred = tf.sub<tf.Tensor4D>(activation, mean);
    return { mean, covariance: tf.div<tf.Tensor2D>(gramMatrix(centred), height * width) };
  });
}

/** The moments of the positions of all styles together, with each style's weight. */
function blend(styles: readonly (Source & { readonly weight: number })[], layer: string): Moments {
  const moments = styles.map(({ features }) => momentsOf(activationOf(features, layer)));
  const average = <Kind extends tf.Tensor>(tensors: readonly Kind[]) =>
    tf.addN(tensors.map((tensor, i) => tf.mul<Kind>(tensor, styles[i]?.weight ?? 0)));
  const mean = average(moments.map((each) => each.mean));
  const covariances = moments.map((each) => {
    const apart = tf.sub<tf.Tensor1D>(each.mean, mean);
    return tf.add<tf.Tensor2D>(each.covariance, tf.outerProduct(apart, apart));
  });
  return { mean, covariance: average(covariances) };
}

/** Mean and covariance in units in which the style's mean square is 1, with the added variance. */
function inUnits({ mean, covariance }: Moments, inverseEnergy: tf.Scalar): Moments {
  return {
    mean: tf.mul(mean, tf.sqrt(inverseEnergy)),
    covariance: tf.add(tf.mul(covariance, inverseEnergy), tf.mul(tf.eye(mean.size), addedVariance)),
  };
}

function traceOf(matrix: tf.Tensor2D): tf.Scalar {
  return tf.sum(tf.mul(matrix, tf.eye(matrix.shape[0])));
}
