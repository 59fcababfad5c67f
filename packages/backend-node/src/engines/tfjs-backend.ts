import * as tf from "@tensorflow/tfjs-core";

/**
 * Makes a registered TensorFlow.js backend the current one, with gradients for every operation.
 *
 * @returns frees the backend, and leaves it registered so that it can be started again
 * @throws {Error} when it does not start
 */
export async function startBackend(name: string): Promise<() => void> {
  await registerGradients();
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js's backend "${name}" did not start.`);
  return () => stopBackend(name);
}

/** Frees a backend if it is started, and leaves it registered. */
export function stopBackend(name: string): void {
  const factory = tf.findBackendFactory(name);
  tf.removeBackend(name);
  tf.registerBackend(name, factory);
}

/** Gradients for every operation: our losses bring theirs, others' may rely on TensorFlow.js's. */
export async function registerGradients(): Promise<void> {
  await import("./all-gradients.js");
}
