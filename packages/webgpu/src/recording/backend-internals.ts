/// <reference types="@webgpu/types" />
import type { WebGPUBackend, WebGPUProgram } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";

/** What the backend holds of a tensor. */
export interface TensorData {
  readonly dtype: tf.DataType;
  readonly shape: readonly number[];
  readonly refCount: number;
  /** Numbers on the host: not uploaded yet, or read back. */
  values: tf.backend_util.BackendValues | null;
  resource?: GPUBuffer | GPUTexture | GPUExternalTexture | null;
  /** Whether the buffer is another's, which the backend does not free. */
  external?: boolean;
}

export type Uniforms = readonly { readonly type: string; readonly data: readonly number[] }[];

/** Private members of TensorFlow.js's WebGPUBackend that recording needs; stable, since 4.22 is the last release. */
export interface BackendInternals {
  readonly device: GPUDevice;
  readonly queue: GPUQueue;
  readonly commandEncoder: GPUCommandEncoder | null;
  readonly uniformPendingDisposal: GPUBuffer[];
  readonly tensorMap: { has(dataId: object): boolean; get(dataId: object): TensorData };
  recordAndSubmit(
    program: WebGPUProgram & { readonly pipeline: GPUComputePipeline },
    output: tf.TensorInfo,
    inputs: readonly tf.TensorInfo[],
    uniforms?: Uniforms,
  ): void;
  makeUniforms(uniforms: Uniforms): GPUBufferBinding;
  uploadToGPU(dataId: object): void;
  readSync(dataId: object): tf.backend_util.BackendValues;
  read(dataId: object): Promise<tf.backend_util.BackendValues>;
  readToGPU(dataId: object, options?: object): tf.GPUData;
  createTensorFromGPUData(data: tf.WebGPUData, shape: readonly number[], dtype: tf.DataType): tf.Tensor;
}

/** What the backend holds of a tensor, if the tensor is not freed and is in that buffer. */
export function dataIn(
  tensorMap: BackendInternals["tensorMap"],
  dataId: object,
  buffer: GPUBuffer,
): TensorData | undefined {
  const data = tensorMap.has(dataId) ? tensorMap.get(dataId) : undefined;
  return data !== undefined && data.refCount > 0 && data.resource === buffer ? data : undefined;
}

export function internalsOf(backend: WebGPUBackend): BackendInternals {
  return backend as unknown as BackendInternals;
}
