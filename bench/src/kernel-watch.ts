import * as tf from "@tensorflow/tfjs-core";

/** The time that kernels took. */
export interface KernelWatch {
  /** Milliseconds by kernel name; the time of a kernel that another one calls counts only once. */
  readonly milliseconds: ReadonlyMap<string, number>;
  /** Forgets the times so far. */
  reset(): void;
}

/**
 * Times every kernel of the current backend, for as long as the process lives. The times are meaningful only on an
 * engine whose kernels are done when they return, so not on a GPU.
 */
export function watchKernels(): KernelWatch {
  const milliseconds = new Map<string, number>();
  /** Time spent in the kernels that each running kernel called, outermost first. */
  const called: number[] = [];
  for (const kernel of tf.getKernelsForBackend(tf.getBackend())) {
    tf.unregisterKernel(kernel.kernelName, kernel.backendName);
    tf.registerKernel({
      ...kernel,
      kernelFunc(call) {
        const begin = performance.now();
        called.push(0);
        const result = kernel.kernelFunc(call);
        const time = performance.now() - begin;
        const own = time - (called.pop() ?? 0);
        if (called.length > 0) called.push((called.pop() ?? 0) + time);
        milliseconds.set(kernel.kernelName, (milliseconds.get(kernel.kernelName) ?? 0) + own);
        return result;
      },
    });
  }
  return { milliseconds, reset: () => milliseconds.clear() };
}
