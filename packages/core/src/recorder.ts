import type { Scalar, Tensor } from "@tensorflow/tfjs-core";

/** Repeats a computation on the device, where the host need not work it out anew each time. */
export interface Recorder {
  /**
   * Computes, or has the device repeat what was computed before.
   *
   * @param inputs the tensors that may be others at each call, always as many and of the same shapes
   * @param numbers float32 numbers that may be others at each call, always as many
   * @param compute a pure function of the inputs and of tensors that stay the same; it gets the numbers as scalars, is
   * called inside a `tidy`, and not at every call
   * @returns the tensors that `compute` returns, or others with their values; the caller owns them
   */
  run(
    inputs: readonly Tensor[],
    numbers: readonly number[],
    compute: (numbers: readonly Scalar[]) => readonly Tensor[],
  ): readonly Tensor[];
  /** Why it computes each time, in a few words that follow a colon; undefined while it repeats or may come to. */
  readonly refusal: string | undefined;
  /** Frees what it holds. Tensors that it has returned keep their values. */
  dispose(): void;
}
