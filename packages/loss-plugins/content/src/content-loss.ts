import { activationOf, inverseOrZero, type LossTerm, layerWeightsOf, sumOfSquares } from "@brushwork/core";
import { checkOptions, choiceOf, kinds } from "@brushwork/core/reading";
import * as tf from "@tensorflow/tfjs-core";

/** The options of `contentLoss`. */
export interface ContentLossOptions {
  /** Weight of the whole loss, at least 0. @default 1 */
  readonly weight?: number;
  /** Layers of the network to compare, or "image". @default ["relu4_2"] */
  readonly layers?: readonly string[];
  /** Weights by layer name, at least 0; a layer that is left out counts 1. @default {} */
  readonly layerWeights?: Readonly<Record<string, number>>;
  /**
   * Divisor of a layer's sum of squared differences: the number of elements (`mean`), 1 (the paper's `sum`), or the sum
   * of the content's own squares (`relative`). With `mean` and `relative` a weight holds at every size; with `relative`
   * it also holds for every layer, network and photograph.
   * @default "mean"
   */
  readonly reduction?: "mean" | "sum" | "relative";
}

/** The target of one layer: the content's features, and the factor of the squared differences. */
type Target = { readonly features: tf.Tensor4D; readonly factor: tf.Scalar };

/**
 * The content loss: the distance of the features F from the content's, P, as Σ_l w_l · mean (F_l − P_l)², or with the
 * sum instead of the mean, or relative to the content's own size, Σ_l w_l · Σ (F_l − P_l)² / Σ P_l². A relative loss
 * ignores a layer at which the content is 0 everywhere.
 *
 * @throws {OptionError} when a layer's weight is negative or not finite, or belongs to a layer the loss does not have
 * @see Gatys, Ecker & Bethge 2016, equation 1. Theirs is half the sum, which a weight of 1/2 with `reduction: "sum"`
 * gives.
 */
export function contentLoss(options: ContentLossOptions = {}): LossTerm<Record<string, Target>> {
  checkOptions("contentLoss", options, {
    weight: kinds.weight,
    layers: kinds.texts,
    layerWeights: kinds.record,
    reduction: choiceOf("mean", "sum", "relative"),
  });
  const { weight = 1, layers = ["relu4_2"], layerWeights = {}, reduction = "mean" } = options;
  const weights = layerWeightsOf(layers, layerWeights);

  /** The factor of the sum of a layer's squared differences. */
  function factorOf(features: tf.Tensor4D, layerWeight: number): tf.Scalar {
    if (reduction === "relative") return tf.divNoNan(layerWeight, sumOfSquares(features));
    return tf.scalar(reduction === "mean" ? layerWeight / features.size : layerWeight);
  }

  return {
    name: "content",
    weight,
    layers,
    holdsContent: true,
    masks: true,
    additive: {
      beside: true,
      measure: (activation, { content, whole }) => {
        const goal = content as tf.Tensor4D;
        const difference = tf.sub<tf.Tensor4D>(activation, goal);
        const positions = whole[1] * whole[2] * whole[3];
        return {
          error: tf.div(sumOfSquares(difference), reduction === "mean" ? positions : 1),
          ...(reduction === "relative" && { energy: sumOfSquares(goal) }),
        };
      },
      score: (measures) =>
        tf.addN(
          layers.map((layer, i) => {
            const { error, energy } = measures[layer] as { error: tf.Scalar; energy?: tf.Scalar };
            const weight = weights[i] ?? 1;
            return tf.mul<tf.Scalar>(
              error,
              energy === undefined ? weight : tf.mul(inverseOrZero(energy), weight),
            );
          }),
        ),
    },
    prepare: ({ content }) =>
      Object.fromEntries(
        layers.map((layer, i) => {
          const features = activationOf(content.features, layer);
          return [layer, { features, factor: factorOf(features, weights[i] ?? 1) }];
        }),
      ),
    loss(features, targets) {
      const activations = layers.map((layer) => activationOf(features, layer));
      const found = layers.map((layer) => targets[layer] as Target);
      // The gradient is written in closed form, 2 w (F − P), which needs no tape of the single operations.
      const distance = tf.customGrad((...inputs) => {
        const save = inputs.pop() as tf.GradSaveFunc;
        const differences = found.map((target, i) =>
          tf.sub<tf.Tensor4D>(inputs[i] as tf.Tensor4D, target.features),
        );
        save(differences);
        const losses = found.map(({ factor }, i) =>
          tf.mul(sumOfSquares(differences[i] as tf.Tensor4D), factor),
        );
        return {
          value: tf.addN(losses) as tf.Scalar,
          gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) =>
            found.map(({ factor }, i) => tf.mul(saved[i] as tf.Tensor, tf.mul(dy, tf.mul(factor, 2)))),
        };
      });
      return distance(...activations);
    },
  };
}
