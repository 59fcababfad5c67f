import * as tf from "@tensorflow/tfjs-core";
import { read, taken } from "./tensors.js";

/** The options of `numericGradient`. */
export interface NumericGradientOptions {
  /**
   * How far a value is moved, down and up. It should be small compared with the values of x, lest the function bend in
   * between, and large compared with float32's rounding in the function's seventh digit. The default suits images in
   * [0, 1] and activations around 1.
   * @default 0.01
   */
  readonly epsilon?: number;
  /** Flat indices into x, each of which takes two evaluations. Absent: all of them. */
  readonly positions?: readonly number[];
}

/**
 * The gradient of a function by central differences: slow, but correct for any function.
 *
 * Evaluations are in float32; the differences are taken in float64, over the distance by which x really moved in
 * float32. For a smooth function, expect three correct digits.
 *
 * @param f called inside a `tidy`
 * @param x [1, height, width, channels]; the caller still owns it
 * @returns one slope for each position, in their order
 */
export async function numericGradient(
  f: (x: tf.Tensor4D) => tf.Scalar,
  x: tf.Tensor4D,
  options: NumericGradientOptions = {},
): Promise<Float64Array> {
  return Float64Array.from(await slopes(f, x, options), ({ slope }) => slope);
}

/** How a function changes with one value of x. */
export interface Slope {
  /** Flat index into x. */
  readonly position: number;
  readonly slope: number;
  /** Half the difference between the slopes on the two sides, which bounds the error from a kink or from rounding. */
  readonly bend: number;
}

/** The gradient as by `numericGradient`, and how far each slope can be trusted. */
export async function slopes(
  f: (x: tf.Tensor4D) => tf.Scalar,
  x: tf.Tensor4D,
  options: NumericGradientOptions = {},
): Promise<readonly Slope[]> {
  const valueAt = async (at: tf.Tensor4D) => (await taken(tf.tidy(() => f(at))))[0] ?? Number.NaN;
  const here = await valueAt(x);
  const found: Slope[] = [];
  for await (const { position, down, up, distance } of nudged(x, options)) {
    const [below, above] = [await valueAt(down), await valueAt(up)];
    const [slope, bend] = [above - below, Math.abs(above - 2 * here + below)];
    found.push({ position, slope: slope / distance, bend: bend / distance });
  }
  return found;
}

/** x with one value moved down and up, position by position. It frees both after each turn. */
export async function* nudged(
  x: tf.Tensor4D,
  { epsilon = 0.01, positions }: NumericGradientOptions,
): AsyncGenerator<{ position: number; down: tf.Tensor4D; up: tf.Tensor4D; distance: number }> {
  const values = await read(x);
  const moved = (position: number, by: number) =>
    values.map((value, index) => (index === position ? value + by : value));
  for (const position of positions ?? values.keys()) {
    const [below, above] = [moved(position, -epsilon), moved(position, epsilon)];
    const distance = (above[position] ?? Number.NaN) - (below[position] ?? Number.NaN);
    const [down, up] = [tf.tensor4d(below, x.shape), tf.tensor4d(above, x.shape)];
    try {
      yield { position, down, up, distance };
    } finally {
      tf.dispose([down, up]);
    }
  }
}
