import sharp from "sharp";

/** Whether a decoder's error says that a JPEG ends too early. */
export function endsEarly(cause: unknown): boolean {
  return /premature end/i.test(String(cause));
}

/** Beyond this, a picture's rows are counted in a smaller version of it. */
const mostPixels = 2 ** 24;

/**
 * How many rows of a JPEG are missing at its bottom.
 *
 * @returns all rows for a progressive JPEG that lacks a whole scan, since all of its rows are coarse
 */
export async function missingRows(
  jpeg: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<number> {
  if (!hasEveryScan(jpeg)) return height;
  const image = sharp(jpeg, { failOn: "none", ignoreIcc: true, limitInputPixels: false });
  const eighth = { width: Math.ceil(width / 8), height: Math.ceil(height / 8), fit: "fill" } as const;
  if (width * height > mostPixels) image.resize(eighth);
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  // The decoder makes blocks that are missing mid-grey.
  const rowLength = info.width * info.channels;
  let rows = 0;
  while (rows < info.height) {
    const end = data.length - rows * rowLength;
    if (data.subarray(end - rowLength, end).some((value) => value !== 128)) break;
    rows++;
  }
  return Math.round((rows / info.height) * height);
}

const marker = { startOfScan: 0xda, startOfProgressiveFrame: 0xc2, endOfImage: 0xd9 };

/**
 * Whether each component's coefficients have a scan that gives their lowest bit. A scan that has begun counts; in a
 * JPEG that is not progressive, there is one.
 *
 * @see ITU-T T.81, B.2.3 and G.1.1.1
 */
function hasEveryScan(jpeg: Uint8Array): boolean {
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
