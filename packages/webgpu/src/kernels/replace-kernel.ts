import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";

/** Does a kernel's work with programs of ours, or returns undefined to leave it to TensorFlow.js's own kernel. */
export type Replacement = (
  backend: WebGPUBackend,
  inputs: tf.NamedTensorInfoMap,
  attrs: tf.NamedAttrMap,
) => tf.TensorInfo | undefined;

/**
 * Replaces a kernel of TensorFlow.js by programs of ours, where they can do its work.
 *
 * @returns a function that undoes it
 */
export function replaceKernel(kernelName: string, backendName: string, replacement: Replacement): () => void {
  const original = tf.getKernel(kernelName, backendName);
  if (original === undefined) throw new Error(`Expected TensorFlow.js to have the kernel ${kernelName}.`);
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({
    ...original,
    kernelFunc: (call) =>
      replacement(call.backend as WebGPUBackend, call.inputs, call.attrs ?? {}) ?? original.kernelFunc(call),
  });
  return () => {
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel(original);
  };
}
