import { joined, slice, startsWith, viewOf } from "./bytes.js";
import type { Container } from "./container.js";
import { readXmp, writeXmp } from "./xmp.js";

const name = "TIFF";
const littleEndian = [0x49, 0x49];
const signatures = [
  [...littleEndian, 42, 0],
  [0x4d, 0x4d, 0, 42],
];
const xmpTag = 700;
const entryLength = 12;

const byteType = 1;
/** The types that may hold XMP, since their values are bytes: BYTE, ASCII and UNDEFINED. */
const byteTypes: readonly number[] = [byteType, 2, 7];

/**
 * TIFF: XMP in tag 700 of the first directory, in either byte order.
 *
 * Everything stays where it is, since other parts point to it: whatever grows moves to the end of the file.
 * @see TIFF 6.0, section 2; XMP specification part 3, 1.1.5
 */
export const tiff: Container = {
  name,
  recognises: (file) => signatures.some((signature) => startsWith(file, signature)),
  read(file) {
    const old = xmpOf(file, directoryOf(file));
    return old && readXmp(old.packet);
  },
  write(file, text) {
    const directory = directoryOf(file);
    const old = xmpOf(file, directory);
    const packet = writeXmp(old?.packet, text);
    const written = old ? replaced(file, directory, old, packet) : added(file, directory, packet);
    if (written.length > 0xffffffff)
      throw new RangeError(
        `Expected a TIFF file of at most 4 GiB with its recipe, got ${written.length} bytes. Save as PNG.`,
      );
    return written;
  },
};

interface Directory {
  /** Whether the byte order is little-endian. */
  readonly little: boolean;
  readonly start: number;
  readonly entries: number;
  /** The count, the entries and the offset of the next directory. */
  readonly bytes: Uint8Array;
}

/** An entry of tag 700. */
interface Xmp {
  /** The entry's offset in the file. */
  readonly entry: number;
  readonly packet: Uint8Array;
  /** The packet's offset in the file. */
  readonly start: number;
}

function directoryOf(file: Uint8Array): Directory {
  const little = startsWith(file, littleEndian);
  const start = viewOf(slice(file, 0, 8, name)).getUint32(4, little);
  const entries = viewOf(slice(file, start, 2, name)).getUint16(0, little);
  return { little, start, entries, bytes: slice(file, start, 2 + entries * entryLength + 4, name) };
}

function tagOf({ bytes, little }: Directory, index: number): number {
  return viewOf(bytes).getUint16(2 + index * entryLength, little);
}

function xmpOf(file: Uint8Array, directory: Directory): Xmp | undefined {
  const { little, start: directoryStart, entries, bytes } = directory;
  for (let i = 0; i < entries; i++) {
    if (tagOf(directory, i) !== xmpTag) continue;
    const at = 2 + i * entryLength;
    const type = viewOf(bytes).getUint16(at + 2, little);
    if (!byteTypes.includes(type))
      throw new Error(
        `Expected the TIFF file's XMP to be of one of the types ${byteTypes.join(", ")}, got ${type}: it is damaged.`,
      );
    const length = viewOf(bytes).getUint32(at + 4, little);
    const entry = directoryStart + at;
    // Up to four bytes are stored in the entry itself.
    const start = length <= 4 ? entry + 8 : viewOf(bytes).getUint32(at + 8, little);
    return { entry, start, packet: slice(file, start, length, name) };
  }
  return undefined;
}

function replaced(
  file: Uint8Array,
  { little, start, bytes }: Directory,
  old: Xmp,
  packet: Uint8Array,
): Uint8Array<ArrayBuffer> {
  // An old packet at the very end, where `added` puts it, is dropped; one elsewhere stays as unused bytes.
  const isLast = old.start + old.packet.length === file.length && old.start >= start + bytes.length;
  const kept = isLast ? file.subarray(0, old.start) : file;
  const padding = kept.length % 2;
  const written = joined([kept, new Uint8Array(padding), packet]);
  written.set(entryOf(packet, kept.length + padding, little), old.entry);
  return written;
}

function added(file: Uint8Array, directory: Directory, packet: Uint8Array): Uint8Array<ArrayBuffer> {
  const { little, entries, bytes } = directory;
  let place = 0; // Entries are sorted by tag.
  while (place < entries && tagOf(directory, place) < xmpTag) place++;
  const before = bytes.subarray(2, 2 + place * entryLength);
  const after = bytes.subarray(2 + place * entryLength);

  const start = file.length + (file.length % 2);
  const count = new Uint8Array(2);
  viewOf(count).setUint16(0, entries + 1, little);
  const entry = entryOf(packet, start + bytes.length + entryLength, little);
  const written = joined([file, new Uint8Array(file.length % 2), count, before, entry, after, packet]);
  viewOf(written).setUint32(4, start, little);
  return written;
}

function entryOf(packet: Uint8Array, start: number, little: boolean): Uint8Array {
  const bytes = new Uint8Array(entryLength);
  const view = viewOf(bytes);
  view.setUint16(0, xmpTag, little);
  view.setUint16(2, byteType, little);
  view.setUint32(4, packet.length, little);
  view.setUint32(8, start, little);
  return bytes;
}
