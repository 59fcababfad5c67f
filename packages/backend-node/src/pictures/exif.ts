import type { Picture } from "@brushwork/core";

/** A field of a directory; numbers are little-endian. */
interface Field {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly value: Uint8Array;
}

/** The fields of EXIF, by their directories. */
export interface Exif {
  readonly main: readonly Field[];
  readonly camera: readonly Field[];
  readonly place: readonly Field[];
}

export const noExif: Exif = { main: [], camera: [], place: [] };

/** The types of fields: BYTE, ASCII, SHORT, LONG and so on, and how many bytes one number of each has. */
const numberBytes: Readonly<Partial<Record<number, number>>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 4,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 4,
  11: 4,
  12: 8,
  129: 1,
};

/** A RATIONAL is two LONGs. */
const rationals: readonly number[] = [5, 10];

const [byteType, short, long, rational] = [1, 3, 4, 5];

const Tag = {
  orientation: 274,
  xResolution: 282,
  yResolution: 283,
  resolutionUnit: 296,
  camera: 34665,
  place: 34853,
  colorSpace: 40961,
  width: 40962,
  height: 40963,
  userComment: 37510,
} as const;

/**
 * What the first directory says that holds for a painting too: title, make, model, software, time, artist, host, rating,
 * copyright, and Windows' title, comment, author, keywords and subject.
 */
const lasting: readonly number[] = [
  269, 270, 271, 272, 305, 306, 315, 316, 18246, 18249, 33432, 40091, 40092, 40093, 40094, 40095,
];

/**
 * What the camera's directory says that does not: how the file was coded, places in pixels, pixels of the sensor, the
 * maker's own notes, which point to places in the file, a sound beside it, and the identity of that one image.
 */
const passing: readonly number[] = [
  37121,
  37122,
  37396,
  37500,
  Tag.colorSpace,
  Tag.width,
  Tag.height,
  40964,
  40965,
  41484,
  41486,
  41487,
  41488,
  41492,
  41730,
  42016,
  42240,
];

/** Longest value that is kept, and most bytes of all: a JPEG has room for 64 KiB. */
const [longestValue, mostBytes] = [2 ** 14, 60_000];

/** More fields than a directory has. */
const mostFields = 1000;

/**
 * The fields of EXIF that still hold for a painting of the picture: no thumbnail, no maker's notes, nothing about how the
 * file was coded. What cannot be read is left out.
 *
 * @param block the EXIF of a file, which is a TIFF without pixels, or a whole TIFF; it may be hostile
 * @returns undefined where there is nothing to keep
 */
export function lastingExif(block: Uint8Array): Exif | undefined {
  const directories = directoriesOf(block);
  let left = mostBytes;
  const kept = (fields: readonly Field[], keeps: (tag: number) => boolean) =>
    fields.filter(({ tag, value }) => {
      if (!keeps(tag) || value.length > left) return false;
      left -= value.length + entryLength;
      return true;
    });
  const exif = {
    main: kept(directories.main, (tag) => lasting.includes(tag)),
    camera: kept(directories.camera, (tag) => !passing.includes(tag)),
    place: kept(directories.place, () => true),
  };
  return Object.values(exif).some((fields) => fields.length > 0) ? exif : undefined;
}

/** Pixels per inch, as EXIF has them; undefined where it does not say. */
export function densityIn(block: Uint8Array): number | undefined {
  const { main } = directoriesOf(block);
  const view = (wanted: number) => {
    const found = main.find(({ tag }) => tag === wanted);
    return found && new DataView(found.value.buffer);
  };
  const resolution = view(Tag.xResolution);
  if (resolution === undefined || resolution.byteLength !== 8) return undefined;
  const centimetres = 3;
  const unit = view(Tag.resolutionUnit)?.getUint8(0) === centimetres ? 2.54 : 1;
  return Math.round((unit * resolution.getUint32(0, true)) / resolution.getUint32(4, true));
}

function directoriesOf(block: Uint8Array): Exif {
  const signature = [0x45, 0x78, 0x69, 0x66, 0, 0];
  const bytes = signature.every((byte, i) => block[i] === byte) ? block.subarray(signature.length) : block;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === 0x49;
  if (bytes.length < 8 || bytes[0] !== bytes[1] || view.getUint16(2, little) !== 42) return noExif;
  const main = entries(view.getUint32(4, little));
  const below = (pointer: number) => {
    const found = main.find(({ tag }) => tag === pointer);
    return found === undefined ? [] : entries(new DataView(found.value.buffer).getUint32(0, true));
  };
  return { main, camera: below(Tag.camera), place: below(Tag.place) };

  function entries(start: number): readonly Field[] {
    const fields = new Map<number, Field>();
    if (start + 2 > bytes.length) return [];
    const count = Math.min(view.getUint16(start, little), mostFields);
    for (let i = 0; i < count; i++) {
      const at = start + 2 + i * entryLength;
      if (at + entryLength > bytes.length) break;
      const field = fieldAt(at);
      if (field !== undefined && !fields.has(field.tag)) fields.set(field.tag, field);
    }
    return [...fields.values()];
  }

  function fieldAt(at: number): Field | undefined {
    const [tag, type, count] = [
      view.getUint16(at, little),
      view.getUint16(at + 2, little),
      view.getUint32(at + 4, little),
    ];
    const unit = numberBytes[type];
    if (unit === undefined || count === 0) return undefined;
    const length = count * unit * (rationals.includes(type) ? 2 : 1);
    const start = length <= 4 ? at + 8 : view.getUint32(at + 8, little);
    if (length > longestValue || start + length > bytes.length) return undefined;
    const value = Uint8Array.from(bytes.subarray(start, start + length));
    if (!little && tag === Tag.userComment && isUnicode(value)) swap(value.subarray(commentHead), 2);
    else if (!little) swap(value, unit);
    const isPointer = tag === Tag.camera || tag === Tag.place;
    return isPointer && length !== 4 ? undefined : { tag, type, count, value };
  }
}

/** A comment begins with the name of its encoding. */
const commentHead = 8;

/** Whether a comment is in 16 bits a character, whose byte order is the file's. */
function isUnicode(comment: Uint8Array): boolean {
  return String.fromCharCode(...comment.subarray(0, commentHead)) === "UNICODE\0";
}

/** Reverses the bytes of each number. */
function swap(value: Uint8Array, unit: number): void {
  for (let at = 0; at + unit <= value.length; at += unit) value.subarray(at, at + unit).reverse();
}

/** What EXIF has to say of a picture that is written. */
export interface Described extends Pick<Picture, "width" | "height"> {
  /** Pixels per inch. */
  readonly density?: number;
}

/** EXIF as files hold it: a TIFF without pixels. The picture is upright and in sRGB. */
export function exifBlock(exif: Exif, picture: Described): Uint8Array {
  const header = Uint8Array.of(0x49, 0x49, 42, 0, 8, 0, 0, 0);
  const main = [...exif.main, field(Tag.orientation, short, 1), ...densityFields(picture)];
  return Buffer.concat([header, directories({ ...exif, main }, picture, header.length)]);
}

/** A TIFF, as sharp writes it, with the fields of EXIF. */
export function tiffWithExif(
  file: Uint8Array,
  { main: described, camera, place }: Exif,
  picture: Described,
): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file[0] !== 0x49 || view.getUint16(2, true) !== 42)
    throw new Error("Expected a little-endian TIFF to write EXIF to.");
  const start = view.getUint32(4, true);
  const own = Array.from({ length: view.getUint16(start, true) }, (_, i): Field => {
    const at = start + 2 + i * entryLength;
    // Values stay where they are.
    const value = file.subarray(at + 8, at + entryLength);
    return {
      tag: view.getUint16(at, true),
      type: view.getUint16(at + 2, true),
      count: view.getUint32(at + 4, true),
      value,
    };
  });
  const added = [...described, ...densityFields(picture)];
  const replaced = new Set(added.map(({ tag }) => tag));
  const main = [...own.filter(({ tag }) => !replaced.has(tag)), ...added];
  const at = file.length + (file.length % 2);
  const written = Buffer.concat([
    file,
    new Uint8Array(at - file.length),
    directories({ main, camera, place }, picture, at),
  ]);
  written.writeUInt32LE(at, 4);
  return written;
}

const entryLength = 12;

/** The three directories from an offset on. */
function directories({ main, camera, place }: Exif, { width, height }: Described, at: number): Uint8Array {
  const cameras =
    camera.length === 0
      ? []
      : [
          ...camera,
          field(Tag.colorSpace, short, 1),
          field(Tag.width, long, width),
          field(Tag.height, long, height),
        ];
  const below = [
    [Tag.camera, cameras],
    [Tag.place, place],
  ] as const;
  const pointers = (offsets: readonly number[]) =>
    below.flatMap(([tag, fields], i) => (fields.length === 0 ? [] : [field(tag, long, offsets[i] ?? 0)]));
  const end = at + directory([...main, ...pointers([])], at).length;
  const first = directory(cameras, end);
  const offsets = [end, cameras.length === 0 ? end : end + first.length];
  return Buffer.concat([
    directory([...main, ...pointers(offsets)], at),
    ...(cameras.length === 0 ? [] : [first]),
    ...(place.length === 0 ? [] : [directory(place, offsets[1] ?? end)]),
  ]);
}

/** A directory at an offset, followed by the values that do not fit into its entries. */
function directory(fields: readonly Field[], at: number): Uint8Array {
  const sorted = fields.toSorted((a, b) => a.tag - b.tag);
  const head = new Uint8Array(2 + sorted.length * entryLength + 4);
  const view = new DataView(head.buffer);
  view.setUint16(0, sorted.length, true);
  const values: Uint8Array[] = [];
  let next = at + head.length;
  for (const [i, { tag, type, count, value }] of sorted.entries()) {
    const entry = 2 + i * entryLength;
    view.setUint16(entry, tag, true);
    view.setUint16(entry + 2, type, true);
    view.setUint32(entry + 4, count, true);
    if (value.length <= 4) head.set(value, entry + 8);
    else {
      view.setUint32(entry + 8, next, true);
      // Offsets are even.
      values.push(value, new Uint8Array(value.length % 2));
      next += value.length + (value.length % 2);
    }
  }
  return Buffer.concat([head, ...values]);
}

function densityFields({ density }: Described): readonly Field[] {
  if (density === undefined) return [];
  const inches = 2;
  return [
    field(Tag.xResolution, rational, density, 1),
    field(Tag.yResolution, rational, density, 1),
    field(Tag.resolutionUnit, short, inches),
  ];
}

/** A field with one value; a rational has two numbers. */
function field(tag: number, type: number, ...numbers: readonly number[]): Field {
  const bytes = numberBytes[type] ?? byteType;
  const value = new Uint8Array(bytes * numbers.length);
  const view = new DataView(value.buffer);
  for (const [i, number] of numbers.entries())
    if (bytes === 2) view.setUint16(2 * i, number, true);
    else view.setUint32(4 * i, number, true);
  return { tag, type, count: 1, value };
}
