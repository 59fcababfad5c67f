/** The part of a cut JPEG's rows that has to be there. */
const leastPart = 0.95;

/** Whether a cut JPEG lacks more rows than a picture may. */
export function lacksTooMuch(missing: number, rows: number): boolean {
  return missing > (1 - leastPart) * rows;
}

/**
 * A sentence about a cut JPEG that was read nevertheless.
 *
 * @param picture what to call it, such as "The picture photo.jpg"
 * @param missing number of its rows that are not there; 0 if only the end marker is known to be missing
 */
export function cutWarning(picture: string, missing: number, rows: number): string {
  const part = missing === 0 ? "its last rows may be" : `${missing} of its ${rows} rows are`;
  return `${picture} is cut off at its end: ${part} grey.`;
}

/** The sentence about a picture that is refused, since its data is damaged or too much of it is missing. */
export function damagedText(picture: string): string {
  return `${picture} is damaged or cut off: get it again.`;
}

/**
 * The number of rows at the bottom that are mid-grey throughout, which is what a decoder makes of missing data.
 *
 * @param data samples from 0 to 255, row by row
 * @param layout `channels`: samples of a pixel, of which the first `colours` are looked at; by default all
 */
export function greyRows(
  data: Uint8Array | Uint8ClampedArray,
  {
    height,
    channels,
    colours = channels,
  }: { readonly height: number; readonly channels: number; readonly colours?: number },
): number {
  const rowLength = data.length / height;
  let rows = 0;
  while (rows < height) {
    const end = data.length - rows * rowLength;
    const row = data.subarray(end - rowLength, end);
    if (row.some((value, i) => value !== 128 && i % channels < colours)) break;
    rows++;
  }
  return rows;
}

const marker = { startOfScan: 0xda, startOfProgressiveFrame: 0xc2, endOfImage: 0xd9 };

/**
 * Whether each component's coefficients have a scan that gives their lowest bit. A scan that has begun counts; in a
 * JPEG that is not progressive, there is one.
 *
 * @see ITU-T T.81, B.2.3 and G.1.1.1
 */
export function hasEveryScan(jpeg: Uint8Array): boolean {
  let progressive = false;
  let components = 0;
  /** The coefficients of each component whose lowest bit a scan gives. */
  const exact = new Map<number, Set<number>>();
  for (let at = 2; at + 4 <= jpeg.length; ) {
    if (jpeg[at] !== 0xff) {
      at++; // Data of a scan.
      continue;
    }
    const kind = jpeg[at + 1] ?? 0;
    // A stuffed byte, a fill byte or a restart marker: none of them has a length.
    if (kind === 0 || kind === 0xff || (kind >= 0xd0 && kind <= 0xd7)) {
      at += kind === 0xff ? 1 : 2;
      continue;
    }
    if (kind === marker.endOfImage) break;
    const length = ((jpeg[at + 2] ?? 0) << 8) | (jpeg[at + 3] ?? 0);
    if (kind >= 0xc0 && kind <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(kind)) {
      progressive = kind === marker.startOfProgressiveFrame;
      components = jpeg[at + 9] ?? 0;
    }
    if (kind === marker.startOfScan) {
      if (!progressive) return true;
      const count = jpeg[at + 4] ?? 0;
      const [first = 0, last = 0, bits = 0] = jpeg.subarray(at + 5 + 2 * count, at + 8 + 2 * count);
      for (let i = 0; i < count && (bits & 15) === 0; i++) {
        const component = jpeg[at + 5 + 2 * i] ?? 0;
        const known = exact.get(component) ?? new Set();
        for (let coefficient = first; coefficient <= Math.min(last, 63); coefficient++)
          known.add(coefficient);
        exact.set(component, known);
      }
    }
    at += 2 + length;
  }
  return exact.size === components && [...exact.values()].every(({ size }) => size === 64);
}
