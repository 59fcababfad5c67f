import type { EngineName, Precision } from "@brushwork/backend-node";
import type { MeasuredRow } from "./report.js";

/** The measurements of one process. */
export interface Job {
  readonly engine: EngineName;
  readonly precision: Precision;
  /** Sizes in pixels to measure on a real device, and on a GPU in software. */
  readonly sizes: { readonly hardware: readonly number[]; readonly software: readonly number[] };
  /** Time for the repetitions of a step, for each size. */
  readonly seconds: number;
}

/** A message from the process: a row, or the reason why there is none. */
export type Message = { readonly row: MeasuredRow } | { readonly trouble: string };
