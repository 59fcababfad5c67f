/// <reference types="@webgpu/types" />
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { largeBytes } from "./buffer-pool.js";

/** Of TensorFlow.js's backend, what it keeps to itself; stable, since 4.22 is the last release. */
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
 * Lets numbers reach the GPU through the queue.
 *
 * TensorFlow.js makes a buffer for each upload, maps, copies and destroys it. A step uploads the number in every
 * `tf.mul(x, 0.9)`, and on some drivers one such buffer takes a millisecond.
 *
 * @param submit sends off the commands that wait
 */
export function uploadThroughQueue(backend: WebGPUBackend, submit: () => void): void {
  const uploading = backend as unknown as Uploading;
  const otherwise = uploading.uploadToGPU.bind(backend);
  uploading.uploadToGPU = (dataId) => {
    const data = backend.tensorMap.get(dataId) as unknown as TensorData;
    if (data.resource != null || data.dtype !== "float32" || !(data.values instanceof Float32Array))
      return otherwise(dataId);
    const { values } = data;
    // The write comes before all commands that wait, and one of them may read what was in a buffer that came free. Small
    // ones come free only when their commands have been submitted.
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
