import type { Scale } from "./run.js";

/**
 * How long the rest of a run takes: the time of a step grows with its pixels.
 *
 * @param done steps
 * @param perPixel milliseconds, of a step, lately
 */
export function timeLeft(scales: readonly Scale[], done: number, perPixel: number): number {
  let before = 0;
  let pixels = 0;
  for (const { width, height, steps } of scales) {
    const left = Math.min(steps, Math.max(0, before + steps - done));
    pixels += left * width * height;
    before += steps;
  }
  return pixels * perPixel;
}

/** A duration in plain words, rounded as one would say it. */
export function spoken(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return plural(Math.max(1, seconds), "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return plural(minutes, "minute");
  return `${plural(Math.floor(minutes / 60), "hour")} ${plural(minutes % 60, "minute")}`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
