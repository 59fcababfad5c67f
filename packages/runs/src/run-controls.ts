import type { RunControl } from "./run.js";

/** What a user can do to a run in progress. */
export interface RunControls {
  /** Makes the run wait after the current step. */
  pause(): void;
  /** Ends a pause. */
  resume(): void;
  /** Ends the run after the current step, with its last picture. */
  stop(): void;
  /** Changes weights, by term name, from the next step on. A term that is left out keeps its weight. */
  setWeights(weights: Readonly<Record<string, number>>): void;
}

/** Controls for a run: the functions to call, and the `RunControl` to give to `run`. */
export function runControls(): RunControls &
  Required<Pick<RunControl, "stopped" | "paused" | "weights" | "resumed">> {
  let stopped = false;
  let weights: Readonly<Record<string, number>> = {};
  let pause: { readonly over: Promise<void>; end(): void } | undefined;
  const go = () => {
    pause?.end();
    pause = undefined;
  };
  return {
    get stopped() {
      return stopped;
    },
    get paused() {
      return pause !== undefined;
    },
    get weights() {
      return weights;
    },
    resumed: async () => pause?.over,
    pause() {
      pause ??= beginning();
    },
    resume: go,
    stop() {
      stopped = true;
      go();
    },
    setWeights(changed) {
      weights = { ...weights, ...changed };
    },
  };
}

function beginning(): { readonly over: Promise<void>; end(): void } {
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { over, end: () => end() };
}
