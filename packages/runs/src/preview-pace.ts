import type { RunControl } from "./run.js";
import type { RunEvent } from "./run-event.js";

/** Decides which pictures of a run are shown while it paints. */
export interface PreviewPace {
  /** Whether a picture is due; it is a run's `wantsPicture`. */
  readonly due: NonNullable<RunControl["wantsPicture"]>;
  /** To be called with each event of the run. */
  saw(event: RunEvent): void;
}

/**
 * Previews at most every so often, and at the end of each scale.
 *
 * @param every in milliseconds
 * @param now the time in milliseconds
 */
export function previewPace(every: number, now: () => number): PreviewPace {
  let shownAt = now();
  return {
    due: ({ index, ends }) => index > 0 && (ends || now() - shownAt >= every),
    saw({ type }) {
      if (type === "planned" || type === "picture") shownAt = now();
    },
  };
}
