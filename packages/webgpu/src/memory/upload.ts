/// <reference types="@webgpu/types" />
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { largeBytes } from "./buffer-pool.js";

/** Private members of TensorFlow.js's WebGPUBackend; stable, since 4.22 is the last release. */
interface Uploading {
  readonly queue: GPUQueue;
  uploadToGPU(dataId: tf.DataId): void;
}

interface TensorData {
  readonly dtype: tf.DataType;
  values: tf.backend_util.BackendValues | null;
  resource?: GPUBuffer | null;
}

/**
 * Makes the backend upload numbers through the queue.
 *
 * TensorFlow.js creates, maps, copies and destroys a buffer for each upload. A step uploads the number in every
 * `tf.mul(x, 0.9)`, and on some drivers each such buffer takes a millisecond.
 *
 * @param submit submits the waiting commands
 */
export function uploadThroughQueue(backend: WebGPUBackend, submit: () => void): void {
  const uploading = backend as unknown as Uploading;
  const otherwise = uploading.uploadToGPU.bind(backend);
  uploading.uploadToGPU = (dataId) => {
    const data = backend.tensorMap.get(dataId) as unknown as TensorData;
    if (data.resource != null || data.dtype !== "float32" || !(data.values instanceof Float32Array))
      return otherwise(dataId);
    const { values } = data;
    // The write precedes all waiting commands, and one of them may still read a buffer that was freed. Small buffers
    // become free only after their commands have been submitted.
    if (values.byteLength >= largeBytes) submit();
    const buffer = backend.bufferManager.acquireBuffer(
      values.byteLength,
      GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    );
    uploading.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
    data.resource = buffer;
    data.values = null;
  };
}
