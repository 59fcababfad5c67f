import type { Picture, Step } from "@brushwork/core";

/** The largest share of a run's time that snapshots may take. */
const largestShare = 0.02;

/** What matters of a step here. */
type ShownStep = Pick<Step, "index" | "picture">;

/** A picture, and the index of the step that painted it. */
export interface KeptPicture {
  readonly picture: Picture;
  readonly step: number;
}

/**
 * Keeps the picture so far, since nothing can be read from a lost device: the first step's, and then as often as is
 * possible while reading takes no more than a small share of the time.
 *
 * @param now the time in milliseconds
 */
export function pictureKeeper(now: () => number): {
  /** The newest kept picture. */
  kept(): KeptPicture | undefined;
  /** Reads and keeps a step's picture. */
  keep(step: ShownStep): Promise<Picture>;
  /** Reads and keeps a step's picture, if it is time to. */
  offer(step: ShownStep): Promise<void>;
} {
  let kept: KeptPicture | undefined;
  let nextAt = Number.NEGATIVE_INFINITY;
  const keep = async (step: ShownStep) => {
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
