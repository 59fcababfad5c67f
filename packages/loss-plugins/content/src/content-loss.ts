import { activationOf, type LossTerm, layerWeightsOf, sumOfSquares } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";

export interface ContentLossOptions {
  /** Weight of the whole loss; 0 or more. @default 1 */
  readonly weight?: number;
  /** Layers of the network, or "image". @default ["relu4_2"] */
  readonly layers?: readonly string[];
  /** Weight of each layer, by its name; a layer that is left out counts 1. */
  readonly layerWeights?: Readonly<Record<string, number>>;
  /**
   * What a layer's squared differences are divided by: the number of its elements (`mean`), nothing (the paper's
   * `sum`), or the sum of the content's own squares (`relative`). Means and relative losses hold at every size; a
   * relative loss also holds for every layer, network and photograph.
   * @default "mean"
   */
  readonly reduction?: "mean" | "sum" | "relative";
}

/** What one layer is compared with. */
type Target = { readonly features: tf.Tensor4D; readonly factor: tf.Scalar };

/**
 * The distance of the features F from the content's, P: Σ_l w_l · mean (F_l − P_l)², or the sum, or the distance
 * relative to the content's own size, Σ_l w_l · Σ (F_l − P_l)² / Σ P_l². A relative loss ignores a layer at which the
 * content is 0 everywhere.
 *
 * @throws {OptionError} when a layer's weight is negative or not finite, or is of a layer the loss does not have
 * @see Gatys, Ecker & Bethge 2016, equation 1. Differs: theirs halves the sum, which a weight of 1/2 with
 * `reduction: "sum"` gives.
 */
export function contentLoss({
  weight = 1,
  layers = ["relu4_2"],
  layerWeights = {},
  reduction = "mean",
}: ContentLossOptions = {}): LossTerm<Record<string, Target>> {
  const weights = layerWeightsOf(layers, layerWeights);

  /** What the sum of a layer's squared differences is multiplied by. */
  function factorOf(features: tf.Tensor4D, layerWeight: number): tf.Scalar {
    if (reduction === "relative") return tf.divNoNan(layerWeight, sumOfSquares(features));
    return tf.scalar(reduction === "mean" ? layerWeight / features.size : layerWeight);
  }

  return {
    name: "content",
    weight,
    layers,
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
      // In closed form: 2 w (F − P), with no tape of the single operations.
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
