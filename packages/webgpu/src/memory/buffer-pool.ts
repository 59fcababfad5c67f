import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";

/** Private fields of TensorFlow.js's BufferManager; stable, since 4.22 is the last release. */
interface BufferPool {
  readonly freeBuffers: Map<string, GPUBuffer[]>;
  numFreeBuffers: number;
  numBytesAllocated: number;
}

/**
 * Destroys the free buffers.
 *
 * The backend keeps every buffer for the next tensor of exactly its size, so that each size of a run would leave a
 * whole set.
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

/** The smallest size in bytes of buffers that are reused at once. */
export const largeBytes = 2 ** 18;

/** Private fields of TensorFlow.js's WebGPUBackend. */
interface Owner {
  /** Tensors that are used by commands waiting to be submitted. */
  readonly commandQueueOwnedIds: WeakSet<tf.DataId>;
}

/**
 * Lets the next large tensor reuse the buffer of a freed one at once.
 *
 * TensorFlow.js holds it back until the commands on it have been submitted, fifteen at a time, and makes new buffers
 * meanwhile. Commands run in order, so that none overwrites what an earlier one reads. Whatever bypasses them, from the
 * CPU to a buffer, has to submit them first (see upload.ts).
 */
export function reuseAtOnce(backend: WebGPUBackend): void {
  const dispose = backend.disposeData.bind(backend);
  backend.disposeData = (dataId, force) => {
    const shape = backend.tensorMap.has(dataId) ? backend.tensorMap.get(dataId).shape : [];
    // Every type takes four bytes on a GPU.
    if (tf.util.sizeFromShape(shape) * tf.util.bytesPerElement("float32") >= largeBytes)
      (backend as unknown as Owner).commandQueueOwnedIds.delete(dataId);
    return dispose(dataId, force);
  };
}
