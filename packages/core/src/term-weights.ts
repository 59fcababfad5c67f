import * as tf from "@tensorflow/tfjs-core";
import { checkWeight } from "./checks.js";
import type { LossTerm } from "./loss.js";
import { quoted } from "./printable.js";
import type { StylizeOptions } from "./run-options.js";

/** Weights stay as they are where the largest is in this range. */
const usualRange = [0.1, 2 ** 20] as const;

/** What the largest weight becomes where it is outside the range: the largest one of the default preset. */
const usualWeight = 10;

/** The weights of a step. */
interface StepWeights {
  /** Scalar tensors by term name, in `unit`. */
  readonly scalars: Readonly<Record<string, tf.Scalar>>;
  /** What the weights were divided by. */
  readonly unit: number;
}

/** Each term's weight as a scalar tensor, which is replaced only when its value changes. */
export function termWeights(terms: readonly LossTerm[], read: StylizeOptions["weights"]) {
  const held = new Map<string, { readonly value: number; readonly tensor: tf.Scalar }>();
  return {
    now(): StepWeights {
      const changed = read?.();
      const values = terms.map(({ name, weight }) => {
        const value = (changed && Object.hasOwn(changed, name) ? changed[name] : undefined) ?? weight;
        checkWeight(quoted(name), value);
        return { name, value };
      });
      const unit = unitOf(Math.max(...values.map(({ value }) => value)));
      return {
        unit,
        scalars: Object.fromEntries(values.map((at) => [at.name, scalarOf(at.name, at.value / unit)])),
      };
    },
    dispose() {
      for (const { tensor } of held.values()) tensor.dispose();
    },
  };

  function scalarOf(name: string, value: number): tf.Scalar {
    const before = held.get(name);
    if (before?.value === value) return before.tensor;
    before?.tensor.dispose();
    const tensor = tf.keep(tf.scalar(value));
    held.set(name, { value, tensor });
    return tensor;
  }
}

/**
 * What to divide the weights by: a common factor does not change which picture is best. But float32 can neither square
 * the gradients of very large weights nor tell those of very small ones from Adam's epsilon, and the picture would no
 * longer move.
 */
function unitOf(largest: number): number {
  const [least, most] = usualRange;
  if (largest === 0 || (largest >= least && largest <= most)) return 1;
  return Math.max(Number.MIN_VALUE, largest / usualWeight);
}
