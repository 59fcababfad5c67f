import type { Precision } from "@brushwork/backend-node";

/** What a report was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly platform: string;
  readonly node: string;
  /** Instructions that convolutions profit from, where the system names them. */
  readonly instructions: readonly string[];
  /** Processes that wanted a core, averaged over the minute before: noise, where it is not near 0. */
  readonly load: number;
  readonly date: string;
}

/** One engine's step at one size. */
export interface Row {
  readonly engine: string;
  readonly precision: Precision;
  readonly network: string;
  /** Pixels of each side. */
  readonly size: number;
  readonly msPerStep: number;
  readonly gflops: number;
  /** Of the best rate that any of the network's own convolutions reached alone, in the same run. */
  readonly shareOfBestConvolution: number;
  /** How many times faster than the same step by TensorFlow.js's tape; measured at 128 only. */
  readonly timesPlainGrad: number | null;
  /** The most that tensors took; on a GPU, what was allocated there. */
  readonly peakBytes: number;
}

/** What a file of `--json` holds. */
export interface Report {
  readonly machine: Machine;
  readonly rows: readonly Row[];
}

/** Where the time of one step went, by what kernels do. */
export type Profile = Readonly<Record<string, number>>;

/** A row with what only the table shows. */
export interface MeasuredRow extends Row {
  readonly device: string;
  /** Interquartile range of the step's times as a share of their median. */
  readonly noise: number;
  /** Of the rate at which the convolutions of a forward pass run alone, together. */
  readonly shareOfForward: number;
  /** Milliseconds by kind; absent where kernels only queue their work. */
  readonly profile?: Profile;
}

/** What a file of `--json` holds of a row. */
export function published({
  engine,
  precision,
  network,
  size,
  msPerStep,
  gflops,
  shareOfBestConvolution,
  timesPlainGrad,
  peakBytes,
}: Row): Row {
  return {
    engine,
    precision,
    network,
    size,
    msPerStep,
    gflops,
    shareOfBestConvolution,
    timesPlainGrad,
    peakBytes,
  };
}
