import type { IccProfile } from "./icc-profile.js";

/** Pixels as a decoder gives them: samples that follow one another, pixel by pixel. */
export interface Samples<Values extends Uint8Array | Uint16Array> {
  readonly values: Values;
  /** Samples of a pixel. */
  readonly channels: number;
  /** Which of them is alpha; undefined: none. */
  readonly alpha: number | undefined;
}

/** Pixels that are sRGB already, without further samples. */
export function picked({ values, channels, alpha }: Samples<Uint8Array>): Uint8ClampedArray {
  return rgba(values.length / channels, (pixel, into, to) => {
    const from = pixel * channels;
    for (let c = 0; c < 3; c++) into[to + c] = values[from + c] ?? 0;
    into[to + 3] = alpha === undefined ? 255 : (values[from + alpha] ?? 0);
  });
}

/**
 * Pixels of 16 bits in a profile's colours.
 *
 * sharp does not do this: it ignores profiles of grey with 16 bits, and leaves RGB of 16 bits in Display P3.
 *
 * @param samples one or three colours, as the profile has curves, before any other channel
 */
export function fromProfile(
  { values, channels, alpha }: Samples<Uint16Array>,
  { curves, primaries }: IccProfile,
): Uint8ClampedArray {
  const [red = none, green = none, blue = none] = curves.map(tabulated);
  const rows = primaries && product(srgbOfXyz, primaries);
  return rgba(values.length / channels, (pixel, into, to) => {
    const from = pixel * channels;
    const r = red[values[from] ?? 0] ?? 0;
    if (rows === undefined) into.fill(encoded(r), to, to + 3);
    else colour(rows, r, green[values[from + 1] ?? 0] ?? 0, blue[values[from + 2] ?? 0] ?? 0, into, to);
    into[to + 3] = alpha === undefined ? 255 : (values[from + alpha] ?? 0) / 257;
  });
}

/**
 * Pixels of CIELab in eight bits, relative to D50: L* from 0 to 255, a* and b* signed.
 * @see TIFF 6.0, section 23
 */
export function fromLab({ values, channels, alpha }: Samples<Uint8Array>): Uint8ClampedArray {
  return rgba(values.length / channels, (pixel, into, to) => {
    const from = pixel * channels;
    const fy = (((values[from] ?? 0) / 255) * 100 + 16) / 116;
    const fx = fy + signed(values[from + 1] ?? 0) / 500;
    const fz = fy - signed(values[from + 2] ?? 0) / 200;
    colour(srgbOfXyz, 0.9642 * cubed(fx), cubed(fy), 0.8249 * cubed(fz), into, to);
    into[to + 3] = alpha === undefined ? 255 : (values[from + alpha] ?? 0);
  });
}

function rgba(
  pixels: number,
  write: (pixel: number, into: Uint8ClampedArray, to: number) => void,
): Uint8ClampedArray {
  const data = new Uint8ClampedArray(pixels * 4);
  for (let pixel = 0; pixel < pixels; pixel++) write(pixel, data, pixel * 4);
  return data;
}

type Rows = readonly (readonly number[])[];

const none = new Float32Array();

/** From XYZ relative to D50 to linear sRGB, by rows. @see Lindbloom, RGB/XYZ matrices, adapted by Bradford's method */
const srgbOfXyz: Rows = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
];

/** The product of a matrix of rows with one of columns, by rows. */
function product(rows: Rows, columns: readonly (readonly number[])[]): Rows {
  return rows.map((row) =>
    columns.map((column) => row.reduce((sum, value, i) => sum + value * (column[i] ?? 0), 0)),
  );
}

function colour(rows: Rows, x: number, y: number, z: number, into: Uint8ClampedArray, to: number): void {
  for (let c = 0; c < 3; c++) {
    const row = rows[c];
    if (row !== undefined) into[to + c] = encoded((row[0] ?? 0) * x + (row[1] ?? 0) * y + (row[2] ?? 0) * z);
  }
}

function tabulated(curve: (value: number) => number): Float32Array {
  return Float32Array.from({ length: 65_536 }, (_, i) => curve(i / 65_535));
}

/** Steps of light that are fine enough for even the darkest to differ by less than half a level of sRGB. */
const steps = 16_384;
const levels = Float32Array.from({ length: steps + 1 }, (_, i) => {
  const light = i / steps;
  return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
});

function encoded(light: number): number {
  return levels[Math.round(Math.min(1, Math.max(0, light)) * steps)] ?? 0;
}

function signed(byte: number): number {
  return byte > 127 ? byte - 256 : byte;
}

/** The inverse of the function that CIELab takes roots with. */
function cubed(f: number): number {
  return f > 6 / 29 ? f ** 3 : 3 * (6 / 29) ** 2 * (f - 4 / 29);
}
