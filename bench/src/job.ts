import type { EngineName, Precision } from "@brushwork/backend-node";
import type { MeasuredRow } from "./report.js";

/** What one process is to measure. */
export interface Job {
  readonly engine: EngineName;
  readonly precision: Precision;
  /** On a real device, and on a software adapter for GPUs. */
  readonly sizes: { readonly hardware: readonly number[]; readonly software: readonly number[] };
  /** For the repetitions of one step. */
  readonly seconds: number;
}

/** What it sends: a row, or why there is none. */
export type Message = { readonly row: MeasuredRow } | { readonly trouble: string };
