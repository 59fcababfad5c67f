/** What the first directory of a TIFF says of its samples. */
export interface TiffSamples {
  /** The PhotometricInterpretation: 1 for grey, 2 for RGB, 5 for CMYK, 6 for YCbCr, 8 for CIELab; absent where the file has none. */
  readonly photometric?: number;
  /** The number of samples of a pixel. */
  readonly count: number;
  /** Bits of a sample. */
  readonly bits: number;
  /** The SampleFormat: 1 for unsigned, 2 for signed whole numbers, 3 for floating point. */
  readonly format: number;
  /** The Compression: 1 for none, 6 or 7 for JPEG. */
  readonly compression: number;
  /** What each sample beyond the colours is; see `ExtraSample`. */
  readonly extra: readonly number[];
}

/** Values of the tag ExtraSamples. @see TIFF 6.0, page 31 */
export const ExtraSample = { unspecified: 0, premultipliedAlpha: 1, alpha: 2 } as const;

/** The tags that describe samples and their storage; their values are SHORTs. */
export const Tag = {
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  samplesPerPixel: 277,
  extraSamples: 338,
  sampleFormat: 339,
} as const;

/** An entry of the first directory. */
interface Entry {
  readonly values: readonly number[];
  /** Where its values are in the file. */
  readonly at: number;
}

/** The largest number of values that is looked at. */
const mostValues = 64;

/**
 * @param file TIFF or BigTIFF, in either byte order; it may be hostile
 * @returns undefined where the file ends before its directory does
 */
export function tiffSamples(file: Uint8Array): TiffSamples | undefined {
  const entries = entriesOf(file);
  if (entries === undefined) return undefined;
  const first = (tag: number) => entries.get(tag)?.values[0];
  const photometric = first(Tag.photometric);
  return {
    ...(photometric !== undefined && { photometric }),
    count: first(Tag.samplesPerPixel) ?? 1,
    bits: first(Tag.bitsPerSample) ?? 1,
    format: first(Tag.sampleFormat) ?? 1,
    compression: first(Tag.compression) ?? 1,
    extra: entries.get(Tag.extraSamples)?.values ?? [],
  };
}

/** A copy of a TIFF with another value of a tag that it has, for all its values. */
export function withTag(file: Uint8Array, tag: number, value: number): Uint8Array {
  const copy = Uint8Array.from(file);
  const { values = [], at = 0 } = entriesOf(file)?.get(tag) ?? {};
  const view = new DataView(copy.buffer);
  values.forEach((_, i) => {
    view.setUint16(at + 2 * i, value, isLittleEndian(copy));
  });
  return copy;
}

export function isLittleEndian(file: Uint8Array): boolean {
  return file[0] === 0x49;
}

/** The wanted entries; undefined where the file ends before them. */
function entriesOf(file: Uint8Array): ReadonlyMap<number, Entry> | undefined {
  try {
    return directory(file);
  } catch (error) {
    // Beyond the end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function directory(file: Uint8Array): ReadonlyMap<number, Entry> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = isLittleEndian(file);
  const big = view.getUint16(2, little) === 43;
  const offsetAt = (at: number) => (big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  const start = offsetAt(big ? 8 : 4);
  const count = big ? Number(view.getBigUint64(start, little)) : view.getUint16(start, little);
  const [first, length] = big ? [start + 8, 20] : [start + 2, 12];
  const wanted: readonly number[] = Object.values(Tag);
  const entries = new Map<number, Entry>();
  for (let i = 0, entry = first; i < count; i++, entry += length) {
    const tag = view.getUint16(entry, little);
    if (!wanted.includes(tag)) continue;
    const valueCount = Math.min(offsetAt(entry + 4), mostValues);
    const place = entry + (big ? 12 : 8);
    const at = valueCount <= (big ? 4 : 2) ? place : offsetAt(place);
    const values = Array.from({ length: valueCount }, (_, value) => view.getUint16(at + 2 * value, little));
    entries.set(tag, { values, at });
  }
  return entries;
}
