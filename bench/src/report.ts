import type { Precision } from "@brushwork/backend-node";

/** The machine that a report was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly platform: string;
  readonly node: string;
  /** Instruction sets that speed up convolutions, where the system lists them. */
  readonly instructions: readonly string[];
  /** Load average of the minute before; well above 0, it means noise. */
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
  /** Share of the best rate that any of the network's convolutions reached by itself, in the same run. */
  readonly shareOfBestConvolution: number;
  /** How many times faster it is than the same step with TensorFlow.js's tape; measured only at 128². */
  readonly timesPlainGrad: number | null;
  /** Peak memory of tensors; on a GPU, the memory allocated there. */
  readonly peakBytes: number;
}

/** The content of a file that `--json` writes. */
export interface Report {
  readonly machine: Machine;
  readonly rows: readonly Row[];
}

/** Milliseconds of one step by kind of kernel. */
export type Profile = Readonly<Record<string, number>>;

/** A row with figures that only the table shows. */
export interface MeasuredRow extends Row {
  readonly device: string;
  /** Interquartile range of the step's times as a share of their median. */
  readonly noise: number;
  /** Share of the rate of all convolutions of a forward pass, each run by itself. */
  readonly shareOfForward: number;
  /** Milliseconds by kind; absent where kernels only queue their work. */
  readonly profile?: Profile;
}

/** The part of a row that `--json` writes. */
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
