/** The work of a scale, in a unit of one's choice. */
export interface PacedScale {
  /** Work on the targets, which the first step waits for. */
  readonly targets: number;
  /** Work of each step. */
  readonly step: number;
  readonly steps: number;
}

/** The speed of a run, and the time it still takes. */
export interface Pace {
  /** To be called after each step. */
  stepped(): { readonly secondsPerStep: number; readonly secondsLeft: number };
  /** To be called after the last step of a scale. */
  ended(): void;
  /** To be called when the run goes on after a pause, which does not count as part of the next step's time. */
  resumed(): void;
}

/** The newest step's share in the rate, which follows a machine that slows down within about ten steps. */
const newestShare = 0.1;

/**
 * The pace of a run. Time is assumed to grow with the work.
 * @param now the time in milliseconds
 */
export function paceOf(scales: readonly PacedScale[], now: () => number): Pace {
  let workLeft = scales.reduce((sum, { targets, step, steps }) => sum + targets + steps * step, 0);
  let scale = 0;
  /** Steps done at the scale. */
  let doneHere = 0;
  let done = 0;
  let before = now();
  let secondsPerWork = 0;
  return {
    stepped() {
      const at = now();
      const { targets, step } = scales[scale] ?? { targets: 0, step: 1 };
      const work = doneHere === 0 ? targets + step : step;
      const measured = (at - before) / 1000 / work;
      // The run's first step includes warming up the engine, and a scale's first step new sizes of everything.
      if (done < 2) secondsPerWork = measured;
      else if (doneHere > 0) secondsPerWork += newestShare * (measured - secondsPerWork);
      before = at;
      done++;
      doneHere++;
      workLeft -= work;
      return { secondsPerStep: secondsPerWork * step, secondsLeft: secondsPerWork * Math.max(0, workLeft) };
    },
    ended() {
      const { step = 0, steps = 0 } = scales[scale] ?? {};
      workLeft -= (steps - doneHere) * step;
      scale++;
      doneHere = 0;
    },
    resumed() {
      before = now();
    },
  };
}
