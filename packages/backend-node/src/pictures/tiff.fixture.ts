import { deflateSync } from "node:zlib";

/** An uncompressed TIFF of one strip. */
export interface TiffContents {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 2: RGB, 5: CMYK, 6: YCbCr, 8: CIELab. */
  readonly photometric: number;
  /** The samples, pixel by pixel; their type gives the bits and the number format. */
  readonly samples:
    | Uint8Array
    | Uint16Array
    | Uint32Array
    | Int8Array
    | Int16Array
    | Int32Array
    | Float32Array
    | Float64Array;
  /** The tag SampleFormat. @default that of the samples' type */
  readonly format?: number;
  /** The tag ExtraSamples; absent where it is empty. */
  readonly extra?: readonly number[];
  /** Compressed by deflate, as differences from the pixel before. */
  readonly isDeflated?: boolean;
  /** EXIF's orientation. */
  readonly orientation?: number;
  /** An ICC profile. */
  readonly icc?: Uint8Array;
}

const short = 3;
const long = 4;
const undefinedType = 7;

/** The bytes of a TIFF, little-endian as every machine that runs the tests. */
export function tiffOf({
  width,
  height,
  photometric,
  samples,
  extra = [],
  icc,
  isDeflated = false,
  orientation,
  format = formatOf(samples),
}: TiffContents): Buffer {
  const count = samples.length / (width * height);
  const bits = samples.BYTES_PER_ELEMENT * 8;
  const stored = isDeflated ? differences(samples, width * count, count) : samples;
  const plain = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const pixels = isDeflated ? deflateSync(plain) : plain;
  const repeated = (value: number) => Array.from({ length: count }, () => value);
  const tags: readonly (readonly [tag: number, type: number, values: readonly number[] | Uint8Array])[] = [
    [256, long, [width]],
    [257, long, [height]],
    [258, short, repeated(bits)],
    [259, short, [isDeflated ? 8 : 1]],
    [262, short, [photometric]],
    [273, long, [0]],
    ...(orientation === undefined ? [] : [[274, short, [orientation]] as const]),
    [277, short, [count]],
    [278, long, [height]],
    [279, long, [pixels.length]],
    [284, short, [1]],
    ...(isDeflated ? [[317, short, [2]] as const] : []),
    ...(extra.length > 0 ? [[338, short, extra] as const] : []),
    [339, short, repeated(format)],
    ...(icc ? [[34_675, undefinedType, icc] as const] : []),
  ];
  const directory = Buffer.alloc(2 + 12 * tags.length + 4);
  directory.writeUInt16LE(tags.length, 0);
  const after: Buffer[] = [];
  let end = 8 + directory.length;
  const add = (bytes: Buffer) => {
    const start = end;
    const padded = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
    after.push(padded);
    end += padded.length;
    return start;
  };
  tags.forEach(([tag, type, values], i) => {
    const at = 2 + 12 * i;
    const bytes = encoded(type, values);
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(values.length, at + 4);
    if (tag === 273) directory.writeUInt32LE(add(pixels), at + 8);
    else if (bytes.length <= 4) bytes.copy(directory, at + 8);
    else directory.writeUInt32LE(add(bytes), at + 8);
  });
  const header = Buffer.from("II*\0\x08\0\0\0", "latin1");
  return Buffer.concat([header, directory, ...after]);
}

/** 1: unsigned, 2: signed, 3: floating point. */
function formatOf({ constructor: { name } }: TiffContents["samples"]): number {
  if (name.startsWith("Float")) return 3;
  return name.startsWith("Int") ? 2 : 1;
}

function differences(samples: TiffContents["samples"], row: number, count: number): TiffContents["samples"] {
  const stored = samples.slice();
  for (const [i, sample] of samples.entries())
    if (i % row >= count) stored[i] = sample - (samples[i - count] ?? 0);
  return stored;
}

function encoded(type: number, values: readonly number[] | Uint8Array): Buffer {
  if (type === undefinedType) return Buffer.from(values);
  const size = type === short ? 2 : 4;
  const bytes = Buffer.alloc(values.length * size);
  for (const [i, value] of values.entries()) bytes.writeUIntLE(value, i * size, size);
  return bytes;
}
