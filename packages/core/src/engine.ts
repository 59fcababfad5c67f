import type { DeviceLost } from "./errors.js";

/**
 * Where tensors run: a started TensorFlow.js backend.
 *
 * One at a time in a process, since TensorFlow.js has one global engine. Backend packages start engines;
 * a second start before `stop` is an error there.
 */
export interface Engine {
  /** What the user chose it by: "native", "wasm", "webgpu" … */
  readonly name: string;
  /** What it runs on, for people: "TensorFlow 2.9.1, 8 threads". */
  readonly device: string;
  /** Bytes of the largest single tensor. */
  readonly largestTensorBytes: number;
  /** Bytes that all tensors of a run may take together. */
  readonly memoryBytes: number;
  /** Resolves, with the reason, when the device is gone; for most engines it never does. */
  readonly lost: Promise<DeviceLost>;
  /** Resolves when the queued work is done. Reads nothing back: for back-pressure and for timing. */
  settle(): Promise<void>;
  /** Gives pooled memory back, between scales. */
  trim(): void;
  /** Frees everything; another engine can be started afterwards. */
  stop(): Promise<void>;
}
