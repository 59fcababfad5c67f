import { asciiJson, isRecord, shown } from "@brushwork/core/reading";
import { floatsOfHalves, halfBits } from "./half.js";
import { elements, isCounts, type JsonObject, parseObject } from "./json.js";

/** An array with its shape, row-major. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Arrays by name, as a weight file holds them. */
export type NamedArrays = Readonly<Record<string, NamedArray>>;

/** Bytes of an element, by the type's name in the format. */
const elementBytes: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

/**
 * Reads a safetensors file. Half-precision numbers are widened to float32.
 *
 * Sizes that the file claims are checked against its length before anything is allocated.
 *
 * @param file the whole file
 * @param options `wanted` chooses the arrays to read, such as all but the fully connected layers of a complete VGG
 * @throws {RangeError} when the file is truncated or damaged, or holds a type other than F32, F16 and BF16
 * @see https://github.com/huggingface/safetensors#format
 */
export function readSafetensors(
  file: Uint8Array,
  { wanted = () => true }: { readonly wanted?: (name: string) => boolean } = {},
): NamedArrays {
  const { header, start } = readHeader(file);
  const data = file.subarray(start);
  const places = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, entry]) => placeOf(name, entry, data.length));
  checkOrder(places, data.length);
  return Object.fromEntries(
    places.filter(({ name }) => wanted(name)).map((place) => [place.name, readArray(place, data)]),
  );
}

/** The strings in a safetensors file's header, such as its licence. @throws as `readSafetensors` */
export function readSafetensorsMetadata(file: Uint8Array): Readonly<Record<string, string>> {
  const { header } = readHeader(file);
  const { __metadata__: metadata = {} } = header;
  if (!isRecord(metadata)) throw damaged("metadata that is an object", shown(metadata));
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => {
      if (typeof value !== "string") throw damaged(`the metadata ${shown(key)} to be text`, shown(value));
      return [key, value];
    }),
  );
}

/**
 * Writes a safetensors file, with its arrays in the order of their names.
 *
 * @param options `half` stores float16, rounded to nearest even, at half the size; `metadata` goes into the header
 * @throws {RangeError} when an array's data does not fill its shape
 */
export function writeSafetensors(
  arrays: NamedArrays,
  {
    half = false,
    metadata,
  }: { readonly half?: boolean; readonly metadata?: Readonly<Record<string, string>> } = {},
): Uint8Array {
  const bytesEach = half ? 2 : 4;
  const header: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata };
  const entries = Object.entries(arrays).sort(([a], [b]) => (a < b ? -1 : 1));
  let end = 0;
  for (const [name, { shape, data }] of entries) {
    if (elements(shape) !== data.length)
      throw new RangeError(`Expected "${name}" to fill its shape [${shape}], got ${data.length} numbers.`);
    const begin = end;
    end += data.length * bytesEach;
    header[name] = { dtype: half ? "F16" : "F32", shape, data_offsets: [begin, end] };
  }
  const json = asciiJson(header);
  // The data begins at a multiple of eight bytes, so that readers can map it.
  const headerLength = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerLength + end);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(headerLength), true);
  file.fill(0x20, 8, 8 + headerLength);
  for (let i = 0; i < json.length; i++) file[8 + i] = json.charCodeAt(i);
  let at = 8 + headerLength;
  for (const [, { data }] of entries)
    for (const value of data) {
      if (half) view.setUint16(at, halfBits(value), true);
      else view.setFloat32(at, value, true);
      at += bytesEach;
    }
  return file;
}

function readHeader(file: Uint8Array): { readonly header: JsonObject; readonly start: number } {
  if (file.length < 8) throw damaged("at least 8 bytes", `${file.length}`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(file.length - 8))
    throw damaged("a header within the file", `one of ${length} bytes in a file of ${file.length}`);
  const start = 8 + Number(length);
  return { header: parseObject(file.subarray(8, start), "the header of a safetensors file"), start };
}

/** Where an array lies in the data, and how the header describes it. */
type Place = {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
  readonly dtype: unknown;
  readonly shape: unknown;
};

function placeOf(name: string, entry: unknown, available: number): Place {
  if (!isRecord(entry)) throw damaged(`${shown(name)} to be described by an object`, shown(entry));
  const { dtype, shape, data_offsets: offsets } = entry;
  const [begin, end] = isCounts(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || begin > end || end > available)
    throw damaged(`${shown(name)} to lie within the file's ${available} bytes of data`, shown(offsets));
  return { name, begin, end, dtype, shape };
}

/** Checks that the arrays follow one another without overlaps or gaps, up to the end of the file. */
function checkOrder(places: readonly Place[], available: number): void {
  let at = 0;
  for (const { name, begin, end } of places.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      throw damaged(`${shown(name)} to begin where the array before it ends, at ${at}`, `${begin}`);
    at = end;
  }
  if (at !== available) throw damaged("arrays that fill it", `${available - at} bytes more`);
}

function readArray({ name, begin, end, dtype, shape }: Place, data: Uint8Array): NamedArray {
  const bytesEach = typeof dtype === "string" ? elementBytes[dtype] : undefined;
  if (typeof dtype !== "string" || bytesEach === undefined)
    throw damaged(`${shown(name)} to be of ${Object.keys(elementBytes).join(", ")}`, shown(dtype));
  if (!isCounts(shape)) throw damaged(`${shown(name)} to have a shape of whole numbers`, shown(shape));
  if (elements(shape) * bytesEach !== end - begin)
    throw damaged(`${shown(name)} to fill its shape ${shown(shape)} of ${dtype}`, `${end - begin} bytes`);
  return { shape, data: decode(data.subarray(begin, end), dtype) };
}

function decode(data: Uint8Array, dtype: string): Float32Array {
  // Copied, since the data need not be aligned in the file; not by slice, which in Node's Buffer makes a view.
  const bytes = new Uint8Array(data).buffer;
  if (dtype === "F32") return new Float32Array(bytes);
  const bits = new Uint16Array(bytes);
  if (dtype === "F16") return floatsOfHalves(bits);
  const wide = new Uint32Array(bits.length);
  bits.forEach((value, i) => {
    wide[i] = value << 16;
  });
  return new Float32Array(wide.buffer);
}

function damaged(expected: string, got: string): RangeError {
  return new RangeError(
    `Expected ${expected} in a safetensors file, got ${got}: the file is damaged or is something else.`,
  );
}
