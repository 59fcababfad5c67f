import { signal } from "@preact/signals";

/** The losses of a run by term, as the columns of a chart. They grow in place; `version` tells when. */
export interface LossCurves {
  readonly steps: number[];
  readonly terms: Map<string, number[]>;
  readonly version: number;
}

/** More points than a chart has pixels are thinned out. */
const mostPoints = 2000;

export const losses = signal<LossCurves>(freshCurves());

let every = 1;

export function clearLosses(): void {
  every = 1;
  losses.value = freshCurves();
}

/** Draws nothing by itself: see `showLosses`. */
export function addLosses(index: number, values: Readonly<Record<string, number>>): void {
  if (index % every !== 0) return;
  const { steps, terms } = losses.peek();
  steps.push(index);
  for (const [name, value] of Object.entries(values)) {
    const curve = terms.get(name) ?? [];
    if (curve.length === 0) terms.set(name, curve);
    curve.push(value);
  }
  if (steps.length < mostPoints) return;
  every *= 2;
  for (const column of [steps, ...terms.values()]) {
    const kept = column.filter((_, i) => i % 2 === 1);
    column.splice(0, column.length, ...kept);
  }
}

/** Tells the chart that losses were added. */
export function showLosses(): void {
  const { steps, terms, version } = losses.peek();
  losses.value = { steps, terms, version: version + 1 };
}

function freshCurves(): LossCurves {
  return { steps: [], terms: new Map(), version: 0 };
}
