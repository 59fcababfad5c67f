import type { Features } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";

/** [height, width] in pixels. */
export type Size = readonly [height: number, width: number];

/** The values of a tensor, on the host. */
export type Values = ArrayLike<number>;

/**
 * Uniform noise; the same seed gives the same values on every engine.
 *
 * @param shape [1, height, width, channels]
 */
export function noise(
  shape: readonly [number, number, number, number],
  seed: number,
  [from, to]: readonly [from: number, to: number] = [0, 1],
): tf.Tensor4D {
  return tf.randomUniform([...shape], from, to, "float32", seed);
}

/** Reads a tensor, which stays the caller's. */
export async function read(tensor: tf.Tensor): Promise<Float32Array> {
  return Float32Array.from(await tensor.data());
}

/** Reads a tensor and frees it. */
export async function taken(tensor: tf.Tensor): Promise<Float32Array> {
  try {
    return await read(tensor);
  } finally {
    tensor.dispose();
  }
}

/** Reads features, by layer name. */
export async function readAll(features: Features): Promise<Record<string, Float32Array>> {
  const values: Record<string, Float32Array> = {};
  for (const [layer, activation] of Object.entries(features)) values[layer] = await read(activation);
  return values;
}

/** The number of tensors alive in the whole engine. */
export function tensorCount(): number {
  return tf.memory().numTensors;
}

/** Every tensor in an object, however deep. */
export function tensorsIn(container: object | tf.TensorContainer): readonly tf.Tensor[] {
  return tf.tensor_util.getTensorsInContainer(container as tf.TensorContainer);
}

/** Runs an asynchronous body, then frees every tensor it made, as `tidy` does for a synchronous one. */
export async function scoped(body: () => Promise<void>): Promise<void> {
  tf.engine().startScope();
  try {
    await body();
  } finally {
    tf.engine().endScope();
  }
}
