import * as tf from "@tensorflow/tfjs-core";
import type { Network } from "./network.js";
import type { Picture } from "./picture.js";

/** How far apart the channels of a grey picture's pixels are, of 255: more than the noise of a scan or of a JPEG. */
const greyRange = { most: 8, mean: 4 };

/** Whether a picture has no colour that an eye could see. Fainter than that, a colour counts as noise. */
export function isGrey({ data }: Picture): boolean {
  let [sum, visible] = [0, 0];
  for (let i = 0; i < data.length; i += 4) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = [data[i], data[i + 1], data[i + 2], data[i + 3]];
    const range = ((Math.max(red, green, blue) - Math.min(red, green, blue)) * alpha) / 255;
    if (range > greyRange.most) return false;
    sum += range;
    visible += alpha / 255;
  }
  return sum <= greyRange.mean * visible;
}

/** An image whose three channels are the mean of another's. */
export function withoutColour(image: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.tile(tf.mean<tf.Tensor4D>(image, 3, true), [1, 1, 1, 3]));
}

/**
 * A network for an image that is to stay grey: its gradient is the same in all channels. A network sees colour where
 * there is none, since no filter treats the channels alike, and what it asks for would be noise in colour. The mean is
 * the gradient's part along the grey images. Losses on the image itself are not affected.
 */
export function greyNetwork(network: Network): Pick<Network, "forward"> {
  return {
    forward(image, layers) {
      const pass = network.forward(image, layers);
      return {
        features: pass.features,
        backward: (gradient) => tf.tidy(() => withoutColour(pass.backward(gradient))),
        dispose: () => pass.dispose(),
      };
    },
  };
}
