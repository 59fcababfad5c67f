import {
  activationOf,
  byChannelMatrix,
  channelMean,
  channelMoments,
  gradientSum,
  gramMatrix,
  type LossTerm,
  layerWeightsOf,
  type StyleFeatures,
  type StyleRegion,
  styleRegions,
} from "@brushwork/core";
import { checkOptions, choiceOf, kinds, wholeNumber } from "@brushwork/core/reading";
import * as tf from "@tensorflow/tfjs-core";
import { polarFactor, squareRoot, unscaledInverse, unscaledRoot } from "./newton-schulz.js";

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
  /**
   * How several styles become one distribution: that of all their positions together (`moments`), or the one nearest to
   * all of theirs (`barycenter`), in which neither style's colours are lost in the difference between the two.
   * @default "moments"
   */
  readonly blending?: (typeof blendings)[number];
  /**
   * Variance added in every direction, in units of the features, at least 0; 0 for 2·10⁻⁵ of the style's mean square.
   * With an amount that is less than that, roots of small variances come out too small.
   * @default 0
   */
  readonly epsilon?: number;
  /**
   * Number of unscaled Newton–Schulz steps for each matrix root, up to 100, as crowsonkb/style-transfer-pytorch takes
   * 12: the loss is then larger, since roots of small variances come out too small. 0 for as many scaled steps as the
   * roots need.
   * @default 0
   */
  readonly iterations?: number;
}

/** The ways to blend several styles. */
export const blendings = ["moments", "barycenter"] as const;

/** The normal distribution of a style's features at one layer, in units of their root mean square. */
type Goal = {
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

/** The target of one layer in one region of the image. */
type Target = Goal & {
  /** Index of the layer. */
  readonly layer: number;
  /** The region, [1, height, width, 1]; absent: the whole image. */
  readonly mask?: tf.Tensor4D;
};

/** Mean and covariance over positions. */
type Moments = {
  /** [channels] */
  readonly mean: tf.Tensor1D;
  /** [channels, channels] */
  readonly covariance: tf.Tensor2D;
  /** The most that rounding may take from an eigenvalue of the covariance; absent: it leaves none below 0. */
  readonly rounding?: tf.Scalar;
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
 * colours than Gram matrices. Several styles are blended by averaging their moments, or by their barycenter; one with a
 * content mask is compared within that. A layer at which the style is 0 everywhere is ignored.
 *
 * @throws {OptionError} when a layer's weight is negative or not finite, or belongs to a layer the loss does not have
 * @see Olkin & Pukelsheim 1982, The distance between two random vectors with given dispersion matrices; used for style
 * by crowsonkb/style-transfer-pytorch, whose loss has `reduction: "mean"`, `epsilon: 1e-4` and `iterations: 12`.
 * @see Álvarez-Esteban, del Barrio, Cuesta-Albertos & Matrán 2016, A fixed-point approach to barycenters in Wasserstein
 * space
 */
export function wassersteinLoss(options: WassersteinLossOptions = {}): LossTerm<Target[]> {
  checkOptions("wassersteinLoss", options, {
    weight: kinds.weight,
    layers: kinds.texts,
    layerWeights: kinds.record,
    reduction: choiceOf("relative", "mean", "sum"),
    blending: choiceOf(...blendings),
    epsilon: kinds.weight,
    iterations: wholeNumber(0),
  });
  const {
    weight = 1,
    layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
    layerWeights = {},
    reduction = "relative",
    blending = "moments",
    epsilon = 0,
    iterations = 0,
  } = options;
  const weights = layerWeightsOf(layers, layerWeights);

  function targetsOf({ weight, contentMasks, styles }: StyleRegion): readonly Target[] {
    return layers.map((layer, i) => ({
      ...goalOf(momentsOfAll(styles, layer), weight * (weights[i] ?? 1)),
      layer: i,
      ...(contentMasks && { mask: activationOf(contentMasks, layer) }),
    }));
  }

  function goalOf(styles: readonly WeightedMoments[], layerWeight: number): Goal {
    const moments = blend(styles);
    const energy = tf.add<tf.Scalar>(tf.sum(tf.square(moments.mean)), traceOf(moments.covariance));
    const inverseEnergy = tf.divNoNan<tf.Scalar>(1, energy);
    const { mean, covariance } = inUnits(moments, inverseEnergy, epsilon);
    const divisor = { relative: energy, mean: moments.mean.size, sum: 1 }[reduction];
    const target = {
      mean,
      inverseEnergy,
      factor: tf.mul<tf.Scalar>(tf.divNoNan(energy, divisor), layerWeight),
    };
    if (blending === "moments" || styles.length === 1)
      return { ...target, root: rootOf(covariance), variance: traceOf(covariance) };
    const root = barycenterRoot(
      styles.map(({ weight, ...own }) => {
        return { weight, root: rootOf(inUnits(own, inverseEnergy, epsilon).covariance) };
      }),
    );
    return { ...target, root, variance: tf.sum(tf.square(root)) };
  }

  function rootOf(covariance: tf.Tensor2D): tf.Tensor2D {
    return iterations === 0
      ? squareRoot(covariance, addedVariance).root
      : unscaledRoot(covariance, iterations);
  }

  /** The distance of moments in units of a target from it, and the map T that takes the covariance to the target's. */
  function comparedWith({ mean: goal, root, variance }: Goal, { mean, covariance }: Moments) {
    const { trace, transport } =
      iterations === 0 ? transportBetween(covariance, root) : unscaledTransport(covariance, root, iterations);
    const spread = tf.sub(tf.add(traceOf(covariance), variance), tf.mul(trace, 2));
    return { value: tf.add<tf.Scalar>(tf.sum(tf.square(tf.sub(mean, goal))), spread), transport };
  }

  /** The distance of moments from a target, with its gradient, 2 (μ − μ') and I − T, in closed form. */
  function distanceOfMoments({ mean, covariance, rounding }: Moments, goal: Goal): tf.Scalar {
    const distance = tf.customGrad((...inputs) => {
      const save = inputs.pop() as tf.GradSaveFunc;
      const [ownMean, ownCovariance] = inputs as [tf.Tensor1D, tf.Tensor2D];
      const own = { mean: ownMean, covariance: ownCovariance, ...(rounding && { rounding }) };
      const moments = inUnits(own, goal.inverseEnergy, epsilon);
      const { value, transport } = comparedWith(goal, moments);
      save([
        tf.mul(tf.sub(moments.mean, goal.mean), tf.mul(tf.sqrt(goal.inverseEnergy), 2)),
        tf.mul(tf.sub(tf.eye(ownMean.size), transport), goal.inverseEnergy),
      ]);
      return { value, gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => saved.map((one) => tf.mul(one, dy)) };
    });
    return tf.mul(distance(mean, covariance) as tf.Scalar, goal.factor);
  }

  /**
   * The distance of an activation F from a target, and the affine map of its channels that is the gradient with respect
   * to F, to be weighed by the mask: 2/n [(F − μ)(I − T) + μ − μ'], where T = C'^½ (C'^½ C C'^½)^-½ C'^½ moves one
   * distribution to the other.
   */
  function distanceOf(activation: tf.Tensor4D, target: Target) {
    const { mean: goal, inverseEnergy, mask } = target;
    return tf.tidy(() => {
      const moments = inUnits(momentsOf(activation, mask), inverseEnergy, epsilon);
      const { mean } = moments;
      const { value, transport } = comparedWith(target, moments);
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

  return {
    name: "wasserstein",
    weight,
    layers,
    masks: true,
    additive: {
      measure: (activation, { whole, mask }) => ({
        means: tf.div(channelMoments(activation, mask), whole[1] * whole[2]),
      }),
      prepare: (styles) =>
        layers.map((layer, i) => {
          const moments = styles.map(({ measures, weight }) => ({
            weight,
            ...momentsOfMeans(measures[layer]?.means as tf.Tensor2D),
          }));
          return goalOf(moments, weights[i] ?? 1);
        }),
      score: (measures, goals) =>
        tf.addN(
          layers.map((layer, i) =>
            distanceOfMoments(
              momentsOfMeans(measures[layer]?.means as tf.Tensor2D),
              (goals as unknown as readonly Goal[])[i] as Goal,
            ),
          ),
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
          ...distances.flatMap(({ matrix, offset }) => [matrix, offset]),
          ...found.filter(({ kept }) => !kept),
        ]);
        return {
          value: tf.addN(
            distances.map(({ value }, i) => tf.mul(value, (targets[i] as Target).factor)),
          ) as tf.Scalar,
          gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => {
            const copies = saved.slice(2 * targets.length);
            return found.map((original, layer) => {
              const activation = original.kept ? original : (copies.shift() as tf.Tensor4D);
              let sum: tf.Tensor4D | undefined;
              for (const [i, { mask, ...target }] of targets.entries()) {
                if (target.layer !== layer) continue;
                const [matrix, offset] = saved.slice(2 * i, 2 * i + 2) as [tf.Tensor2D, tf.Tensor1D];
                const factor = tf.mul<tf.Scalar>(dy, target.factor);
                const gradient = tf.tidy(() => {
                  // The factor goes into the small tensors, so that the large one is read only once.
                  const moved = byChannelMatrix(
                    activation,
                    tf.mul<tf.Tensor2D>(matrix, factor),
                    tf.mul<tf.Tensor1D>(offset, factor),
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

/** tr (C'^½ C C'^½)^½, and the map T that takes the covariance C to C'. */
interface Transport {
  readonly trace: tf.Scalar;
  readonly transport: tf.Tensor2D;
}

/**
 * With the polar decomposition C'^½ C^½ = U H, the trace of (C'^½ C C'^½)^½ is that of H, and T = C'^½ U C^-½. This
 * avoids squares: float32 is too imprecise for the eigenvalues of C'^½ C C'^½.
 */
function transportBetween(covariance: tf.Tensor2D, rootOfStyle: tf.Tensor2D): Transport {
  const { root, inverse } = squareRoot(covariance, addedVariance);
  const product = tf.matMul<tf.Tensor2D>(rootOfStyle, root);
  const turn = polarFactor(product, addedVariance);
  return {
    trace: tf.sum(tf.mul(turn, product)),
    transport: tf.matMul<tf.Tensor2D>(tf.matMul(rootOfStyle, turn), inverse),
  };
}

/** As crowsonkb/style-transfer-pytorch computes both, by the root of C'^½ C C'^½ itself. */
function unscaledTransport(covariance: tf.Tensor2D, rootOfStyle: tf.Tensor2D, iterations: number): Transport {
  const root = unscaledRoot(tf.matMul(tf.matMul(rootOfStyle, covariance), rootOfStyle), iterations);
  const inverse = unscaledInverse(root, iterations);
  return {
    trace: traceOf(root),
    transport: tf.matMul<tf.Tensor2D>(tf.matMul(rootOfStyle, inverse), rootOfStyle),
  };
}

/** The fixed point is reached to within a few per cent of the root, and of the least distance to 10⁻⁴. */
const barycenterSteps = 6;

/**
 * The root R of the covariance whose weighted squared distance from several is least, from their roots A_i. The
 * iteration S ← S^-½ (Σ w_i (S^½ A_i² S^½)^½)² S^-½ is computed without inverses: with S = F Fᵀ and the polar
 * decompositions A_i F = U_i H_i it is F ← Σ w_i A_i U_i, which starts from the mean of the roots, where it ends if they
 * commute. In the end R = F Uᵀ, with F = R U.
 */
function barycenterRoot(
  styles: readonly { readonly weight: number; readonly root: tf.Tensor2D }[],
): tf.Tensor2D {
  const sum = (of: (root: tf.Tensor2D) => tf.Tensor2D) =>
    tf.addN(styles.map(({ weight, root }) => tf.mul<tf.Tensor2D>(of(root), weight)));
  let factor = sum((root) => root);
  for (let i = 0; i < barycenterSteps; i++) {
    const before = factor;
    factor = tf.tidy(() =>
      sum((root) => tf.matMul(root, polarFactor(tf.matMul(root, before), addedVariance))),
    );
  }
  return tf.matMul(factor, tf.transpose(polarFactor(factor, addedVariance)));
}

/** @param mask weight of each position, with a mean of 1; 1 by default */
function momentsOf(activation: tf.Tensor4D, mask?: tf.Tensor4D): Moments {
  const [, height, width] = activation.shape;
  return tf.tidy(() => {
    const mean = channelMean(activation, mask);
    const covariance = tf.tidy(() => {
      // The mean is subtracted first: the difference of two long sums could be negative, and would have no root.
      const centred = tf.sub<tf.Tensor4D>(activation, mean);
      // Products of two channels are weighed by the mask.
      const weighed = mask === undefined ? centred : tf.mul<tf.Tensor4D>(centred, tf.sqrt(mask));
      return tf.div<tf.Tensor2D>(gramMatrix(weighed), height * width);
    });
    return { mean, covariance };
  });
}

/** Moments from what `channelMoments` sums, as means over positions. */
function momentsOfMeans(means: tf.Tensor2D): Moments {
  const channels = means.shape[1];
  const mean = tf.reshape<tf.Rank.R1>(tf.slice(means, [channels, 0], [1, channels]), [channels]);
  const products = tf.slice(means, [0, 0], [channels, channels]);
  const covariance = tf.sub<tf.Tensor2D>(products, tf.outerProduct(mean, mean));
  // A few roundings of products of means, each a share of 2^-24.
  return { mean, covariance, rounding: tf.mul(tf.sum(tf.square(mean)), 2 ** -20) };
}

type WeightedMoments = Moments & { readonly weight: number };

function momentsOfAll(styles: readonly StyleFeatures[], layer: string): readonly WeightedMoments[] {
  return styles.map(({ features, weight, styleMasks }) => ({
    weight,
    ...momentsOf(activationOf(features, layer), styleMasks && activationOf(styleMasks, layer)),
  }));
}

/** The moments of the positions of all styles together, with each style's weight. */
function blend(styles: readonly WeightedMoments[]): Moments {
  const average = <Kind extends tf.Tensor>(tensors: readonly Kind[]) =>
    tf.addN(tensors.map((tensor, i) => tf.mul<Kind>(tensor, styles[i]?.weight ?? 0)));
  const mean = average(styles.map((each) => each.mean));
  const covariances = styles.map((each) => {
    const apart = tf.sub<tf.Tensor1D>(each.mean, mean);
    return tf.add<tf.Tensor2D>(each.covariance, tf.outerProduct(apart, apart));
  });
  return { mean, covariance: average(covariances) };
}

/** Mean and covariance in units in which the style's mean square is 1, with the added variance. */
function inUnits(
  { mean, covariance, rounding }: Moments,
  inverseEnergy: tf.Scalar,
  epsilon: number,
): Moments {
  const share = epsilon === 0 ? addedVariance : shareOf(epsilon, inverseEnergy);
  const added = rounding === undefined ? share : tf.maximum(share, tf.mul(rounding, inverseEnergy));
  return {
    mean: tf.mul(mean, tf.sqrt(inverseEnergy)),
    covariance: tf.add(tf.mul(covariance, inverseEnergy), tf.mul(tf.eye(mean.size), added)),
  };
}

/** A variance in units of the style's mean square; where that is 0, one that keeps the covariance from being 0. */
function shareOf(epsilon: number, inverseEnergy: tf.Scalar): tf.Scalar {
  const isNothing = tf.sub(1, tf.sign(inverseEnergy));
  return tf.add(tf.mul(inverseEnergy, epsilon), tf.mul(isNothing, addedVariance));
}

function traceOf(matrix: tf.Tensor2D): tf.Scalar {
  return tf.sum(tf.mul(matrix, tf.eye(matrix.shape[0])));
}
