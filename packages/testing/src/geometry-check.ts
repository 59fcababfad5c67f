import type { LayerGeometry } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { assert, largestMagnitude } from "./assertions.js";
import { read, type Size } from "./tensors.js";

type Pixel = readonly [y: number, x: number];

/** Checks that there is one position for each stride of pixels; a remainder at the border may count or not. */
export function assertPositions(
  { shape }: tf.Tensor4D,
  [height, width]: Size,
  { stride, channels }: LayerGeometry,
  layer: string,
): void {
  const [batch, rows, columns, depth] = shape;
  assert(
    batch === 1 &&
      depth === channels &&
      Math.abs(rows - height / stride) < 1 &&
      Math.abs(columns - width / stride) < 1,
    `Expected ${layer} to have a position every ${stride} pixels and ${channels} channels for ` +
      `${width}×${height} pixels, got the shape [${shape.join(", ")}].`,
  );
}

/** The image with 1 added to each channel of a pixel. */
export function brightened(image: tf.Tensor4D, [y, x]: Pixel): tf.Tensor4D {
  const added = tf.buffer(image.shape);
  for (let channel = 0; channel < image.shape[3]; channel++) added.set(1, 0, y, x, channel);
  return tf.add(image, added.toTensor());
}

/**
 * Checks that only positions within reach of a pixel change with it.
 *
 * @param pair activations of a layer, without and with a change to the pixel
 */
export async function assertReach(
  pair: readonly [tf.Tensor4D, tf.Tensor4D],
  pixel: Pixel,
  { stride, reach }: LayerGeometry,
  layer: string,
): Promise<void> {
  const [before, after] = [await read(pair[0]), await read(pair[1])];
  const [, , columns, channels] = pair[0].shape;
  // In fast convolutions a pixel can affect the rounding of its neighbours' results.
  const rounding = 1e-4 * largestMagnitude(before);
  before.forEach((value, index) => {
    if (Math.abs((after[index] ?? 0) - value) <= rounding) return;
    const cell = Math.floor(index / channels);
    const position = [Math.floor(cell / columns), cell % columns] as const;
    const sees = position.every((at, axis) => {
      const side = pixel[axis] ?? 0;
      return at * stride - reach <= side && side < (at + 1) * stride + reach;
    });
    assert(
      sees,
      `Expected ${layer} at [${position}] to see ${reach} pixels beyond its ${stride}×${stride}, ` +
        `got a change from the pixel [${pixel}].`,
    );
  });
}
