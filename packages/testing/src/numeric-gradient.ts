import * as tf from "@tensorflow/tfjs-core";
import { read, taken } from "./tensors.js";

export interface NumericGradientOptions {
  /**
   * How far a value is moved, down and up. Small against the values of x, or the function bends in between; large
   * against float32, which rounds the function at its seventh digit. The default, 0.01, suits images in [0, 1] and
   * activations around 1.
   */
  readonly epsilon?: number;
  /** Flat indices into x. Absent: all of them; each takes two evaluations. */
  readonly positions?: readonly number[];
}

/**
 * The gradient of a function by central differences: slow, and right whatever the function is made of.
 *
 * Evaluations are float32; the differences are taken in float64, over the distance by which float32 really moved.
 * For a smooth function expect three digits.
 *
 * @param f called inside a `tidy`
 * @param x [1, height, width, channels]; stays the caller's
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
  /** Half the difference between the slopes on the two sides: as much as a kink or rounding may add to `slope`. */
  readonly bend: number;
}

/** As `numericGradient`, and how far each slope can be trusted. */
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

/** x with one value moved down and up, position by position; frees the two after each turn. */
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
