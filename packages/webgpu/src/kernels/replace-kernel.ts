import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";

/** What does a kernel's work with programs of ours; undefined where TensorFlow.js's own kernel is to do it. */
export type Replacement = (
  backend: WebGPUBackend,
  inputs: tf.NamedTensorInfoMap,
  attrs: tf.NamedAttrMap,
) => tf.TensorInfo | undefined;

/**
 * Puts programs of ours in the place of a kernel of TensorFlow.js, where they can do its work.
 *
 * @returns undoes it
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
