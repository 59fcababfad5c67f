import * as tf from "@tensorflow/tfjs-core";
import type { Optimizer } from "./optimizer.js";

/**
 * Projects each image of an optimizer back into what a picture can show, [0, 1]. Without it, pixels that no file
 * can hold take part in the losses, and are only clipped when the picture is read.
 *
 * @see crowsonkb/style-transfer-pytorch, which does the same after each step
 */
export function clamped<State extends tf.TensorContainer>(optimizer: Optimizer<State>): Optimizer<State> {
  return {
    ...optimizer,
    name: `clamped ${optimizer.name}`,
    step(image, state, at) {
      const next = optimizer.step(image, state, at);
      return { image: tf.clipByValue(next.image, 0, 1), state: next.state };
    },
  };
}
