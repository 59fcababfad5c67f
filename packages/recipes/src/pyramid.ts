import type { Scale } from "@brushwork/core";

/** The coarsest size worth painting: below it a layer such as relu5_1 has a handful of positions left. */
const smallestSize = 64;

/**
 * Sizes from coarse to fine, each half the next; those too coarse to be worth it are left out.
 *
 * @param options `size`, the longer side of the last one; `scales`, how many at most; `steps` at each
 */
export function pyramid({
  size,
  scales,
  steps,
}: {
  readonly size: number;
  readonly scales: number;
  readonly steps: number;
}): readonly Scale[] {
  return Array.from({ length: scales }, (_, i) => Math.round(size / 2 ** (scales - 1 - i)))
    .filter((side, i) => side >= smallestSize || i === scales - 1)
    .map((side) => ({ size: side, steps }));
}
