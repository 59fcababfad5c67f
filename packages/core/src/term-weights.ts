import * as tf from "@tensorflow/tfjs-core";
import { checkKind, checkNames, kinds } from "./checked-options.js";
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
  /** The weights themselves, in the order of the terms. */
  readonly values: readonly number[];
}

/**
 * Each term's weight as a scalar tensor, which is replaced only when its value changes.
 * @param first the unit of the run's first step, where the run goes on from a later one
 */
export function termWeights(terms: readonly LossTerm[], read: StylizeOptions["weights"], first?: number) {
  const names = terms.map(({ name }) => name);
  const held = new Map<string, { readonly value: number; readonly tensor: tf.Scalar }>();
  return {
    /** The unit of the run's first step; undefined while all weights were 0. */
    get first() {
      return first;
    },
    now(): StepWeights {
      const changed = read?.();
      if (changed !== undefined) {
        checkKind("weights", changed, kinds.record);
        checkNames("weights of the run's losses", Object.keys(changed), names);
      }
      return inUnit(
        terms.map(({ name, weight }) => {
          const value = (changed && Object.hasOwn(changed, name) ? changed[name] : undefined) ?? weight;
          checkWeight(quoted(name), value);
          return value;
        }),
      );
    },
    inUnit,
    dispose() {
      for (const { tensor } of held.values()) tensor.dispose();
    },
  };

  /** Weights that were read before. */
  function inUnit(values: readonly number[]): StepWeights {
    const largest = Math.max(...values);
    if (largest > 0) first ??= isUsual(largest) ? 1 : largest / usualWeight;
    const unit = unitOf(largest, first);
    const scalars = terms.map(({ name }, i) => [name, scalarOf(name, (values[i] ?? 0) / unit)] as const);
    return { unit, values, scalars: Object.fromEntries(scalars) };
  }

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
