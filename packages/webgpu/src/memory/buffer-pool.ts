import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";

/** Of TensorFlow.js's buffer manager, what it keeps to itself; stable, since 4.22 is the last release. */
interface BufferPool {
  readonly freeBuffers: Map<string, GPUBuffer[]>;
  numFreeBuffers: number;
  numBytesAllocated: number;
}

/**
 * Gives the GPU back the buffers that are free.
 *
 * The backend keeps every buffer for the next tensor of exactly its size: each size of a run would leave a whole set.
 */
export function trimPool({ bufferManager }: Pick<WebGPUBackend, "bufferManager">): void {
  const pool = bufferManager as unknown as BufferPool;
  for (const buffers of pool.freeBuffers.values())
    for (const buffer of buffers.splice(0)) {
      pool.numFreeBuffers--;
      pool.numBytesAllocated -= buffer.size;
      buffer.destroy();
    }
}

/** Buffers of at least so many bytes are reused at once. */
export const largeBytes = 2 ** 18;

/** Of TensorFlow.js's backend, what it keeps to itself. */
interface Owner {
  /** Tensors that commands name which wait to be submitted. */
  readonly commandQueueOwnedIds: WeakSet<tf.DataId>;
}

/**
 * Lets the next large tensor have the buffer of one that is freed.
 *
 * TensorFlow.js keeps it until the commands on it have been submitted, fifteen at a time, and makes new ones meanwhile.
 * Commands run in their order, so that none overwrites what one before it reads. What goes past them, from the processor
 * to a buffer, has to submit them first (see upload.ts).
 */
export function reuseAtOnce(backend: WebGPUBackend): void {
  const dispose = backend.disposeData.bind(backend);
  backend.disposeData = (dataId, force) => {
    const shape = backend.tensorMap.has(dataId) ? backend.tensorMap.get(dataId).shape : [];
    // Every type takes as much on a GPU.
    if (tf.util.sizeFromShape(shape) * tf.util.bytesPerElement("float32") >= largeBytes)
      (backend as unknown as Owner).commandQueueOwnedIds.delete(dataId);
    return dispose(dataId, force);
  };
}
