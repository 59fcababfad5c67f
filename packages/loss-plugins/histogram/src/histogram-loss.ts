import {
  activationOf,
  gradientSum,
  type LossTerm,
  layerWeightsOf,
  type StyleRegion,
  styleRegions,
  sumOfSquares,
} from "@brushwork/core";
import { checkOptions, choiceOf, kinds, wholeNumber } from "@brushwork/core/reading";
import * as tf from "@tensorflow/tfjs-core";
import { binning, binsOf, countsOf, type Distribution, matched, rangeOf } from "./histogram.js";

/** The options of `histogramLoss`. */
export interface HistogramLossOptions {
  /** Weight of the whole loss, at least 0. @default 1 */
  readonly weight?: number;
  /** Layers of the network to compare, or "image". @default ["relu1_1", "relu4_1"] */
  readonly layers?: readonly string[];
  /** Weights by layer name, at least 0; a layer that is left out counts 1. @default {} */
  readonly layerWeights?: Readonly<Record<string, number>>;
  /** Bins of each channel's histogram, at least 2. @default 256 */
  readonly bins?: number;
  /**
   * Divisor of a layer's sum of squared differences: the number of positions times the style's own mean square, so that
   * a weight holds for every layer, network, size and painting (`relative`), the number of elements (`mean`), or 1, as
   * in the paper (`sum`).
   * @default "relative"
   */
  readonly reduction?: "relative" | "mean" | "sum";
}

/** The target of one layer in one region of the image. */
type Target = {
  /** Index of the layer. */
  readonly layer: number;
  /** The region, [1, height, width, 1]; absent: the whole image. */
  readonly mask?: tf.Tensor4D;
  /** The style's distribution of each channel. */
  readonly style: Distribution;
  /** Factor of the sum of squared differences, including the layer's weight, but not the image's size. */
  readonly factor: tf.Scalar;
};

/**
 * The histogram loss: the distance of the features F from R(F), which are the same features moved so that each channel
 * has the style's histogram, Σ_l w_l · mean ‖F_l − R(F_l)‖² / mean ‖S_l‖² over positions, with the style's features S.
 * R keeps the order of a channel's values, and counts as constant in the gradient, 2 (F − R(F)). It is added to a style
 * loss of second moments, such as Gram matrices, which features of very different histograms can satisfy. Several
 * styles are blended by averaging their histograms; one with a content mask is compared within that. A layer at which the
 * style is 0 everywhere is ignored where the loss is relative.
 *
 * @throws {OptionError} when a layer's weight is negative or not finite, or belongs to a layer the loss does not have
 * @see Risser, Wilmot & Barnes 2017, Stable and controllable neural texture synthesis and style transfer using histogram
 * losses, section 4.2, which is `reduction: "sum"`
 */
export function histogramLoss(options: HistogramLossOptions = {}): LossTerm<Target[]> {
  checkOptions("histogramLoss", options, {
    weight: kinds.weight,
    layers: kinds.texts,
    layerWeights: kinds.record,
    bins: wholeNumber(2),
    reduction: choiceOf("relative", "mean", "sum"),
  });
  const {
    weight = 1,
    layers = ["relu1_1", "relu4_1"],
    layerWeights = {},
    bins = 256,
    reduction = "relative",
  } = options;
  const weights = layerWeightsOf(layers, layerWeights);

  function targetsOf({ weight, contentMasks, styles }: StyleRegion): readonly Target[] {
    return layers.map((layer, i) => {
      const parts = styles.map(({ features, styleMasks, weight: share }) => ({
        activation: activationOf(features, layer),
        mask: styleMasks && activationOf(styleMasks, layer),
        share,
      }));
      const energies = parts.map(({ activation, mask, share }) =>
        tf.mul<tf.Scalar>(sumOfSquares(rooted(activation, mask)), share / positionsOf(activation)),
      );
      const divisor = { relative: tf.addN(energies), mean: channelsOf(parts), sum: 1 }[reduction];
      return {
        style: blend(parts, bins),
        factor: tf.divNoNan(weight * (weights[i] ?? 1), divisor),
        layer: i,
        ...(contentMasks && { mask: activationOf(contentMasks, layer) }),
      };
    });
  }

  return {
    name: "histogram",
    weight,
    layers,
    masks: true,
    // Each region keeps a difference at every layer, and its copy for the gradient. A layer has its bins' numbers, what
    // they lead to and an intermediate.
    workingBytes({ featureBytes, regions }) {
      const bytes = Object.values(featureBytes);
      const sum = bytes.reduce((total, each) => total + each, 0);
      return 2 * regions * sum + 3 * Math.max(...bytes);
    },
    prepare: ({ styles }) => styleRegions(styles).flatMap(targetsOf),
    loss(features, targets) {
      const activations = layers.map((layer) => activationOf(features, layer));
      const factorOf = ({ factor, layer }: Target) =>
        tf.div<tf.Scalar>(factor, reduction === "sum" ? 1 : positionsOf(activations[layer] as tf.Tensor4D));
      const distance = tf.customGrad((...inputs) => {
        const save = inputs.pop() as tf.GradSaveFunc;
        const differences = targets.map(({ style, layer, mask }) => {
          const activation = inputs[layer] as tf.Tensor4D;
          return tf.tidy(() => rooted(tf.sub(activation, matched(activation, style, mask)), mask));
        });
        save(differences);
        return {
          value: tf.addN(
            differences.map((difference, i) =>
              tf.mul(sumOfSquares(difference), factorOf(targets[i] as Target)),
            ),
          ) as tf.Scalar,
          gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) =>
            layers.map((_, layer) => {
              let sum: tf.Tensor4D | undefined;
              for (const [i, target] of targets.entries()) {
                if (target.layer !== layer) continue;
                const gradient = tf.tidy(() => {
                  const factor = tf.mul(dy, tf.mul(factorOf(target), 2));
                  return rooted(tf.mul<tf.Tensor4D>(saved[i] as tf.Tensor4D, factor), target.mask);
                });
                sum = gradientSum(sum, gradient);
              }
              return sum as tf.Tensor4D;
            }),
        };
      });
      return distance(...activations);
    },
  };
}

/** Features times the root of a mask, which weighs their squares. */
function rooted(features: tf.Tensor4D, mask: tf.Tensor4D | undefined): tf.Tensor4D {
  return mask === undefined ? features : tf.mul(features, tf.sqrt(mask));
}

/** Features of a style, which of them count, and how much of the blend they are. */
type Part = {
  readonly activation: tf.Tensor4D;
  readonly mask: tf.Tensor4D | undefined;
  readonly share: number;
};

/** The average of the styles' histograms, over the range of all of them. */
function blend(parts: readonly Part[], bins: number): Distribution {
  const ranges = parts.map(({ activation, mask }) => rangeOf(activation, mask));
  const whole = {
    low: tf.min<tf.Tensor1D>(tf.stack(ranges.map(({ low }) => low)), 0),
    high: tf.max<tf.Tensor1D>(tf.stack(ranges.map(({ high }) => high)), 0),
  };
  const scale = binning(whole, bins);
  const shares = parts.map(({ activation, mask, share }) =>
    tf.mul<tf.Tensor2D>(countsOf(binsOf(activation, scale), scale, mask), share / positionsOf(activation)),
  );
  const cumulative = tf.cumsum(tf.addN(shares), 1);
  return {
    ...scale,
    // Starts at 0: the share of values below each edge between bins.
    below: tf.reshape(
      tf.pad(cumulative, [
        [0, 0],
        [1, 0],
      ]),
      [-1],
    ),
  };
}

function positionsOf({ shape: [, height, width] }: tf.Tensor4D): number {
  return height * width;
}

function channelsOf(parts: readonly Part[]): number {
  return parts[0]?.activation.shape[3] ?? 1;
}
