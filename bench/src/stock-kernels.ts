import * as tf from "@tensorflow/tfjs-core";

/**
 * Remembers the kernels of a backend as TensorFlow.js brings them.
 * @returns puts them back in the place of others
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
