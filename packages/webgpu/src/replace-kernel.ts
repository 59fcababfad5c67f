import type { WebGPUBackend, WebGPUProgram } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";

/** A program of ours, and the tensors it reads. */
export interface Replacement {
  readonly program: WebGPUProgram;
  readonly inputs: readonly tf.TensorInfo[];
}

/**
 * Puts programs of ours in the place of a kernel of TensorFlow.js, where they can do its work.
 *
 * @param replacement undefined where the kernel is to do it
 * @returns undoes it
 */
export function replaceKernel(
  kernelName: string,
  backendName: string,
  replacement: (inputs: tf.NamedTensorInfoMap, attrs: tf.NamedAttrMap) => Replacement | undefined,
): () => void {
  const original = tf.getKernel(kernelName, backendName);
  if (original === undefined) throw new Error(`Expected TensorFlow.js to have the kernel ${kernelName}.`);
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({
    ...original,
    kernelFunc(call) {
      const ours = replacement(call.inputs, call.attrs ?? {});
      if (ours === undefined) return original.kernelFunc(call);
      return (call.backend as WebGPUBackend).runWebGPUProgram(ours.program, [...ours.inputs], "float32");
    },
  });
  return () => {
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel(original);
  };
}

/** Lines of a program that differ by a number. */
export function each(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join("\n");
}
