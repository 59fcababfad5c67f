/** Where a run stands, for the page to show. */
export interface Run {
  readonly skipped: readonly { readonly engine: string; readonly reason: string }[];
  readonly engine?: string;
  readonly device?: string;
  /** Why weights that were downloaded are not kept for the next time. */
  readonly unkept?: string;
  /** Weights that are being downloaded, bytes. */
  readonly pulling?: { readonly received: number; readonly total: number };
  /** Steps done. */
  readonly index: number;
  readonly total: number;
  /** Lately. */
  readonly secondsPerStep: number;
  readonly secondsLeft: number;
}

export const freshRun: Run = { skipped: [], index: 0, total: 0, secondsPerStep: 0, secondsLeft: 0 };

/** ready: nothing was painted yet. opening: until the first step. failed: with a picture so far, or without. */
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
