import { signal } from "@preact/signals";
import { type ThinnedList, thinnedList } from "./thinned-list.js";

/** The losses of a run, as the columns of a chart. */
export interface LossCurves {
  readonly steps: readonly number[];
  /** Losses by term, one for each of the steps; NaN where a step has none of that term. */
  readonly terms: ReadonlyMap<string, readonly number[]>;
}

interface Point {
  readonly step: number;
  readonly losses: Readonly<Record<string, number>>;
}

/** More points than a chart has pixels. */
const mostPoints = 2000;

let points: ThinnedList<Point> = thinnedList(mostPoints);

export const losses = signal<LossCurves>(curvesOf([]));

export function clearLosses(): void {
  points = thinnedList(mostPoints);
  showLosses();
}

/** Draws nothing by itself; see `showLosses`. */
export function addLosses(step: number, values: Readonly<Record<string, number>>): void {
  points.offer(() => ({ step, losses: values }));
}

/** Shows the losses that were added. */
export function showLosses(): void {
  losses.value = curvesOf(points.entries);
}

function curvesOf(entries: readonly Point[]): LossCurves {
  const names = Object.keys(entries.at(-1)?.losses ?? {});
  return {
    steps: entries.map(({ step }) => step),
    terms: new Map(
      names.map((name) => [name, entries.map(({ losses: values }) => values[name] ?? Number.NaN)]),
    ),
  };
}
