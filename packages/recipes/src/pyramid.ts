import type { Scale } from "@brushwork/core";

/** The coarsest size worth painting: below it a layer such as relu5_1 has a handful of positions left. */
const smallestSize = 64;

/** How much a size grows to the next where nothing says otherwise. */
const usualFactor = 2;

/**
 * Sizes from coarse to fine, each larger than the one before by the same factor; those too coarse to be worth painting
 * are left out, but never the last.
 *
 * @param options `size`: the longer side of the last one, in pixels; `scales`: how many at most; `steps`: the steps of
 * each, or those of all scales from coarse to fine, of which the last ones are taken and the first is repeated;
 * `factor`: above 1, 2 by default
 */
export function pyramid({
  size,
  scales,
  steps,
  factor = usualFactor,
}: {
  readonly size: number;
  readonly scales: number;
  readonly steps: number | readonly number[];
  readonly factor?: number;
}): readonly Scale[] {
  const all = typeof steps === "number" ? [steps] : steps;
  return Array.from({ length: scales }, (_, i) => scales - 1 - i)
    .map((coarser) => ({
      size: Math.round(size / factor ** coarser),
      steps: all[Math.max(0, all.length - 1 - coarser)] ?? 1,
    }))
    .filter((scale, i) => scale.size >= smallestSize || i === scales - 1);
}

/**
 * The scales of a recipe for another size. The coarsest stays about as large as it was, so that a larger picture gets
 * more scales, its first strokes as broad as before; each scale keeps the steps of the one that was as far from the
 * finest. A recipe of one scale keeps to one.
 *
 * @param before scales from coarse to fine; sizes that are a width and a height keep that shape
 * @param options `size`: the longer side of the last scale, or its width and height; `scales`: how many at most;
 * `factor`: how much each is larger than the one before. What is absent follows from `before`.
 */
export function rescaled(
  before: readonly Scale[],
  {
    size = before.at(-1)?.size ?? smallestSize,
    scales,
    factor = factorOf(before),
  }: { readonly size?: Scale["size"]; readonly scales?: number; readonly factor?: number },
): readonly Scale[] {
  const longer = longerSide(size);
  const levels = pyramid({
    size: longer,
    scales: scales ?? countFor(longer, before, factor),
    steps: before.map(({ steps }) => steps),
    factor,
  });
  if (typeof size === "number") return levels;
  const side = (length: number, level: Scale) =>
    Math.max(1, Math.round((length * longerSide(level.size)) / longer));
  return levels.map((level) => ({ ...level, size: [side(size[0], level), side(size[1], level)] }));
}

function longerSide(size: Scale["size"]): number {
  return typeof size === "number" ? size : Math.max(...size);
}

/** How much each scale is larger than the one before, on average. */
function factorOf(scales: readonly Scale[]): number {
  const [first, last] = [scales[0], scales.at(-1)];
  if (first === undefined || last === undefined || scales.length < 2) return usualFactor;
  const factor = (longerSide(last.size) / longerSide(first.size)) ** (1 / (scales.length - 1));
  return factor > 1 ? factor : usualFactor;
}

/** How many scales lead from the coarsest size there was to another finest one. */
function countFor(size: number, before: readonly Scale[], factor: number): number {
  const coarsest = before[0];
  if (coarsest === undefined || before.length < 2) return 1;
  return Math.max(1, 1 + Math.round(Math.log(size / longerSide(coarsest.size)) / Math.log(factor)));
}
