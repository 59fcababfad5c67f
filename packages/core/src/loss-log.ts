import * as tf from "@tensorflow/tfjs-core";
import { Diverged } from "./errors.js";
import { settlingSteps } from "./settled.js";

/** The number of total losses that are kept. */
const mostTotals = 2 * settlingSteps;

type Losses = Readonly<Record<string, number>>;

interface Entry {
  readonly step: number;
  readonly terms: Readonly<Record<string, tf.Scalar>>;
  readonly unit: number;
}

/** The losses of a run's steps, which stay on the device until several are read at once. */
export interface LossLog {
  /**
   * Adds a step's losses.
   * @param terms weighted losses, scalars by term name; the log frees them
   * @param unit what the weights were divided by
   */
  add(step: number, terms: Entry["terms"], unit: number): void;
  /**
   * The latest step's losses by term name, and their sum as "total".
   * @throws {Diverged} when a loss of that step, or of an earlier one, is not finite; it names the first
   */
  read(): Promise<Losses>;
  /** The total losses of the latest steps that were read, the oldest first. */
  readonly totals: readonly number[];
  /** Forgets a divergence, since the run has gone back before it. */
  wentBack(): void;
  dispose(): void;
}

/**
 * A log.
 * @param before total losses that were read before, the oldest first
 * @param losses those to read before any are added
 */
export function lossLog(before: readonly number[] = [], losses?: Losses): LossLog {
  let unread: Entry[] = [];
  let latest = losses && Promise.resolve(losses);
  let divergence: Diverged | undefined;
  const totals = [...before];
  const take = () => {
    const taken = unread;
    unread = [];
    return taken;
  };
  const addTotal = (total: number) => {
    totals.push(total);
    if (totals.length > mostTotals) totals.shift();
  };
  return {
    add(step, terms, unit) {
      unread.push({ step, terms, unit });
    },
    totals,
    async read() {
      if (unread.length > 0) latest = readEntries(take(), addTotal);
      if (latest === undefined) throw new Error("Expected losses to read, got none.");
      let found: Losses;
      try {
        found = await latest;
      } catch (error) {
        if (!(error instanceof Diverged)) throw error;
        divergence ??= error;
        throw divergence;
      }
      // Later losses may be finite again, by chance or by their nature.
      if (divergence !== undefined) throw divergence;
      return found;
    },
    wentBack() {
      divergence = undefined;
    },
    dispose() {
      tf.dispose(take().map(({ terms }) => terms));
    },
  };
}

async function readEntries(entries: readonly Entry[], addTotal: (total: number) => void): Promise<Losses> {
  const scalars = entries.flatMap(({ terms }) => Object.values(terms));
  let packed: tf.Tensor | undefined;
  try {
    packed = tf.stack(scalars);
  } finally {
    tf.dispose(scalars);
  }
  let values: readonly number[];
  try {
    values = Array.from(await packed.data());
  } finally {
    packed.dispose();
  }
  let next = 0;
  let losses: Losses = {};
  for (const { step, terms, unit } of entries) {
    const found = Object.keys(terms).map((term) => {
      const value = values[next++] ?? Number.NaN;
      if (!Number.isFinite(value)) throw new Diverged({ step, term, value });
      return [term, value * unit] as const;
    });
    const total = found.reduce((sum, [, value]) => sum + value, 0);
    losses = { ...Object.fromEntries(found), total };
    addTotal(total);
  }
  return losses;
}
