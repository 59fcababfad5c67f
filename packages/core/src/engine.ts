import type { DeviceLost } from "./errors.js";
import type { Recorder } from "./recorder.js";

/**
 * Where tensors run: a started TensorFlow.js backend.
 *
 * There is at most one per process, since TensorFlow.js has one global engine. The backend packages start engines, and
 * refuse to start a second one before `stop`.
 */
export interface Engine {
  /** The name that users choose it by: "native", "wasm", "webgpu" … */
  readonly name: string;
  /** Readable description of what it runs on, such as "TensorFlow 2.9.1, 8 threads". */
  readonly device: string;
  /** Largest size of a single tensor, in bytes. */
  readonly largestTensorBytes: number;
  /** Memory that all tensors of a run may take together, in bytes. */
  readonly memoryBytes: number;
  /**
   * Memory taken for each byte of a run's tensors: kernels need some for themselves, and free memory is fragmented.
   * @default 1
   */
  readonly overhead?: number;
  /**
   * Whether the memory is used up, so that it caused this error, or a result may be wrong. Absent on an engine whose
   * errors say so.
   */
  exhausted?(error?: unknown): boolean;
  /** Resolves with the reason when the device is lost; on most engines it never does. */
  readonly lost: Promise<DeviceLost>;
  /** Resolves when the queued work is done, for back-pressure and timing. Reads nothing back. */
  settle(): Promise<void>;
  /**
   * Makes a recorder, for the steps of one scale. Absent on an engine on which giving the commands takes no time worth
   * saving.
   */
  recorder?(): Recorder;
  /** Releases pooled memory; called between scales. */
  trim(): void;
  /** Frees everything; another engine can be started afterwards. */
  stop(): Promise<void>;
}
