import * as tf from "@tensorflow/tfjs-core";
import { checkKind, kinds } from "./checked-options.js";
import type { Optimizer } from "./optimizer.js";

/**
 * Clips each image of an optimizer to the range that a picture can show, [0, 1]. Without it, values outside that range
 * take part in the losses and are clipped only when the picture is read.
 *
 * @see crowsonkb/style-transfer-pytorch, which does the same after each step
 */
export function clamped<State extends tf.TensorContainer>(optimizer: Optimizer<State>): Optimizer<State> {
  checkKind("what is clamped", optimizer, kinds.optimizer);
  const { slower } = optimizer;
  return {
    ...optimizer,
    name: `clamped ${optimizer.name}`,
    ...(slower && { slower: (factor: number) => clamped(slower(factor)) }),
    step(image, state, at) {
      const next = optimizer.step(image, state, at);
      // WebAssembly clips NaN to 0, which is black. What is not finite stays NaN: 0 for every other number.
      const notFinite = tf.mul(next.image, 0);
      return { ...next, image: tf.add(tf.clipByValue(next.image, 0, 1), notFinite) };
    },
  };
}
