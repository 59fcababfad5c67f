import * as tf from "@tensorflow/tfjs-core";
import type { Optimizer } from "./optimizer.js";

/**
 * Clips each image of an optimizer to the range that a picture can show, [0, 1]. Without it, values outside that range
 * take part in the losses and are clipped only when the picture is read.
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
