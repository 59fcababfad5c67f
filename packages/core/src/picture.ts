import * as tf from "@tensorflow/tfjs-core";
import { kinds } from "./checked-options.js";
import { filling, type Placement } from "./placement.js";
import { shown } from "./printable.js";
import { reduceHeight, reduceWidth } from "./resample.js";

/** A picture as bytes on the host: RGBA in sRGB, four bytes per pixel, top row first, alpha not premultiplied. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** An image contains a colour that is NaN or infinite, which no picture can show. */
export class NotFinite extends RangeError {
  override readonly name = "NotFinite";
  readonly value: number;

  constructor(value: number) {
    super(`Expected an image of finite numbers, got ${value}.`);
    this.value = value;
  }
}

/** Pixels converted to floats at a time, so that a large photograph never exists as one large tensor. */
const bandPixels = 1 << 20;

/**
 * The picture's colours at a size.
 *
 * Where the picture is transparent, the mean colour of its visible pixels shows through: the colours stored for
 * transparent pixels are arbitrary and must not influence the painting.
 *
 * @param size [height, width]
 * @returns RGB in [0, 1], [1, height, width, 3]
 * @throws {TypeError} when the bytes do not match the picture's size
 */
export function pictureTensor(picture: Picture, size: readonly [height: number, width: number]): tf.Tensor4D {
  return placedTensor(picture, filling(size));
}

/** The colours of the part of a picture that a placement shows, as `pictureTensor` gives them. */
export function placedTensor(picture: Picture, placement: Placement): tf.Tensor4D {
  checkPicture(picture);
  const background = isOpaque(picture) ? undefined : meanColour(picture);
  return resampled(picture, placement, 3, (row, into) => {
    const { data, width } = picture;
    for (let x = 0, from = row * width * 4, to = 0; x < width; x++, from += 4, to += 3) {
      const alpha = background === undefined ? 1 : byte(data, from + 3) / 255;
      for (let c = 0; c < 3; c++) {
        into[to + c] = (byte(data, from + c) * alpha + (background?.[c] ?? 0) * (1 - alpha)) / 255;
      }
    }
  });
}

/** The luma of Rec. 601 of a pixel's sRGB levels, from 0 to 255. @param at index of its red byte */
export function lumaAt(data: Uint8ClampedArray, at: number): number {
  return 0.299 * byte(data, at) + 0.587 * byte(data, at + 1) + 0.114 * byte(data, at + 2);
}

/**
 * A picture as a mask: its luma times its alpha.
 * @returns [1, height, width, 1], from 0 for black or transparent to 1 for white
 */
export function placedMask(picture: Picture, placement: Placement): tf.Tensor4D {
  const { data, width } = picture;
  return tf.tidy(() =>
    tf.clipByValue(
      resampled(picture, placement, 1, (row, into) => {
        for (let x = 0, from = row * width * 4; x < width; x++, from += 4)
          into[x] = (lumaAt(data, from) / 255) * (byte(data, from + 3) / 255);
      }),
      0,
      1,
    ),
  );
}

/** Whether the part of a mask that a placement shows is black or transparent throughout. */
export function isBlack({ data, width, height }: Picture, { size, rows, columns }: Placement): boolean {
  const bounds = ({ first, count }: Placement["rows"], scaled: number, own: number) =>
    [Math.floor((first * own) / scaled), Math.ceil(((first + count) * own) / scaled)] as const;
  const [top, bottom] = bounds(rows, size[0], height);
  const [left, right] = bounds(columns, size[1], width);
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      const at = (y * width + x) * 4;
      if (lumaAt(data, at) * byte(data, at + 3) > 0) return false;
    }
  return true;
}

/** What a picture that is transparent somewhere needs to get its colours back from its image. */
export type Transparency = {
  /** [1, height, width, 1] in [0, 1]. */
  readonly alpha: tf.Tensor4D;
  /** What to add to the image, so that the mean colour no longer shows through; [1, height, width, 3]. */
  readonly lift: tf.Tensor4D;
};

/** Below this, alpha is 0 in a picture's bytes, and its colour arbitrary. */
const leastAlpha = 0.5 / 255;

/** The transparency of a placed picture; undefined when it is opaque throughout. */
export function transparency(picture: Picture, placement: Placement): Transparency | undefined {
  if (isOpaque(picture)) return undefined;
  const { data, width } = picture;
  const background = meanColour(picture).map((level) => level / 255);
  return tf.tidy(() => {
    // Colours are weighed by alpha, so that those of transparent pixels have no part in their neighbours'.
    const weighed = resampled(picture, placement, 4, (row, into) => {
      for (let x = 0, from = row * width * 4; x < width; x++, from += 4) {
        const alpha = byte(data, from + 3) / 255;
        for (let c = 0; c < 3; c++) into[x * 4 + c] = (byte(data, from + c) / 255) * alpha;
        into[x * 4 + 3] = alpha;
      }
    });
    const shown = [placement.rows.count, placement.columns.count] as const;
    const alpha = tf.slice(weighed, [0, 0, 0, 3], [1, ...shown, 1]);
    const visible = tf.cast(tf.greaterEqual(alpha, leastAlpha), "float32");
    const colours = tf.clipByValue(
      tf.div(tf.slice(weighed, [0, 0, 0, 0], [1, ...shown, 3]), tf.maximum(alpha, leastAlpha)),
      0,
      1,
    );
    const hidden = tf.mul(tf.sub(1, alpha), visible);
    return { alpha, lift: tf.mul(hidden, tf.sub(colours, background)) };
  });
}

/**
 * Reads an image back from the device; the caller still owns the tensors.
 *
 * @param image RGB, [1, height, width, 3]; values outside [0, 1] are clipped
 * @param hidden transparency of the picture; without it, the picture is opaque
 * @throws {NotFinite} when a colour is NaN or infinite, which would come out black in a file
 */
export async function tensorPicture(image: tf.Tensor4D, hidden?: Transparency): Promise<Picture> {
  const [, height, width] = image.shape;
  const colours = await image.data();
  const [alphas, lifts] = await Promise.all([hidden?.alpha.data(), hidden?.lift.data()]);
  const data = new Uint8ClampedArray(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++) {
      const value = (colours[pixel * 3 + c] ?? 0) + (lifts?.[pixel * 3 + c] ?? 0);
      if (!Number.isFinite(value)) throw new NotFinite(value);
      data[pixel * 4 + c] = value * 255;
    }
    data[pixel * 4 + 3] = alphas === undefined ? 255 : (alphas[pixel] ?? 0) * 255;
  }
  return { width, height, data };
}

/**
 * Checks that a picture's size is valid and that its bytes match it.
 * @throws {TypeError} when they do not
 */
export function checkPicture(picture: Picture): void {
  if (kinds.picture(picture) !== undefined) throw new TypeError(`Expected a picture, got ${shown(picture)}.`);
  const { width, height, data } = picture;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1)
    throw new TypeError(`Expected a picture with a positive whole width and height, got ${width}×${height}.`);
  if (data.length !== width * height * 4)
    throw new TypeError(
      `Expected ${width * height * 4} bytes (RGBA) for a picture of ${width}×${height}, got ${data.length}.`,
    );
}

/** Whether no pixel of a picture is transparent. */
function isOpaque({ data }: Picture): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}

/** Whether any pixel of a picture can be seen. */
export function isVisible({ data }: Picture): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 0) return true;
  return false;
}

function resampled(
  picture: Picture,
  { size: [height, width], rows: shownRows, columns }: Placement,
  channels: number,
  readRow: (row: number, into: Float32Array) => void,
): tf.Tensor4D {
  const rowLength = picture.width * channels;
  const bandRows = Math.max(1, Math.floor(bandPixels / picture.width));
  return tf.tidy(() => {
    const bands: tf.Tensor4D[] = [];
    for (let top = 0; top < picture.height; top += bandRows) {
      const rows = Math.min(bandRows, picture.height - top);
      const values = new Float32Array(rows * rowLength);
      for (let row = 0; row < rows; row++)
        readRow(top + row, values.subarray(row * rowLength, (row + 1) * rowLength));
      bands.push(
        tf.tidy(() => reduceWidth(tf.tensor4d(values, [1, rows, picture.width, channels]), width, columns)),
      );
    }
    return reduceHeight(tf.concat(bands, 1), height, shownRows);
  });
}

function meanColour({ data }: Picture): readonly [number, number, number] {
  let [red, green, blue, weight] = [0, 0, 0, 0];
  for (let i = 0; i < data.length; i += 4) {
    const alpha = byte(data, i + 3);
    red += byte(data, i) * alpha;
    green += byte(data, i + 1) * alpha;
    blue += byte(data, i + 2) * alpha;
    weight += alpha;
  }
  return weight === 0 ? [127.5, 127.5, 127.5] : [red / weight, green / weight, blue / weight];
}

/** A byte of a picture whose bounds were checked before. */
function byte(data: Uint8ClampedArray, index: number): number {
  return data[index] ?? 0;
}
