import * as tf from "@tensorflow/tfjs-core";

/** Bytes of the buffers behind tensors. */
export interface BufferWatch {
  readonly bytes: () => number;
  /** The most since the watch or the last `reset` began. */
  readonly peakBytes: () => number;
  reset(): void;
}

/**
 * Watches the buffers that backends make and free from now on, for as long as the process lives. `tf.memory()` would
 * count a reshaped tensor, which shares its buffer with another, as if it were a copy.
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

/** Backends store what they like; those of Node and of WebAssembly know the shape. Nothing here has wider numbers. */
function sizeOf({ shape = [] }: { readonly shape?: number[] }): number {
  return 4 * tf.util.sizeFromShape(shape);
}
