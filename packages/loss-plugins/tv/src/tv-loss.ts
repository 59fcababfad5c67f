import { activationOf, imageLayer, type LossTerm, sumOfSquares } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";

/** The options of `tvLoss`. */
export interface TvLossOptions {
  /** Weight for images in [0, 1], at least 0; multiply a weight for 0–255 by 255². @default 1 */
  readonly weight?: number;
  /**
   * The `mean` of the squared differences in each direction, with which a weight holds at every size, or the paper's
   * `sum`.
   * @default "mean"
   */
  readonly reduction?: "mean" | "sum";
}

/**
 * The total variation loss: the mean of the squared differences between horizontal neighbours, plus that between
 * vertical ones, over the three channels. It keeps neighbouring pixels alike.
 *
 * @see Mahendran & Vedaldi 2015, Understanding deep image representations by inverting them, with β = 2
 */
export function tvLoss({ weight = 1, reduction = "mean" }: TvLossOptions = {}): LossTerm<void> {
  return {
    name: "tv",
    weight,
    layers: [imageLayer],
    prepare: () => undefined,
    loss(features) {
      // The gradient in closed form: each difference pulls at its two pixels.
      const variation = tf.customGrad((...inputs) => {
        const save = inputs.pop() as tf.GradSaveFunc;
        const differences = [1, 2].map((axis) => differencesAlong(inputs[0] as tf.Tensor4D, axis));
        const factors = differences.map(({ size }) => (reduction === "mean" ? 1 / Math.max(1, size) : 1));
        save(differences);
        return {
          value: tf.addN(
            differences.map((difference, i) => tf.mul(sumOfSquares(difference), factors[i] ?? 1)),
          ) as tf.Scalar,
          gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) =>
            tf.addN(
              saved.map((difference, i) =>
                pull(tf.mul(difference, tf.mul(dy, 2 * (factors[i] ?? 1))) as tf.Tensor4D, i + 1),
              ),
            ),
        };
      });
      return variation(activationOf(features, imageLayer));
    },
  };
}

/** Each pixel minus the one before it. */
function differencesAlong(image: tf.Tensor4D, axis: number): tf.Tensor4D {
  const count = (image.shape[axis] ?? 1) - 1;
  const begin = (from: number) => image.shape.map((_, i) => (i === axis ? from : 0));
  const size = image.shape.map((side, i) => (i === axis ? count : side));
  return tf.sub(tf.slice(image, begin(1), size), tf.slice(image, begin(0), size));
}

/** The gradient with respect to the pixels: the difference before a pixel is added, the one after it subtracted. */
function pull(difference: tf.Tensor4D, axis: number): tf.Tensor4D {
  const padded = (before: number, after: number) =>
    tf.pad(
      difference,
      difference.shape.map((_, i): [number, number] => (i === axis ? [before, after] : [0, 0])),
    );
  return tf.sub(padded(1, 0), padded(0, 1));
}
