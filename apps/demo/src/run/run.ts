import type { EngineName } from "@brushwork/backend-web";

export interface Scale {
  readonly width: number;
  readonly height: number;
  readonly steps: number;
}

/** Where a run stands, for the page to show. */
export interface Run {
  readonly skipped: readonly { readonly engine: EngineName; readonly reason: string }[];
  readonly engine?: EngineName;
  readonly device?: string;
  /** Why weights that were downloaded are not kept for the next time. */
  readonly unkept?: string;
  /** Weights that are being downloaded, bytes. */
  readonly pulling?: { readonly loaded: number; readonly total: number };
  readonly scales: readonly Scale[];
  /** Steps done. */
  readonly index: number;
  readonly total: number;
  /** Of a step, lately. */
  readonly milliseconds: number;
  /** Of a step for each pixel, lately. */
  readonly perPixel: number;
}

export const freshRun: Run = { skipped: [], scales: [], index: 0, total: 0, milliseconds: 0, perPixel: 0 };

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
