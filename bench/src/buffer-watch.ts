import * as tf from "@tensorflow/tfjs-core";

/** The memory of the buffers behind tensors. */
export interface BufferWatch {
  /** Bytes allocated now. */
  readonly bytes: () => number;
  /** Peak since the watch began or the last `reset`, in bytes. */
  readonly peakBytes: () => number;
  /** Starts a new peak. */
  reset(): void;
}

/**
 * Watches the buffers that backends make and free from now on, for as long as the process lives. `tf.memory()` counts
 * a reshaped tensor, which shares its buffer with another, as if it were a copy.
 */
export function watchBuffers(): BufferWatch {
  const sizes = new WeakMap<object, number>();
  let bytes = 0;
  let peakBytes = 0;
  const storage = tf.DataStorage.prototype;
  const { set, delete: free } = storage;
  storage.set = function (dataId, value) {
    if (!sizes.has(dataId)) {
      sizes.set(dataId, sizeOf(value));
      bytes += sizeOf(value);
      peakBytes = Math.max(peakBytes, bytes);
    }
    set.call(this, dataId, value);
  };
  storage.delete = function (dataId) {
    bytes -= sizes.get(dataId) ?? 0;
    sizes.delete(dataId);
    return free.call(this, dataId);
  };
  return {
    bytes: () => bytes,
    peakBytes: () => peakBytes,
    reset() {
      peakBytes = bytes;
    },
  };
}

/** Bytes of a buffer, by the shape that the backends of Node and WebAssembly store: four for each number here. */
function sizeOf({ shape = [] }: { readonly shape?: number[] }): number {
  return 4 * tf.util.sizeFromShape(shape);
}
