import { activationOf, type LossTerm, layerWeightsOf, sumOfSquares } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";

export interface ContentLossOptions {
  readonly weight?: number;
  /** Absent: relu4_2. */
  readonly layers?: readonly string[];
  /** By layer; one that is absent counts 1. */
  readonly layerWeights?: Readonly<Record<string, number>>;
  /** `mean` over a layer's elements, so that a weight holds at every size; or the paper's `sum`. */
  readonly reduction?: "mean" | "sum";
}

/**
 * How far the features F are from the content's, P: Σ_l w_l · mean (F_l − P_l)².
 *
 * @throws {RangeError} when a layer's weight is negative or not finite, or is of a layer the loss does not have
 * @see Gatys, Ecker & Bethge 2016, equation 1. Differs: theirs halves the sum, which a weight of 1/2 with
 * `reduction: "sum"` gives.
 */
export function contentLoss({
  weight = 1,
  layers = ["relu4_2"],
  layerWeights = {},
  reduction = "mean",
}: ContentLossOptions = {}): LossTerm<Record<string, tf.Tensor4D>> {
  const weights = layerWeightsOf(layers, layerWeights);
  return {
    name: "content",
    weight,
    layers,
    prepare: ({ content }) =>
      Object.fromEntries(layers.map((layer) => [layer, activationOf(content.features, layer)])),
    loss(features, targets) {
      const activations = layers.map((layer) => activationOf(features, layer));
      const factors = activations.map(({ size }, i) => (weights[i] ?? 1) / (reduction === "mean" ? size : 1));
      // In closed form: 2 w (F − P), with no tape of the single operations.
      const distance = tf.customGrad((...inputs) => {
        const save = inputs.pop() as tf.GradSaveFunc;
        const differences = layers.map((layer, i) =>
          tf.sub<tf.Tensor4D>(inputs[i] as tf.Tensor4D, activationOf(targets, layer)),
        );
        save(differences);
        const losses = differences.map((difference, i) => tf.mul(sumOfSquares(difference), factors[i] ?? 1));
        return {
          value: tf.addN(losses) as tf.Scalar,
          gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) =>
            saved.map((difference, i) => tf.mul(difference, tf.mul(dy, 2 * (factors[i] ?? 1)))),
        };
      });
      return distance(...activations);
    },
  };
}
