import * as tf from "@tensorflow/tfjs-core";
import { withMargin, withoutMargin } from "./margin.js";
import type { Optimizer } from "./optimizer.js";
import { fittedSize, type Picture, pictureTensor, type Transparency, tensorPicture } from "./picture.js";
import type { Plan } from "./plan.js";
import { resample } from "./resample.js";
import type { StylizeOptions } from "./run-options.js";

/** The image, including its margin, and the optimizer's state. */
export type Position = { readonly image: tf.Tensor4D; readonly state: tf.TensorContainer };

/** The position that a run starts from. Call it inside a `tidy`. */
export function start(
  run: Plan,
  { size }: Plan["scales"][number],
  optimizer: Optimizer,
  { content, init = "content", seed = 0 }: StylizeOptions,
): Position {
  const image = withMargin(beginning(), run.margin);
  return { image, state: optimizer.init(image) };

  function beginning(): tf.Tensor4D {
    if (init === "noise") return tf.randomUniform([1, ...size, 3], 0, 1, "float32", seed);
    if (init === "content") return pictureTensor(content, size);
    if (init === "style") return covering(run.styles[0]?.picture ?? content, size);
    return pictureTensor(init, size);
  }
}

/** A position resampled to the next scale. Call it inside a `tidy`. */
export function carryOver(
  { image, state }: Position,
  { size }: Plan["scales"][number],
  optimizer: Optimizer,
  margin: number,
): Position {
  const carry = (tensor: tf.Tensor4D) => withMargin(resample(withoutMargin(tensor, margin), size), margin);
  const next = carry(optimizer.carried?.(image, state) ?? image);
  return { image: next, state: optimizer.resize ? optimizer.resize(state, carry) : optimizer.init(next) };
}

/** The middle of a picture, scaled just large enough to fill a size. */
function covering(picture: Picture, [height, width]: readonly [height: number, width: number]): tf.Tensor4D {
  const longer = Math.max(picture.height, picture.width);
  const factor = Math.max(height / picture.height, width / picture.width);
  const fitted = fittedSize(picture, longer * factor);
  const covered = [Math.max(height, fitted[0]), Math.max(width, fitted[1])] as const;
  const corner = [0, Math.floor((covered[0] - height) / 2), Math.floor((covered[1] - width) / 2), 0];
  return tf.slice(pictureTensor(picture, covered), corner, [1, height, width, 3]);
}

/** Frees the tensors that the next position no longer uses, and returns that position. */
export function replace(before: Position | undefined, next: Position): Position {
  const used = new Set(tf.tensor_util.getTensorsInContainer({ ...next }));
  for (const tensor of tf.tensor_util.getTensorsInContainer({ ...before }))
    if (!used.has(tensor)) tensor.dispose();
  return next;
}

/**
 * Reads the picture that a position shows back from the device, without the margin.
 * @param hidden transparency of the content; without it, the picture is opaque
 */
export async function readPicture(
  { image, state }: Position,
  optimizer: Optimizer,
  margin: number,
  hidden: Transparency | undefined,
): Promise<Picture> {
  const shown = tf.tidy(() => withoutMargin(optimizer.picture?.(image, state) ?? image, margin));
  try {
    return await tensorPicture(shown, hidden);
  } finally {
    shown.dispose();
  }
}
