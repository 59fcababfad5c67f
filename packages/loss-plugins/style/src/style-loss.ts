import { activationOf, type LossTerm, layerWeightsOf, type Source } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { byChannelMatrix, gramMatrix } from "./gram-matrix.js";

export interface StyleLossOptions {
  readonly weight?: number;
  /** Absent: relu1_1, relu2_1, relu3_1, relu4_1, relu5_1. */
  readonly layers?: readonly string[];
  /** By layer; one that is absent counts 1. */
  readonly layerWeights?: Readonly<Record<string, number>>;
  /**
   * `mean`: the Gram matrix divided by channels and positions, its squared difference averaged over its elements, so
   * that a weight holds at every size and width of network. `sum`: the paper's, nothing divided.
   */
  readonly reduction?: "mean" | "sum";
}

/**
 * How far the Gram matrices G are from the style's, A: Σ_l w_l · mean (G_l − A_l)². Several styles are blended by
 * averaging their Gram matrices.
 *
 * @throws {RangeError} when a layer's weight is negative or not finite, or is of a layer the loss does not have
 * @see Gatys, Ecker & Bethge 2016, equations 3 to 5. Differs: theirs divides the squared difference by
 * 4 C² M², which layer weights with `reduction: "sum"` give; the mean form is that of jcjohnson/neural-style.
 */
export function styleLoss({
  weight = 1,
  layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
  layerWeights = {},
  reduction = "mean",
}: StyleLossOptions = {}): LossTerm<Record<string, tf.Tensor2D>> {
  const weights = layerWeightsOf(layers, layerWeights);
  /** What a Gram matrix, and a squared difference of two, are divided by. */
  const gramDivisor = ({ size }: tf.Tensor4D) => (reduction === "mean" ? size : 1);
  const lossDivisor = ({ shape }: tf.Tensor4D) => (reduction === "mean" ? shape[3] ** 2 : 1);
  const gramOf = (activation: tf.Tensor4D) =>
    tf.div<tf.Tensor2D>(gramMatrix(activation), gramDivisor(activation));

  return {
    name: "style",
    weight,
    layers,
    prepare: ({ styles }) =>
      Object.fromEntries(
        layers.map((layer) => [layer, blend(styles, (source) => gramOf(activationOf(source, layer)))]),
      ),
    loss(features, targets) {
      const activations = layers.map((layer) => activationOf(features, layer));
      const factors = activations.map((activation, i) => (weights[i] ?? 1) / lossDivisor(activation));
      // In closed form: 4 w F (G − A), one matrix product where the tape of FᵀF would take two.
      const distance = tf.customGrad((...inputs) => {
        const save = inputs.pop() as tf.GradSaveFunc;
        const found = inputs as tf.Tensor4D[];
        const differences = found.map((activation, i) =>
          tf.tidy(() => tf.sub(gramOf(activation), targets[layers[i] ?? ""] as tf.Tensor2D)),
        );
        // What is kept is still there on the way back. To save it would copy it on WebAssembly, and these are the
        // largest tensors of a step.
        save([...differences, ...found.filter(({ kept }) => !kept)]);
        const losses = differences.map((difference, i) =>
          tf.mul(tf.sum(tf.square(difference)), factors[i] ?? 1),
        );
        return {
          value: tf.addN(losses) as tf.Scalar,
          gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => {
            const copies = saved.slice(layers.length);
            return found.map((original, i) => {
              const activation = original.kept ? original : (copies.shift() as tf.Tensor4D);
              const factor = (4 * (factors[i] ?? 1)) / gramDivisor(activation);
              // The small matrix takes the factors, so that the large one is touched once.
              return tf.tidy(() =>
                byChannelMatrix(activation, tf.mul(saved[i] as tf.Tensor2D, tf.mul(dy, factor))),
              );
            });
          },
        };
      });
      return distance(...activations);
    },
  };
}

function blend(
  styles: readonly (Source & { readonly weight: number })[],
  gramOf: (features: Source["features"]) => tf.Tensor2D,
): tf.Tensor2D {
  return tf.addN(styles.map(({ features, weight }) => tf.mul<tf.Tensor2D>(gramOf(features), weight)));
}
