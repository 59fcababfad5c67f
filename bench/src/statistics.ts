/** The distribution of repeated measurements. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  /** The interquartile range as a share of the median: 0 on a machine without noise. */
  readonly noise: number;
}

/**
 * The distribution of some values.
 * @throws {RangeError} when there are none
 */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("Expected at least one measurement, got none.");
  const sorted = values.toSorted((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  return {
    median,
    least: quantile(sorted, 0),
    noise: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / median,
  };
}

/** The value at a share of the sorted values, interpolated linearly between neighbours. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
