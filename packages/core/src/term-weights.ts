import * as tf from "@tensorflow/tfjs-core";
import { checkWeight } from "./checks.js";
import type { LossTerm } from "./loss.js";
import type { StylizeOptions } from "./run-options.js";

/** Each term's weight as a scalar tensor, which is replaced only when the weight changes. */
export function termWeights(terms: readonly LossTerm[], read: StylizeOptions["weights"]) {
  const held = new Map<string, { readonly value: number; readonly tensor: tf.Scalar }>();
  return {
    now(): Readonly<Record<string, tf.Scalar>> {
      const changed = read?.();
      return Object.fromEntries(
        terms.map(({ name, weight }) => {
          const value = (changed && Object.hasOwn(changed, name) ? changed[name] : undefined) ?? weight;
          const before = held.get(name);
          if (before?.value === value) return [name, before.tensor];
          checkWeight(name, value);
          before?.tensor.dispose();
          const tensor = tf.keep(tf.scalar(value));
          held.set(name, { value, tensor });
          return [name, tensor];
        }),
      );
    },
    dispose() {
      for (const { tensor } of held.values()) tensor.dispose();
    },
  };
}
