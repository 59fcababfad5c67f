import * as tf from "@tensorflow/tfjs-core";
import { checkWeight } from "./checks.js";
import type { LossTerm } from "./loss.js";
import { quoted } from "./printable.js";
import type { StylizeOptions } from "./run-options.js";

/** The largest weight is kept in this range. */
const [least, most] = [0.1, 2 ** 20];

/** What the largest weight becomes where a run begins outside the range: the largest one of the default preset. */
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
  let first: number | undefined;
  return {
    now(): StepWeights {
      const changed = read?.();
      const values = terms.map(({ name, weight }) => {
        const value = (changed && Object.hasOwn(changed, name) ? changed[name] : undefined) ?? weight;
        checkWeight(quoted(name), value);
        return { name, value };
      });
      const largest = Math.max(...values.map(({ value }) => value));
      if (largest > 0) first ??= isUsual(largest) ? 1 : largest / usualWeight;
      const unit = unitOf(largest, first);
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
 * longer move. During a run it never jumps, since Adam's averages have the unit of the steps before.
 *
 * @param first the unit of the run's first step
 */
function unitOf(largest: number, first = 1): number {
  if (largest === 0) return first;
  const unit = Math.min(Math.max(first, largest / most), largest / least);
  return Math.max(Number.MIN_VALUE, unit);
}

function isUsual(largest: number): boolean {
  return largest >= least && largest <= most;
}
