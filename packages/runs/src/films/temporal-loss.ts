import {
  activationOf,
  imageLayer,
  type LossPlugin,
  type LossTerm,
  pictureTensor,
  resample,
} from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Followed } from "./follow.js";

/** The name of the loss among a recipe's terms. */
export const temporalName = "temporal";

type Targets = { readonly picture: tf.Tensor4D; readonly mask: tf.Tensor4D; readonly share: tf.Scalar };

/**
 * The temporal loss: the mean over pixels and channels of the squared difference from earlier frames, moved with the
 * film, where they show a pixel. It keeps a film from flickering.
 *
 * @see Ruder, Dosovitskiy & Brox 2016, Artistic style transfer for videos, equation 7
 */
export function temporalLoss(
  { picture, mask }: Followed,
  { weight = 1, margin = 0 }: TemporalLossOptions = {},
): LossTerm<Targets> {
  return {
    name: temporalName,
    weight,
    layers: [imageLayer],
    masks: true,
    workingBytes: ({ featureBytes }) => 4 * (featureBytes[imageLayer] ?? 0),
    prepare({ content }) {
      const [, rows, columns] = activationOf(content.features, imageLayer).shape;
      const size = [rows - 2 * margin, columns - 2 * margin] as const;
      // Nothing is known of the margin.
      const around = (tensor: tf.Tensor4D) =>
        tf.pad(tensor, [
          [0, 0],
          [margin, margin],
          [margin, margin],
          [0, 0],
        ]);
      const known = resample(tf.tensor4d(mask, [1, picture.height, picture.width, 1]), size);
      return {
        picture: around(pictureTensor(picture, size)),
        mask: around(tf.clipByValue(known, 0, 1)),
        share: tf.scalar(1 / (size[0] * size[1] * 3)),
      };
    },
    loss(features, { picture, mask, share }) {
      // The gradient in closed form, 2/D mask (x − picture), with D the number of values without the margin.
      const distance = tf.customGrad((...inputs) => {
        const save = inputs.pop() as tf.GradSaveFunc;
        const difference = tf.sub<tf.Tensor4D>(inputs[0] as tf.Tensor4D, picture);
        const masked = tf.mul<tf.Tensor4D>(difference, mask);
        save([masked]);
        return {
          // Channels first: one long sum would lose digits.
          value: tf.mul<tf.Scalar>(tf.sum(tf.sum(tf.mul(difference, masked), 3)), share),
          gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) =>
            tf.mul(saved[0] as tf.Tensor4D, tf.mul(dy, tf.mul(share, 2))),
        };
      });
      return distance(activationOf(features, imageLayer)) as tf.Scalar;
    },
  };
}

/** The options of `temporalLoss`. */
interface TemporalLossOptions {
  /** At least 0. @default 1 */
  readonly weight?: number;
  /** Pixels that the image goes on beyond the picture, on each side. @default 0 */
  readonly margin?: number;
}

/** The loss as a plugin for the recipe of one frame. @param margin the recipe's */
export function temporalPlugin(from: Followed, margin: number): LossPlugin {
  return {
    name: temporalName,
    description: "Keeps a film from flickering",
    options: { type: "object", properties: {}, additionalProperties: false },
    create: () => temporalLoss(from, { margin }) as LossTerm,
  };
}
