import * as tf from "@tensorflow/tfjs-core";
import { replaceKernel } from "./replace-kernel.js";

/**
 * Makes sums of any number of tensors possible.
 *
 * TensorFlow.js adds all of them in one program, and a program may read at most seven buffers beside the one it writes:
 * with more, the GPU reports an error, and the device counts as lost.
 *
 * @returns a function that undoes it
 */
export function registerAddN(backendName: string): () => void {
  const original = tf.getKernel("AddN", backendName);
  return replaceKernel("AddN", backendName, (backend, inputs) => {
    // The kernel's inputs are a list.
    const tensors = Object.values(inputs) as readonly tf.TensorInfo[];
    const most = backend.device.limits.maxStorageBuffersPerShaderStage - 1;
    if (original === undefined || tensors.length <= most) return undefined;
    const sumOf = (some: readonly tf.TensorInfo[]) =>
      original.kernelFunc({ inputs: some as never, backend }) as tf.TensorInfo;
    let sum = sumOf(tensors.slice(0, most));
    for (let added = most; added < tensors.length; added += most - 1) {
      const next = sumOf([sum, ...tensors.slice(added, added + most - 1)]);
      backend.disposeData(sum.dataId);
      sum = next;
    }
    return sum;
  });
}
