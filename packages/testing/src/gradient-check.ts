import { assert, largestMagnitude } from "./assertions.js";
import type { Slope } from "./numeric-gradient.js";
import type { Values } from "./tensors.js";

/** Flat indices spread evenly over a tensor, including the first and the last; all if there are at most `count`. */
export function spread(size: number, count: number): number[] {
  if (size <= count) return Array.from({ length: size }, (_, i) => i);
  return Array.from({ length: count }, (_, i) => Math.round((i * (size - 1)) / (count - 1)));
}

/**
 * Checks that a gradient equals the numeric one, up to `tolerance` times the largest slope and to each slope's own
 * uncertainty.
 *
 * @param gradient all of its values, which are compared at the slopes' positions
 */
export function assertGradient(
  gradient: Values,
  numeric: readonly Slope[],
  what: string,
  tolerance: number,
): void {
  const slack = tolerance * largestMagnitude(numeric.map(({ slope }) => slope));
  for (const { position, slope, bend } of numeric) {
    const got = gradient[position] ?? Number.NaN;
    assert(
      Math.abs(got - slope) <= slack + bend,
      `Expected ${what} to be ${slope.toPrecision(4)} at index ${position}, got ${got.toPrecision(4)}.`,
    );
  }
}
