import type { RunControl } from "./run.js";

/** What a user can do to a run while it goes on. */
export interface RunControls {
  /** Waits after the running step. */
  pause(): void;
  resume(): void;
  /** Ends after the running step; the last picture comes all the same. */
  stop(): void;
  /** By term; from the next step on. A term that is left out keeps its weight. */
  setWeights(weights: Readonly<Record<string, number>>): void;
}

/** Controls, and what a run asks them. */
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
