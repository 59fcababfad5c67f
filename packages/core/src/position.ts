import * as tf from "@tensorflow/tfjs-core";
import { withoutColour } from "./grey.js";
import { withMargin, withoutMargin } from "./margin.js";
import type { Optimizer } from "./optimizer.js";
import { type Picture, pictureTensor, placedTensor, type Transparency, tensorPicture } from "./picture.js";
import { covering, type Size, sizeWithin } from "./placement.js";
import type { Plan } from "./plan.js";
import { resample } from "./resample.js";
import type { StylizeOptions } from "./run-options.js";

/** The image, including its margin, and the optimizer's state. */
export type Position = { readonly image: tf.Tensor4D; readonly state: tf.TensorContainer };

/** The position that a run starts from. Call it inside a `tidy`. */
export function start(
  run: Plan,
  { size, content: placement }: Plan["scales"][number],
  optimizer: Optimizer,
  { content, init = "content", fit = "cover", seed = 0 }: StylizeOptions,
): Position {
  const coloured = beginning();
  const image = withMargin(run.grey ? withoutColour(coloured) : coloured, run.margin);
  return { image, state: optimizer.init(image) };

  function beginning(): tf.Tensor4D {
    // Noise in one channel is as strong as in three, whose mean would be weaker.
    if (init === "noise") return tf.randomUniform([1, ...size, run.grey ? 1 : 3], 0, 1, "float32", seed);
    if (init === "content") return placedTensor(content, placement);
    if (init === "style") return coveringTensor(run.styles[0]?.picture ?? content, size);
    if (fit === "stretch") return pictureTensor(init, size);
    return fit === "cover" ? coveringTensor(init, size) : laidOver(placedTensor(content, placement), init);
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

function coveringTensor(picture: Picture, size: Size): tf.Tensor4D {
  return placedTensor(picture, covering(picture, size));
}

/** An image with a whole picture in its middle, as large as it fits. */
function laidOver(image: tf.Tensor4D, picture: Picture): tf.Tensor4D {
  const [, height, width] = image.shape;
  const size = sizeWithin(picture, [height, width]);
  const [top, left] = [Math.floor((height - size[0]) / 2), Math.floor((width - size[1]) / 2)];
  const padded = (tensor: tf.Tensor4D) =>
    tf.pad(tensor, [
      [0, 0],
      [top, height - size[0] - top],
      [left, width - size[1] - left],
      [0, 0],
    ]);
  const around = tf.sub(1, padded(tf.ones([1, ...size, 1])));
  return tf.add(tf.mul(image, around), padded(pictureTensor(picture, size)));
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
