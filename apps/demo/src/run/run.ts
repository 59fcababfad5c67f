/** State of a run, as the page shows it. */
export interface Run {
  readonly skipped: readonly { readonly engine: string; readonly reason: string }[];
  readonly engine?: string;
  readonly device?: string;
  /** Scales that are not painted, since a picture is too small there. */
  readonly leftOut: readonly {
    readonly what: "content" | "style";
    readonly width: number;
    readonly height: number;
    readonly least: number;
  }[];
  /** Why the run went back to an earlier image, each time with half the learning rate. */
  readonly wentBack: readonly string[];
  /** Numbers of the paintings, from 1, whose masks have another shape than the photograph. */
  readonly stretchedMasks: readonly number[];
  /** Pictures of others that a server paints first. */
  readonly before?: number;
  /** Which of several pictures this one is. */
  readonly part?: { readonly number: number; readonly of: number };
  /** The weights that the preset names, where others are used. */
  readonly otherWeights?: string;
  /** Why downloaded weights are not kept for next time. */
  readonly unkept?: string;
  /** Weights that are being downloaded, bytes. */
  readonly pulling?: { readonly received: number; readonly total: number };
  /** Number of completed steps. */
  readonly index: number;
  readonly total: number;
  /** Smoothed over the latest steps. */
  readonly secondsPerStep: number;
  readonly secondsLeft: number;
}

export const freshRun: Run = {
  skipped: [],
  leftOut: [],
  wentBack: [],
  stretchedMasks: [],
  index: 0,
  total: 0,
  secondsPerStep: 0,
  secondsLeft: 0,
};

/** ready: nothing was painted yet. opening: before the first step. failed: with or without a picture so far. */
export type Phase =
  | "ready"
  | "opening"
  | "painting"
  | "pausing"
  | "paused"
  | "stopping"
  | "painted"
  | "failed";

export function isRunning(phase: Phase): boolean {
  return !["ready", "painted", "failed"].includes(phase);
}
