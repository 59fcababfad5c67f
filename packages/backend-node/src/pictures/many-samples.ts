import sharp from "sharp";
import { ExtraSample, isLittleEndian, Tag, type TiffSamples } from "./tiff-tags.js";

const tag = {
  ...Tag,
  width: 256,
  height: 257,
  stripOffsets: 273,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planarConfiguration: 284,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
} as const;

/** Compressions of bytes, whatever these are: none, LZW, deflate (two numbers), PackBits, Zstandard. */
const bytewise: readonly number[] = [1, 5, 8, 32_773, 32_946, 50_000];

const short = 3;
const long = 4;

/** What a tag is changed to; undefined: it is left out. */
type Change = { readonly type: typeof short | typeof long; readonly values: readonly number[] } | undefined;

/** The first directory of a TIFF in one of the byte orders. */
interface Directory {
  readonly view: DataView;
  readonly little: boolean;
  /** Where each entry is, by its tag. */
  readonly entries: ReadonlyMap<number, number>;
}

/**
 * The same TIFF without the samples that are neither colours nor alpha, for a decoder that reads few samples. To read
 * them all, each is made a pixel of its own.
 *
 * @param samples what the file says of them
 * @param wanted the number of samples that are colours, and which of those after them is alpha, if any;
 * `isNarrowed`: whether only the upper eight of 16 bits are kept
 * @param check is called with the size before anything of it is decoded, and may throw
 * @returns undefined where samples are not stored pixel by pixel, or are compressed in a way that depends on pixels
 * @throws {Error} the decoder's
 */
export async function withFewerSamples(
  file: Uint8Array,
  { count, bits, extra }: TiffSamples,
  {
    colours,
    alpha,
    isNarrowed = false,
  }: { readonly colours: number; readonly alpha: number | undefined; readonly isNarrowed?: boolean },
  check: (width: number, height: number) => void,
): Promise<Uint8Array | undefined> {
  const directory = directoryOf(file);
  if (directory === undefined) return undefined;
  const valueFor = (wanted: number) => firstValue(directory, wanted);
  const [width = 0, height = 0, tileWidth] = [tag.width, tag.height, tag.tileWidth].map(valueFor);
  check(width, height);
  const predictor = valueFor(tag.predictor) ?? 1;
  if ((valueFor(tag.planarConfiguration) ?? 1) !== 1 || !bytewise.includes(valueFor(tag.compression) ?? 1))
    return undefined;
  // Differences from the pixel before begin anew with each tile.
  if (predictor > 2 || (predictor === 2 && tileWidth !== undefined)) return undefined;

  const split = rewritten(file, directory, new Uint8Array(), {
    [tag.width]: { type: long, values: [width * count] },
    [tag.bitsPerSample]: { type: short, values: [bits] },
    [tag.photometric]: { type: short, values: [1] },
    [tag.samplesPerPixel]: { type: short, values: [1] },
    [tag.predictor]: { type: short, values: [1] },
    ...(tileWidth !== undefined && { [tag.tileWidth]: { type: long, values: [tileWidth * count] } }),
    [tag.extraSamples]: undefined,
    [tag.sampleFormat]: undefined,
  });
  const image = sharp(split, { failOn: "error", ignoreIcc: true, limitInputPixels: false });
  const is16 = bits === 16;
  const data = await image
    .toColourspace(is16 ? "grey16" : "b-w")
    .raw({ depth: is16 ? "ushort" : "uchar" })
    .toBuffer();
  const values = is16 ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  if (predictor === 2) addUp(values, width * count, count);

  const wanted = [
    ...Array.from({ length: colours }, (_, i) => i),
    ...(alpha === undefined ? [] : [colours + alpha]),
  ];
  const shift = is16 && isNarrowed ? 8 : 0;
  const fewer = new (is16 && !isNarrowed ? Uint16Array : Uint8Array)(width * height * wanted.length);
  for (let pixel = 0; pixel < width * height; pixel++)
    for (const [i, sample] of wanted.entries())
      fewer[pixel * wanted.length + i] = (values[pixel * count + sample] ?? 0) >> shift;
  const pixels = ordered(fewer, directory.little);
  return rewritten(file, directory, pixels, {
    [tag.bitsPerSample]: { type: short, values: wanted.map(() => bits - shift) },
    [tag.compression]: { type: short, values: [1] },
    [tag.stripOffsets]: { type: long, values: [even(file.length)] },
    [tag.samplesPerPixel]: { type: short, values: [wanted.length] },
    [tag.rowsPerStrip]: { type: long, values: [height] },
    [tag.stripByteCounts]: { type: long, values: [pixels.length] },
    [tag.predictor]: undefined,
    [tag.tileWidth]: undefined,
    [tag.tileHeight]: undefined,
    [tag.tileOffsets]: undefined,
    [tag.tileByteCounts]: undefined,
    [tag.extraSamples]:
      alpha === undefined ? undefined : { type: short, values: [extra[alpha] ?? ExtraSample.alpha] },
    [tag.sampleFormat]: undefined,
  });
}

/** @returns undefined for a BigTIFF, and where the file ends before its directory does */
function directoryOf(file: Uint8Array): Directory | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = isLittleEndian(file);
  if (view.getUint16(2, little) !== 42) return undefined;
  const start = view.getUint32(4, little);
  const entries = new Map<number, number>();
  for (let i = 0; i < view.getUint16(start, little); i++) {
    const at = start + 2 + 12 * i;
    if (at + 12 > file.length) return undefined;
    entries.set(view.getUint16(at, little), at);
  }
  return { view, little, entries };
}

/** The value of a tag that has one. */
function firstValue({ view, little, entries }: Directory, wanted: number): number | undefined {
  const at = entries.get(wanted);
  if (at === undefined) return undefined;
  return view.getUint16(at + 2, little) === short
    ? view.getUint16(at + 8, little)
    : view.getUint32(at + 8, little);
}

/** A copy of a TIFF with some bytes and a changed directory at its end. */
function rewritten(
  file: Uint8Array,
  { little, entries }: Directory,
  appended: Uint8Array,
  changes: Readonly<Record<number, Change>>,
): Uint8Array {
  const changed = new Map(Object.entries(changes).map(([name, change]) => [Number(name), change]));
  const kept = [...new Set([...entries.keys(), ...changed.keys()])]
    .filter((name) => !changed.has(name) || changed.get(name) !== undefined)
    .sort((a, b) => a - b);
  const start = even(even(file.length) + appended.length);
  const arrays = start + 2 + 12 * kept.length + 4;
  const room = [...changed.values()].reduce((sum, change) => sum + 4 * (change?.values.length ?? 0), 0);
  const bytes = new Uint8Array(arrays + room);
  bytes.set(file);
  bytes.set(appended, even(file.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(4, start, little);
  view.setUint16(start, kept.length, little);
  let free = arrays;
  for (const [i, name] of kept.entries()) {
    const at = start + 2 + 12 * i;
    const change = changed.get(name);
    const old = entries.get(name);
    if (change === undefined) {
      if (old !== undefined) bytes.set(file.subarray(old, old + 12), at);
      continue;
    }
    const { type, values } = change;
    view.setUint16(at, name, little);
    view.setUint16(at + 2, type, little);
    view.setUint32(at + 4, values.length, little);
    const size = type === short ? 2 : 4;
    const place = values.length * size <= 4 ? at + 8 : free;
    if (place === free) {
      view.setUint32(at + 8, free, little);
      free += values.length * 4;
    }
    for (const [j, value] of values.entries()) {
      if (type === short) view.setUint16(place + 2 * j, value, little);
      else view.setUint32(place + 4 * j, value, little);
    }
  }
  return bytes;
}

function even(length: number): number {
  return length + (length % 2);
}

/** Adds up differences, in place. @param row samples of a row, `count` of a pixel */
function addUp(values: Uint8Array | Uint16Array, row: number, count: number): void {
  for (let start = 0; start < values.length; start += row)
    for (let i = start + count; i < start + row; i++) values[i] = (values[i] ?? 0) + (values[i - count] ?? 0);
}

/** Numbers as bytes, in a byte order. */
function ordered(values: Uint8Array | Uint16Array, little: boolean): Uint8Array {
  const bytes = new Uint8Array(values.length * values.BYTES_PER_ELEMENT);
  const view = new DataView(bytes.buffer);
  if (values instanceof Uint8Array) bytes.set(values);
  else for (const [i, value] of values.entries()) view.setUint16(2 * i, value, little);
  return bytes;
}
