import type { Scale } from "@brushwork/core";
import { checkOptions, either, kinds, wholeNumber } from "@brushwork/core/reading";
import { limits } from "./recipe.js";

/** The coarsest size worth painting, in pixels: below it a layer such as relu5_1 has only a handful of positions. */
const smallestSize = 64;

/** The default factor from one size to the next. */
const usualFactor = 2;

const pyramidKinds = {
  size: wholeNumber(1),
  scales: wholeNumber(1),
  steps: either(wholeNumber(1), kinds.numbers),
  factor: kinds.number,
};

/**
 * Scales from coarse to fine, each larger than the one before by the same factor. Those too coarse to be worth painting
 * are left out, but never the last.
 *
 * @param options `size`: the longer side of the last scale, in pixels; `scales`: the largest number of scales; `steps`:
 * the steps of every scale, or a list from coarse to fine, whose last entry belongs to the last scale, and whose first
 * is repeated where there are more scales; `factor`: above 1, 2 by default
 */
export function pyramid(options: {
  readonly size: number;
  readonly scales: number;
  readonly steps: number | readonly number[];
  readonly factor?: number;
}): readonly Scale[] {
  checkOptions("pyramid", options, pyramidKinds, ["size", "scales", "steps"]);
  const { size, scales, steps, factor = usualFactor } = options;
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
 * more scales and equally broad first strokes. Counted from the finest, each scale keeps its steps. A recipe with one
 * scale still has one.
 *
 * @param before scales from coarse to fine; sizes given as a width and a height keep their shape
 * @param options `size`: the longer side of the last scale, or its width and height; `scales`: the largest number of
 * scales; `factor`: from each scale to the next. Whatever is absent follows from `before`.
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

/** The factor from one scale to the next, on average. */
function factorOf(scales: readonly Scale[]): number {
  const [first, last] = [scales[0], scales.at(-1)];
  if (first === undefined || last === undefined || scales.length < 2) return usualFactor;
  const factor = (longerSide(last.size) / longerSide(first.size)) ** (1 / (scales.length - 1));
  return factor > 1 ? factor : usualFactor;
}

/** The number of scales from the previous coarsest size to a new finest one. */
function countFor(size: number, before: readonly Scale[], factor: number): number {
  const coarsest = before[0];
  if (coarsest === undefined || before.length < 2) return 1;
  const count = 1 + Math.round(Math.log(size / longerSide(coarsest.size)) / Math.log(factor));
  return Math.min(Math.max(1, count), limits.scales);
}
