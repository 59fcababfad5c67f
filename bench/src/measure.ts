import { type Spread, spread } from "./statistics.js";

/** How long one kind of work may be repeated. */
export interface Patience {
  /** Runs that do not count; a single one if they are slow. */
  readonly warmUps: number;
  /** Smallest number of repetitions; a single run is enough if it takes longer than `seconds`. */
  readonly least: number;
  /** Largest number of repetitions. */
  readonly most: number;
  /** Time after which warming up stops, and then after which repeating stops. */
  readonly seconds: number;
}

/**
 * The time that work takes, in milliseconds, after warming up.
 * @param work resolves when the work is done, not when it is queued
 */
export async function measure(work: () => Promise<void>, patience: Patience): Promise<Spread> {
  const start = performance.now();
  for (let i = 0; i < patience.warmUps && (i === 0 || !over(start)); i++) await work();
  const times: number[] = [];
  const least = over(start) ? 1 : patience.least;
  const warm = performance.now();
  while (times.length < least || (times.length < patience.most && !over(warm))) {
    const begin = performance.now();
    await work();
    times.push(performance.now() - begin);
  }
  return spread(times);

  function over(since: number): boolean {
    return performance.now() - since > patience.seconds * 1000;
  }
}
