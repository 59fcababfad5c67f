/** The properties of a planned scale that its time depends on. */
export interface PacedScale {
  /** [height, width] in pixels, without the margin. */
  readonly size: readonly [height: number, width: number];
  readonly steps: number;
}

/** The speed of a run, and the time it still takes. */
export interface Pace {
  /** To be called after each step. */
  stepped(): { readonly secondsPerStep: number; readonly secondsLeft: number };
  /** To be called when the run goes on after a pause, which does not count as part of the next step's time. */
  resumed(): void;
}

/** The newest step's share in the rate, which follows a machine that slows down within about ten steps. */
const newestShare = 0.1;

/**
 * The pace of a run. A step's time is assumed to grow with the pixels of its scale, including the margin.
 * @param now the time in milliseconds
 */
export function paceOf(scales: readonly PacedScale[], margin: number, now: () => number): Pace {
  const paced = scales.map(({ size: [height, width], steps }) => ({
    pixels: (height + 2 * margin) * (width + 2 * margin),
    steps,
  }));
  let pixelsLeft = paced.reduce((sum, { pixels, steps }) => sum + pixels * steps, 0);
  let done = 0;
  let scale = 0;
  /** Steps done at the scale. */
  let doneHere = 0;
  let before = now();
  let secondsPerPixel = 0;
  return {
    stepped() {
      const at = now();
      if (doneHere === paced[scale]?.steps) {
        scale++;
        doneHere = 0;
      }
      const here = paced[scale]?.pixels ?? 0;
      const measured = (at - before) / 1000 / here;
      const begins = doneHere === 0;
      // A scale's first step includes preparing its targets, and the run's first step warming up the engine.
      if (done < 2) secondsPerPixel = measured;
      else if (!begins) secondsPerPixel += newestShare * (measured - secondsPerPixel);
      before = at;
      done++;
      doneHere++;
      pixelsLeft -= here;
      return { secondsPerStep: secondsPerPixel * here, secondsLeft: secondsPerPixel * pixelsLeft };
    },
    resumed() {
      before = now();
    },
  };
}
