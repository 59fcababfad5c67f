import {
  activationOf,
  byChannelMatrix,
  gradientSum,
  gramMatrix,
  inverseOrZero,
  type LossTerm,
  layerWeightsOf,
  type StyleFeatures,
  type StyleRegion,
  styleRegions,
} from "@brushwork/core";
import { checkOptions, choiceOf, kinds } from "@brushwork/core/reading";
import * as tf from "@tensorflow/tfjs-core";

/** The options of `styleLoss`. */
export interface StyleLossOptions {
  /** Weight of the whole loss, at least 0. @default 1 */
  readonly weight?: number;
  /** Layers of the network to compare, or "image". @default ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"] */
  readonly layers?: readonly string[];
  /** Weights by layer name, at least 0; a layer that is left out counts 1. @default {} */
  readonly layerWeights?: Readonly<Record<string, number>>;
  /**
   * How a layer's squared differences are reduced. `mean`: Gram matrices are divided by channels and positions, and
   * their squared differences averaged, so that a weight holds at every size and width of network. `sum`: the paper's
   * sum, without a divisor. `relative`: the sum is divided by that of the squares of the style's own matrix, so that a
   * weight also holds for every layer, network and painting.
   * @default "mean"
   */
  readonly reduction?: "mean" | "sum" | "relative";
}

/** A Gram matrix of a style, and the unit in which Gram matrices are compared. */
type Goal = { readonly gram: tf.Tensor2D; readonly unit: tf.Scalar };

/** The target of one layer in one region of the image. */
type Target = Goal & {
  /** Index of the layer. */
  readonly layer: number;
  /** The layer's weight, times the region's. */
  readonly weight: number;
  /** The region, [1, height, width, 1]; absent: the whole image. */
  readonly mask?: tf.Tensor4D;
};

/**
 * The style loss: the distance of the Gram matrices G from the style's, A, as Σ_l w_l · mean (G_l − A_l)², or with the
 * sum instead of the mean, or relative to the style's own size, Σ_l w_l · Σ (G_l − A_l)² / Σ A_l². Several styles are
 * blended by averaging their Gram matrices; one with a content mask is compared within that. A relative loss ignores a layer at which the style is 0 everywhere.
 *
 * @example
 * const terms = [contentLoss(), styleLoss({ weight: 100, layers: ["relu2_1", "relu3_1"] })];
 * @throws {OptionError} when a layer's weight is negative or not finite, or belongs to a layer the loss does not have
 * @see Gatys, Ecker & Bethge 2016, equations 3 to 5. Theirs divides the squared difference by 4 C² M², as layer weights
 * with `reduction: "sum"` can; the mean is that of jcjohnson/neural-style.
 */
export function styleLoss(options: StyleLossOptions = {}): LossTerm<Target[]> {
  checkOptions("styleLoss", options, {
    weight: kinds.weight,
    layers: kinds.texts,
    layerWeights: kinds.record,
    reduction: choiceOf("mean", "sum", "relative"),
  });
  const {
    weight = 1,
    layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
    layerWeights = {},
    reduction = "mean",
  } = options;
  const weights = layerWeightsOf(layers, layerWeights);
  /** The divisors of a Gram matrix, and of the squared difference of two. */
  const gramDivisor = ({ size }: tf.Tensor4D) => (reduction === "sum" ? 1 : size);
  const lossDivisor = ({ shape }: tf.Tensor4D) => (reduction === "mean" ? shape[3] ** 2 : 1);
  const gramOf = (activation: tf.Tensor4D, mask?: tf.Tensor4D) =>
    tf.div<tf.Tensor2D>(gramMatrix(masked(activation, mask)), gramDivisor(activation));
  /** A matrix in units of the style's own; 0 where that unit is 0. */
  const inUnits = (gram: tf.Tensor2D, unit: tf.Scalar) =>
    reduction === "relative" ? tf.divNoNan<tf.Tensor2D>(gram, unit) : gram;

  /** Another way to `inUnits`, which has a gradient. */
  const inverseOf = (unit: tf.Scalar) => (reduction === "relative" ? inverseOrZero(unit) : 1);

  function goalOf(gram: tf.Tensor2D): Goal {
    if (reduction !== "relative") return { gram, unit: tf.scalar(1) };
    // The Frobenius norm, taken of numbers up to 1: squares of squares of features may leave float32's range.
    const largest = tf.max<tf.Scalar>(gram);
    const unit = tf.mul<tf.Scalar>(largest, tf.norm(tf.divNoNan(gram, largest)));
    return { gram: inUnits(gram, unit), unit };
  }

  function targetsOf({ weight, contentMasks, styles }: StyleRegion): readonly Target[] {
    return layers.map((layer, i) => ({
      ...goalOf(
        blend(styles, ({ features, styleMasks }) =>
          gramOf(activationOf(features, layer), styleMasks && activationOf(styleMasks, layer)),
        ),
      ),
      layer: i,
      weight: weight * (weights[i] ?? 1),
      ...(contentMasks && { mask: activationOf(contentMasks, layer) }),
    }));
  }

  return {
    name: "style",
    weight,
    layers,
    masks: true,
    additive: {
      measure: (activation, { whole, mask }) => {
        const divisor = reduction === "sum" ? 1 : whole[1] * whole[2] * whole[3];
        return { gram: tf.div(gramMatrix(masked(activation, mask)), divisor) };
      },
      prepare: (styles) =>
        layers.map((layer) =>
          goalOf(
            tf.addN(
              styles.map(({ measures, weight }) =>
                tf.mul<tf.Tensor2D>(measures[layer]?.gram as tf.Tensor2D, weight),
              ),
            ),
          ),
        ),
      score: (measures, goals) =>
        tf.addN(
          layers.map((layer, i) => {
            const { gram, unit } = (goals as unknown as readonly Goal[])[i] as Goal;
            const found = measures[layer]?.gram as tf.Tensor2D;
            const divisor = reduction === "mean" ? found.size : 1;
            const difference = tf.sub(tf.mul(found, inverseOf(unit)), gram);
            return tf.mul<tf.Scalar>(tf.sum(tf.square(difference)), (weights[i] ?? 1) / divisor);
          }),
        ),
    },
    prepare: ({ styles }) => styleRegions(styles).flatMap(targetsOf),
    loss(features, targets) {
      const activations = layers.map((layer) => activationOf(features, layer));
      const factors = targets.map(
        ({ layer, weight }) => weight / lossDivisor(activations[layer] as tf.Tensor4D),
      );
      // The gradient in closed form, 4 w F (G − A), is one matrix product, where the tape of FᵀF would take two.
      const distance = tf.customGrad((...inputs) => {
        const save = inputs.pop() as tf.GradSaveFunc;
        const found = inputs as tf.Tensor4D[];
        const differences = targets.map(({ gram, unit, layer, mask }) =>
          tf.tidy(() => tf.sub(inUnits(gramOf(found[layer] as tf.Tensor4D, mask), unit), gram)),
        );
        // A kept tensor still exists in the backward pass. Saving it would copy it on WebAssembly, and these are the
        // largest tensors of a step.
        save([...differences, ...found.filter(({ kept }) => !kept)]);
        const losses = differences.map((difference, i) =>
          tf.mul(tf.sum(tf.square(difference)), factors[i] ?? 1),
        );
        return {
          value: tf.addN(losses) as tf.Scalar,
          gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => {
            const copies = saved.slice(targets.length);
            return found.map((original, layer) => {
              const activation = original.kept ? original : (copies.shift() as tf.Tensor4D);
              let sum: tf.Tensor4D | undefined;
              for (const [i, { unit, mask, ...target }] of targets.entries()) {
                if (target.layer !== layer) continue;
                const factor = (4 * (factors[i] ?? 1)) / gramDivisor(activation);
                // The factors go into the small matrix, so that the large one is read only once.
                const gradient = tf.tidy(() => {
                  const matrix = tf.mul<tf.Tensor2D>(saved[i] as tf.Tensor2D, tf.mul(dy, factor));
                  const moved = byChannelMatrix(activation, inUnits(matrix, unit));
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

function blend(styles: readonly StyleFeatures[], gramOf: (style: StyleFeatures) => tf.Tensor2D): tf.Tensor2D {
  return tf.addN(styles.map((style) => tf.mul<tf.Tensor2D>(gramOf(style), style.weight)));
}

/** An activation whose Gram matrix is the masked one: a mask weighs products of two channels. */
function masked(activation: tf.Tensor4D, mask: tf.Tensor4D | undefined): tf.Tensor4D {
  return mask === undefined ? activation : tf.mul(activation, tf.sqrt(mask));
}
