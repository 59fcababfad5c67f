/** What the time of a planned scale depends on. */
export interface PacedScale {
  readonly size: readonly [height: number, width: number];
  readonly steps: number;
}

/** How fast a run goes, and how long it still takes. */
export interface Pace {
  /** To be called after each step. */
  stepped(): { readonly secondsPerStep: number; readonly secondsLeft: number };
  /** To be called where the run goes on after a pause, which is no part of the next step's time. */
  resumed(): void;
}

/** How much the newest step counts: the rate follows a machine that slows down within some ten steps. */
const newestShare = 0.1;

/**
 * The pace of a run: a step's time is taken to grow with the pixels of its scale, margin included.
 * @param now milliseconds
 */
export function paceOf(scales: readonly PacedScale[], margin: number, now: () => number): Pace {
  const pixels = scales.flatMap(({ size: [height, width], steps }) =>
    Array.from({ length: steps }, () => (height + 2 * margin) * (width + 2 * margin)),
  );
  let pixelsLeft = pixels.reduce((sum, count) => sum + count, 0);
  let done = 0;
  let before = now();
  let secondsPerPixel = 0;
  return {
    stepped() {
      const at = now();
      const here = pixels[done] ?? 0;
      const measured = (at - before) / 1000 / here;
      const begins = here !== pixels[done - 1];
      // A scale's first step includes its targets, and the run's first one the engine's warming up.
      if (done < 2) secondsPerPixel = measured;
      else if (!begins) secondsPerPixel += newestShare * (measured - secondsPerPixel);
      before = at;
      done++;
      pixelsLeft -= here;
      return { secondsPerStep: secondsPerPixel * here, secondsLeft: secondsPerPixel * pixelsLeft };
    },
    resumed() {
      before = now();
    },
  };
}
