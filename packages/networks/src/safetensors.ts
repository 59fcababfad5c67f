/** An array with its shape, row-major. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Arrays by name, as a weight file holds them. */
export type NamedArrays = Readonly<Record<string, NamedArray>>;

type Json = Readonly<Record<string, unknown>>;

const elementBytes: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

/** The published limit: a longer header is no safetensors file. */
const largestHeader = 100_000_000;

/**
 * Reads a safetensors file. Half-precision numbers are widened to float32.
 *
 * Nothing is allocated by what the file claims before the claim was checked against the file's length.
 *
 * @param file the whole file
 * @throws {RangeError} when the file is truncated, damaged, or holds another type than F32, F16 or BF16
 * @see https://github.com/huggingface/safetensors#format
 */
export function readSafetensors(file: Uint8Array): NamedArrays {
  const { header, start } = readHeader(file);
  const arrays: Record<string, NamedArray> = {};
  const ranges: { readonly name: string; readonly begin: number; readonly end: number }[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, begin, end } = readEntry(name, entry, file.length - start);
    ranges.push({ name, begin, end });
    arrays[name] = { shape, data: decode(file, start + begin, start + end, dtype) };
  }
  ranges.sort((a, b) => a.begin - b.begin);
  ranges.reduce(
    (before, range) => {
      if (range.begin < before.end)
        throw damaged(
          `"${range.name}" not to overlap "${before.name}"`,
          `bytes ${range.begin} to ${range.end}`,
        );
      return range;
    },
    { name: "", begin: 0, end: 0 },
  );
  return arrays;
}

/** The strings in a safetensors file's header, such as its licence. @throws as `readSafetensors` */
export function readSafetensorsMetadata(file: Uint8Array): Readonly<Record<string, string>> {
  const { header } = readHeader(file);
  const metadata = isObject(header.__metadata__) ? header.__metadata__ : {};
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)]));
}

/**
 * Writes a safetensors file, its arrays in the order of their names.
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
  // The data begins at a multiple of eight, so that readers can map it.
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

function readHeader(file: Uint8Array): { readonly header: Json; readonly start: number } {
  if (file.length < 8) throw damaged("at least 8 bytes", `${file.length}`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(Math.min(file.length - 8, largestHeader)))
    throw damaged("a header within the file", `one of ${length} bytes in a file of ${file.length}`);
  const start = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(utf8(file.subarray(8, start)));
  } catch (cause) {
    throw damaged("a header of JSON", "something else", cause);
  }
  if (!isObject(header)) throw damaged("a header that is a JSON object", typeof header);
  return { header, start };
}

function readEntry(name: string, entry: unknown, available: number) {
  if (!isObject(entry)) throw damaged(`"${name}" to be described by an object`, typeof entry);
  const { dtype, shape, data_offsets: offsets } = entry;
  const bytesEach = typeof dtype === "string" ? elementBytes[dtype] : undefined;
  if (typeof dtype !== "string" || bytesEach === undefined)
    throw damaged(`"${name}" to be of ${Object.keys(elementBytes).join(", ")}`, String(dtype));
  if (!isCounts(shape)) throw damaged(`"${name}" to have a shape of whole numbers`, JSON.stringify(shape));
  const [begin, end] = isCounts(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || begin > end || end > available)
    throw damaged(`"${name}" to lie within the file's ${available} bytes of data`, JSON.stringify(offsets));
  if (elements(shape) * bytesEach !== end - begin)
    throw damaged(`"${name}" to fill its shape [${shape}] of ${dtype}`, `${end - begin} bytes`);
  return { dtype, shape, begin, end };
}

function decode(file: Uint8Array, begin: number, end: number, dtype: string): Float32Array {
  // Copied, since the data need not be aligned in the file; not by slice, which in Node's Buffer only looks.
  const bytes = new Uint8Array(file.subarray(begin, end)).buffer;
  if (dtype === "F32") return new Float32Array(bytes);
  const bits = new Uint16Array(bytes);
  if (dtype === "F16") return Float32Array.from(bits, halfValue);
  const wide = new Uint32Array(bits.length);
  bits.forEach((value, i) => {
    wide[i] = value << 16;
  });
  return new Float32Array(wide.buffer);
}

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  // Below the smallest normal number the spacing stays 2^-24; above, it follows the exponent.
  const exponent = Math.max(-14, size === 0 ? -14 : Math.floor(Math.log2(size)));
  const units = roundToEven(size / 2 ** (exponent - 10));
  return sign | (units < 1024 ? units : ((exponent + 15) << 10) + (units - 1024));
}

function roundToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}

function damaged(expected: string, got: string, cause?: unknown): RangeError {
  return new RangeError(
    `Expected ${expected} in a safetensors file, got ${got}: the file is damaged or is something else.`,
    { cause },
  );
}

/** JSON with everything beyond ASCII escaped, so that a character is a byte. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function utf8(bytes: Uint8Array): string {
  let percent = "";
  for (let begin = 0; begin < bytes.length; begin += 4096)
    percent += Array.from(
      bytes.subarray(begin, begin + 4096),
      (b) => `%${b.toString(16).padStart(2, "0")}`,
    ).join("");
  return decodeURIComponent(percent);
}
