import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

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
