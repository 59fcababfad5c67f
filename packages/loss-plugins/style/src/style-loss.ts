import {
  activationOf,
  byChannelMatrix,
  gramMatrix,
  type LossTerm,
  layerWeightsOf,
  type Source,
} from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";

export interface StyleLossOptions {
  /** Weight of the whole loss; 0 or more. @default 1 */
  readonly weight?: number;
  /** Layers of the network, or "image". @default ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"] */
  readonly layers?: readonly string[];
  /** Weight of each layer, by its name; a layer that is left out counts 1. */
  readonly layerWeights?: Readonly<Record<string, number>>;
  /**
   * `mean`: the Gram matrix divided by channels and positions, its squared difference averaged over its elements, so
   * that a weight holds at every size and width of network. `sum`: the paper's, nothing divided. `relative`: divided
   * by the sum of the squares of the style's own matrix, so that a weight also holds for every layer, network and
   * painting.
   * @default "mean"
   */
  readonly reduction?: "mean" | "sum" | "relative";
}

/** What one layer is compared with: the style's Gram matrix, and what Gram matrices are divided by beforehand. */
type Target = { readonly gram: tf.Tensor2D; readonly unit: tf.Scalar };

/**
 * The distance of the Gram matrices G from the style's, A: Σ_l w_l · mean (G_l − A_l)², or the sum, or the distance
 * relative to the style's own size, Σ_l w_l · Σ (G_l − A_l)² / Σ A_l². Several styles are blended by averaging their
 * Gram matrices. A relative loss ignores a layer at which the style is 0 everywhere.
 *
 * @throws {OptionError} when a layer's weight is negative or not finite, or is of a layer the loss does not have
 * @see Gatys, Ecker & Bethge 2016, equations 3 to 5. Differs: theirs divides the squared difference by
 * 4 C² M², which layer weights with `reduction: "sum"` give; the mean form is that of jcjohnson/neural-style.
 */
export function styleLoss({
  weight = 1,
  layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
  layerWeights = {},
  reduction = "mean",
}: StyleLossOptions = {}): LossTerm<Record<string, Target>> {
  const weights = layerWeightsOf(layers, layerWeights);
  /** What a Gram matrix, and a squared difference of two, are divided by. */
  const gramDivisor = ({ size }: tf.Tensor4D) => (reduction === "sum" ? 1 : size);
  const lossDivisor = ({ shape }: tf.Tensor4D) => (reduction === "mean" ? shape[3] ** 2 : 1);
  const gramOf = (activation: tf.Tensor4D) =>
    tf.div<tf.Tensor2D>(gramMatrix(activation), gramDivisor(activation));
  /** A matrix in units of the style's own, which is 0 where that is 0. */
  const inUnits = (gram: tf.Tensor2D, unit: tf.Scalar) =>
    reduction === "relative" ? tf.divNoNan<tf.Tensor2D>(gram, unit) : gram;

  function targetOf(gram: tf.Tensor2D): Target {
    if (reduction !== "relative") return { gram, unit: tf.scalar(1) };
    // The Frobenius norm, of numbers up to 1: squares of squares of features may leave float32's range.
    const largest = tf.max<tf.Scalar>(gram);
    const unit = tf.mul<tf.Scalar>(largest, tf.norm(tf.divNoNan(gram, largest)));
    return { gram: inUnits(gram, unit), unit };
  }

  return {
    name: "style",
    weight,
    layers,
    prepare: ({ styles }) =>
      Object.fromEntries(
        layers.map((layer) => [
          layer,
          targetOf(blend(styles, (source) => gramOf(activationOf(source, layer)))),
        ]),
      ),
    loss(features, targets) {
      const activations = layers.map((layer) => activationOf(features, layer));
      const targeted = layers.map((layer) => targets[layer] as Target);
      const factors = activations.map((activation, i) => (weights[i] ?? 1) / lossDivisor(activation));
      // In closed form: 4 w F (G − A), one matrix product where the tape of FᵀF would take two.
      const distance = tf.customGrad((...inputs) => {
        const save = inputs.pop() as tf.GradSaveFunc;
        const found = inputs as tf.Tensor4D[];
        const differences = targeted.map(({ gram, unit }, i) =>
          tf.tidy(() => tf.sub(inUnits(gramOf(found[i] as tf.Tensor4D), unit), gram)),
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
              const { unit } = targeted[i] as Target;
              return tf.tidy(() => {
                const matrix = tf.mul<tf.Tensor2D>(saved[i] as tf.Tensor2D, tf.mul(dy, factor));
                return byChannelMatrix(activation, inUnits(matrix, unit));
              });
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
