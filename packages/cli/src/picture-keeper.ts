import type { Picture, Step } from "@brushwork/core";

/** Of a run's time, what reading pictures may take that only a failure would need. */
const largestShare = 0.02;

export interface KeptPicture {
  readonly picture: Picture;
  readonly step: number;
}

/**
 * Keeps the picture so far, since from a device that is lost nothing can be read any more: the first step's, and then
 * as often as reading takes no more than a small share of the time.
 *
 * @param now milliseconds
 */
export function pictureKeeper(now: () => number): {
  /** The newest that was kept. */
  kept(): KeptPicture | undefined;
  /** Keeps a step's picture, if it is time to. */
  offer(step: Step): Promise<void>;
} {
  let kept: KeptPicture | undefined;
  let nextAt = Number.NEGATIVE_INFINITY;
  return {
    kept: () => kept,
    async offer(step) {
      const beganAt = now();
      if (beganAt < nextAt) return;
      kept = { picture: await step.picture(), step: step.index };
      const endedAt = now();
      nextAt = endedAt + (endedAt - beganAt) / largestShare;
    },
  };
}
