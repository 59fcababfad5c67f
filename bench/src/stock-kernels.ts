import * as tf from "@tensorflow/tfjs-core";

/**
 * Remembers the kernels that TensorFlow.js provides for a backend.
 * @returns a function that restores them
 */
export function stockKernels(backendName: string): () => void {
  const kernels = tf.getKernelsForBackend(backendName);
  return () => {
    for (const kernel of kernels) {
      tf.unregisterKernel(kernel.kernelName, backendName);
      tf.registerKernel(kernel);
    }
  };
}
