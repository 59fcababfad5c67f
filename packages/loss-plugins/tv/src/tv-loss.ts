import {
  activationOf,
  imageLayer,
  type LossTerm,
  sumOfSquares,
  withBorder,
  withoutBorder,
} from "@brushwork/core";
import { checkOptions, choiceOf, kinds } from "@brushwork/core/reading";
import * as tf from "@tensorflow/tfjs-core";

/** The options of `tvLoss`. */
export interface TvLossOptions {
  /**
   * Weight for images in [0, 1], at least 0. A weight for 0–255 has to be multiplied by 255², or by 255 where
   * differences are absolute.
   * @default 1
   */
  readonly weight?: number;
  /**
   * The `mean` of the differences in each direction, with which a weight holds at every size, or the paper's `sum`.
   * @default "mean"
   */
  readonly reduction?: "mean" | "sum";
  /**
   * Which differences, and what is done with them: `squared` and `absolute` take those between neighbours in a row and
   * in a column; `inner` squares only those of pixels that have a neighbour both to the right and below;
   * `nine-point` squares those to all eight neighbours.
   * @default "squared"
   */
  readonly kind?: TvKind;
}

/** The kinds of total variation. */
export const tvKinds = ["squared", "absolute", "inner", "nine-point"] as const;

type TvKind = (typeof tvKinds)[number];

type Corner = readonly [top: number, left: number];

/** Differences of two equally large parts of an image, and the factor of the mean of their squares. */
interface Differences {
  readonly to: Corner;
  readonly from: Corner;
  readonly size: readonly [height: number, width: number];
  readonly factor: number;
}

/**
 * The total variation loss: the mean of the squared differences between horizontal neighbours, plus that between
 * vertical ones, over the three channels. It keeps neighbouring pixels alike.
 *
 * Other programs' total variations are kinds: `absolute`, summed, is that of neural-style-pt; `inner`, halved and
 * summed, that of jcjohnson/neural-style; `nine-point` that of crowsonkb/style-transfer-pytorch, in which diagonal
 * differences count a quarter and the image is extended by copies of its border pixels.
 *
 * @see Mahendran & Vedaldi 2015, Understanding deep image representations by inverting them, with β = 2
 */
export function tvLoss(options: TvLossOptions = {}): LossTerm<void> {
  checkOptions("tvLoss", options, {
    weight: kinds.weight,
    reduction: choiceOf("mean", "sum"),
    kind: choiceOf(...tvKinds),
  });
  const { weight = 1, reduction = "mean", kind = "squared" } = options;
  const isAbsolute = kind === "absolute";
  const extended = kind === "nine-point" ? withBorder : (image: tf.Tensor4D) => image;
  const folded = kind === "nine-point" ? withoutBorder : (gradient: tf.Tensor4D) => gradient;
  return {
    name: "tv",
    weight,
    layers: [imageLayer],
    masks: true,
    additive: {
      reach: 1,
      measure: (piece, { whole: [, height, width, channels], own }) => {
        const image = extended(piece);
        const [, rows, columns] = piece.shape;
        const counts = differencesOf(kind, height, width).map(({ size }) => size[0] * size[1] * channels);
        const sums = differencesOf(kind, rows, columns).map(({ to, from, size, factor }, i) => {
          const difference = tf.sub<tf.Tensor4D>(part(image, to, size), part(image, from, size));
          const values = tf.mul(difference, isAbsolute ? tf.sign(difference) : difference);
          const byPixel = resized(resized(tf.sum<tf.Tensor4D>(values, 3, true), 1, rows), 2, columns);
          const divisor = reduction === "mean" ? Math.max(1, counts[i] ?? 1) : 1;
          return tf.mul(tf.sum(own(byPixel)), factor / divisor);
        });
        return { variation: tf.addN(sums) };
      },
      score: (measures) => measures[imageLayer]?.variation as tf.Scalar,
    },
    prepare: () => undefined,
    loss(features) {
      // The gradient in closed form: each difference pulls at its two pixels.
      const variation = tf.customGrad((...inputs) => {
        const save = inputs.pop() as tf.GradSaveFunc;
        const image = extended(inputs[0] as tf.Tensor4D);
        const [, height, width] = (inputs[0] as tf.Tensor4D).shape;
        const all = differencesOf(kind, height, width);
        const differences = all.map(({ to, from, size }) =>
          tf.sub<tf.Tensor4D>(part(image, to, size), part(image, from, size)),
        );
        const factors = differences.map(({ size }, i) => {
          const { factor } = all[i] as Differences;
          return reduction === "mean" ? factor / Math.max(1, size) : factor;
        });
        save(differences);
        const sums = differences.map((difference) =>
          isAbsolute ? tf.sum(tf.abs(difference)) : sumOfSquares(difference),
        );
        return {
          value: tf.addN(sums.map((sum, i) => tf.mul(sum, factors[i] ?? 1))) as tf.Scalar,
          gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => {
            const pulls = saved.map((difference, i) => {
              const factor = factors[i] ?? 1;
              const slope = isAbsolute
                ? tf.mul<tf.Tensor4D>(tf.sign(difference), tf.mul(dy, factor))
                : tf.mul<tf.Tensor4D>(difference, tf.mul(dy, 2 * factor));
              const { to, from } = all[i] as Differences;
              return tf.sub<tf.Tensor4D>(placed(slope, to, image.shape), placed(slope, from, image.shape));
            });
            return folded(tf.addN(pulls));
          },
        };
      });
      return variation(activationOf(features, imageLayer));
    },
  };
}

function differencesOf(kind: TvKind, height: number, width: number): readonly Differences[] {
  if (kind === "nine-point") {
    // In the extended image the first pixel is at [1, 1].
    const near = { size: [height, width], factor: 2 / 3 } as const;
    const diagonal = { size: [height + 1, width + 1], factor: 2 / 12 } as const;
    return [
      { to: [1, 2], from: [1, 1], ...near },
      { to: [2, 1], from: [1, 1], ...near },
      { to: [1, 1], from: [0, 0], ...diagonal },
      { to: [1, 0], from: [0, 1], ...diagonal },
    ];
  }
  const left = kind === "inner" ? 1 : 0;
  return [
    { to: [0, 1], from: [0, 0], size: [height - left, width - 1], factor: 1 },
    { to: [1, 0], from: [0, 0], size: [height - 1, width - left], factor: 1 },
  ];
}

/** A part of an image, in all of its channels. */
function part(image: tf.Tensor4D, [top, left]: Corner, [height, width]: Differences["size"]): tf.Tensor4D {
  return tf.slice(image, [0, top, left, 0], [1, height, width, image.shape[3]]);
}

/** A part at its place in an image, with zeros around it. */
function placed(tensor: tf.Tensor4D, [top, left]: Corner, shape: readonly number[]): tf.Tensor4D {
  const [, height, width] = tensor.shape;
  return tf.pad(tensor, [
    [0, 0],
    [top, (shape[1] ?? 0) - top - height],
    [left, (shape[2] ?? 0) - left - width],
    [0, 0],
  ]);
}

/** A map whose sides are one longer or shorter than a picture's, by pixel: the last pixel takes what lies beyond it. */
function resized(map: tf.Tensor4D, axis: 1 | 2, length: number): tf.Tensor4D {
  const at = (first: number, count: number) =>
    tf.slice(
      map,
      map.shape.map((_, i) => (i === axis ? first : 0)),
      map.shape.map((side, i) => (i === axis ? count : side)),
    );
  const padded = (tensor: tf.Tensor4D, zeros: readonly [number, number]) =>
    tf.pad(tensor, tensor.shape.map((_, i) => (i === axis ? [...zeros] : [0, 0])) as [number, number][]);
  const own = map.shape[axis];
  if (own < length) return padded(map, [0, length - own]);
  if (own === length) return map;
  return tf.add(at(0, length), padded(at(length, 1), [length - 1, 0]));
}
