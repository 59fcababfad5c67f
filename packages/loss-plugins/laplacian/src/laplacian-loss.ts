import {
  activationOf,
  imageLayer,
  inverseOrZero,
  type LossTerm,
  type Site,
  sumOfSquares,
} from "@brushwork/core";
import { checkOptions, choiceOf, kinds } from "@brushwork/core/reading";
import * as tf from "@tensorflow/tfjs-core";

/** The options of `laplacianLoss`. */
export interface LaplacianLossOptions {
  /** Weight of the whole loss, at least 0. @default 1 */
  readonly weight?: number;
  /** Pixels along a side of the squares that are averaged first, each at least 1. @default [4] */
  readonly poolSizes?: readonly number[];
  /**
   * Divisor of the sum of squared differences at each pool size, of all grids: the sum of the content's own squares, so that a weight
   * holds for every size and photograph (`relative`), their number (`mean`), or the number
   * of grids (`sum`).
   * @default "relative"
   */
  readonly reduction?: "relative" | "mean" | "sum";
}

/** The target of one pool size: the content's Laplacian, and the factor of the squared differences. */
type Target = { readonly laplacian: tf.Tensor4D; readonly factor: tf.Scalar };

/**
 * The Laplacian loss: the distance of the image's Laplacian from the content's, Σ_p Σ (D_p(x) − D_p(c))² / Σ D_p(c)².
 * D_p adds up the three channels, averages them over squares of p × p pixels, and takes the squares above, below, left
 * and right of each square from 4 times the square; none is taken from beyond the border. It keeps the content's edges
 * and fine details, which features of a network miss. A content without any edge is ignored where the loss is relative.
 *
 * The paper has one grid of squares, which shows in the picture. Here squares begin at every pixel, and the loss is the
 * average of those of all p² grids.
 *
 * @see Li, Xu, Nie & Chua 2017, Laplacian-steered neural style transfer: `reduction: "sum"`, for pixels from 0 to 255
 */
export function laplacianLoss(options: LaplacianLossOptions = {}): LossTerm<Target[]> {
  checkOptions("laplacianLoss", options, {
    weight: kinds.weight,
    poolSizes: kinds.numbers,
    reduction: choiceOf("relative", "mean", "sum"),
  });
  const { weight = 1, poolSizes = [4], reduction = "relative" } = options;
  function targetOf(laplacian: tf.Tensor4D, size: number): Target {
    const divisor = { relative: sumOfSquares(laplacian), mean: laplacian.size, sum: size ** 2 }[reduction];
    return { laplacian, factor: tf.divNoNan<tf.Scalar>(1, divisor) };
  }

  return {
    name: "laplacian",
    weight,
    layers: [imageLayer],
    masks: true,
    additive: {
      beside: true,
      // A value has squares before and after its own.
      reach: 2 * Math.max(1, ...poolSizes),
      measure: (piece, { whole, content, own }) =>
        Object.fromEntries(
          poolSizes.flatMap((size, i) => {
            const side = sideIn(whole, size);
            const goal = laplacianOf(content as tf.Tensor4D, side);
            const sumOf = (map: tf.Tensor4D) => sumOfSquares(own(atFirstPixel(map, side)));
            const values = (whole[1] - side + 1) * (whole[2] - side + 1);
            const divisor = { relative: 1, mean: values, sum: size ** 2 }[reduction];
            return [
              [`error${i}`, tf.div(sumOf(tf.sub(laplacianOf(piece, side), goal)), divisor)],
              ...(reduction === "relative" ? [[`energy${i}`, sumOf(goal)] as const] : []),
            ];
          }),
        ),
      score: (measures) =>
        tf.addN(
          poolSizes.map((_, i) => {
            const { [`error${i}`]: error, [`energy${i}`]: energy } = measures[
              imageLayer
            ] as tf.NamedTensorMap;
            return (
              energy === undefined ? error : tf.mul(error as tf.Scalar, inverseOrZero(energy as tf.Scalar))
            ) as tf.Scalar;
          }),
        ),
    },
    prepare: ({ content }) => {
      const image = activationOf(content.features, imageLayer);
      return poolSizes.map((size) => targetOf(laplacianOf(image, size), size));
    },
    loss(features, targets) {
      const distance = tf.customGrad((...inputs) => {
        const save = inputs.pop() as tf.GradSaveFunc;
        const image = inputs[0] as tf.Tensor4D;
        const differences = targets.map(({ laplacian }, i) =>
          tf.tidy(() => tf.sub<tf.Tensor4D>(laplacianOf(image, poolSizes[i] ?? 1), laplacian)),
        );
        save(differences);
        return {
          value: tf.addN(
            differences.map((difference, i) =>
              tf.mul(sumOfSquares(difference), (targets[i] as Target).factor),
            ),
          ) as tf.Scalar,
          gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) =>
            tf.addN(
              targets.map(({ factor }, i) =>
                tf.tidy(() => {
                  const scaled = tf.mul<tf.Tensor4D>(saved[i] as tf.Tensor4D, tf.mul(dy, tf.mul(factor, 2)));
                  return laplacianBack(scaled, image.shape, poolSizes[i] ?? 1);
                }),
              ),
            ),
        };
      });
      return distance(activationOf(features, imageLayer));
    },
  };
}

/** The side of the squares in a picture that may be smaller than they are. */
function sideIn([, height, width]: Site["whole"] | tf.Tensor4D["shape"], size: number): number {
  return Math.min(size, height, width);
}

/** A Laplacian as large as its image: the value of a square at the square's first pixel. */
function atFirstPixel(laplacian: tf.Tensor4D, side: number): tf.Tensor4D {
  return tf.pad(laplacian, [
    [0, 0],
    [0, side - 1],
    [0, side - 1],
    [0, 0],
  ]);
}

/** D_p of an image [1, height, width, 3]: [1, height − p + 1, width − p + 1, 1]. */
function laplacianOf(image: tf.Tensor4D, size: number): tf.Tensor4D {
  const side = sideIn(image.shape, size);
  return tf.tidy(() => differences(tf.avgPool(tf.sum<tf.Tensor4D>(image, 3, true), side, 1, "valid"), side));
}

/** The gradient with respect to an image of a shape, from that with respect to its Laplacian. */
function laplacianBack(gradient: tf.Tensor4D, shape: tf.Tensor4D["shape"], size: number): tf.Tensor4D {
  const side = sideIn(shape, size);
  const border: [number, number] = [side - 1, side - 1];
  return tf.tidy(() => {
    // Both maps are symmetric: a pixel is in the squares that begin up to p − 1 pixels before it.
    const padded = tf.pad(differences(gradient, side), [[0, 0], border, border, [0, 0]]);
    return tf.tile(tf.avgPool<tf.Tensor4D>(padded, side, 1, "valid"), [1, 1, 1, shape[3]]);
  });
}

/** Each value's differences from those at a distance above, below, left and right, added up. */
function differences(x: tf.Tensor4D, distance: number): tf.Tensor4D {
  return tf.add(alongAxis(x, 1, distance), alongAxis(x, 2, distance));
}

/** Each value's differences from the ones at a distance before and after it. */
function alongAxis(x: tf.Tensor4D, axis: number, distance: number): tf.Tensor4D {
  const length = x.shape[axis] ?? 1;
  const near = Math.min(distance, length);
  const part = (from: number, count: number) =>
    tf.slice(
      x,
      x.shape.map((_, i) => (i === axis ? from : 0)),
      x.shape.map((side, i) => (i === axis ? count : side)),
    );
  // At the border a value takes the missing one's place.
  const before = tf.concat([part(0, near), part(0, length - near)], axis);
  const after = tf.concat([part(near, length - near), part(length - near, near)], axis);
  return tf.sub(tf.mul(x, 2), tf.add<tf.Tensor4D>(before, after));
}
