import type { Picture, Step } from "@brushwork/core";

/** Largest share of a run's time that snapshots may take. */
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
  /** Keeps a step's picture, which is read anyway. */
  keep(step: Step): Promise<Picture>;
  /** Keeps a step's picture, if it is time to. */
  offer(step: Step): Promise<void>;
} {
  let kept: KeptPicture | undefined;
  let nextAt = Number.NEGATIVE_INFINITY;
  const keep = async (step: Step) => {
    const beganAt = now();
    const picture = await step.picture();
    kept = { picture, step: step.index };
    const endedAt = now();
    nextAt = endedAt + (endedAt - beganAt) / largestShare;
    return picture;
  };
  return {
    kept: () => kept,
    keep,
    async offer(step) {
      if (now() >= nextAt) await keep(step);
    },
  };
}
