import { type Spread, spread } from "./statistics.js";

/** How long one kind of work may be repeated. */
export interface Patience {
  /** Runs that do not count; where they are slow, one has to do. */
  readonly warmUps: number;
  /** Repeats at least this often; once, where a single run takes longer than `seconds`. */
  readonly least: number;
  readonly most: number;
  /** Stops warming up, and repeating, after this time each. */
  readonly seconds: number;
}

/**
 * Milliseconds that work takes, after warming up.
 * @param work resolves when it is really done, not only queued
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
