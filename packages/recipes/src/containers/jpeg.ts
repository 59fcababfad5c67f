import { binaryBytes, binaryText, joined, slice, startsWith, viewOf } from "./bytes.js";
import type { Container } from "./container.js";
import { readXmp, writeXmp } from "./xmp.js";

const name = "JPEG";
const signature = [0xff, 0xd8, 0xff];
const xmpHeader = "http://ns.adobe.com/xap/1.0/\0";

const [app0, app1, startOfScan, endOfImage] = [0xe0, 0xe1, 0xda, 0xd9];

/** Longest data of a segment: its length has sixteen bits and counts its own two bytes. */
const longestSegment = 0xffff - 2;

/**
 * JPEG: XMP in an APP1 segment before the first scan.
 * @see XMP specification part 3, Storage in files, 1.1.3
 */
export const jpeg: Container = {
  name,
  recognises: (file) => startsWith(file, signature),
  read(file) {
    for (const segment of segments(file)) {
      const text = isXmp(segment) ? readXmp(packetOf(segment)) : undefined;
      if (text !== undefined) return text;
    }
    return undefined;
  },
  write(file, text) {
    const { start, end, packet } = placeOf(file);
    const written = writeXmp(packet, text);
    const longest = longestSegment - xmpHeader.length;
    if (written.length > longest)
      throw new RangeError(
        `Expected the recipe and the file's other XMP to take at most ${longest} bytes in a JPEG, got ${written.length}. Save as PNG, WebP or TIFF.`,
      );
    return joined([file.subarray(0, start), segmentOf(written), file.subarray(end)]);
  },
};

interface Segment {
  readonly start: number;
  readonly end: number;
  readonly marker: number;
  readonly data: Uint8Array;
}

/** The segments before the first scan. */
function* segments(file: Uint8Array): Generator<Segment, void, void> {
  for (let start = 2; ; ) {
    if (slice(file, start, 2, name)[0] !== 0xff)
      throw new Error(`Expected a marker at byte ${start} of the JPEG file, got none: it is damaged.`);
    let at = start + 1;
    while (file[at] === 0xff) at++; // A marker may begin with any number of 0xff bytes.
    const [marker = 0] = slice(file, at, 1, name);
    if (marker === startOfScan || marker === endOfImage) return;
    const length = viewOf(slice(file, at + 1, 2, name)).getUint16(0);
    if (length < 2)
      throw new Error(
        `Expected a segment of at least 2 bytes at byte ${start} of the JPEG file, got ${length}: it is damaged.`,
      );
    const end = at + 1 + length;
    yield { start, end, marker, data: slice(file, at + 1, length, name).subarray(2) };
    start = end;
  }
}

function isXmp({ marker, data }: Segment): boolean {
  return marker === app1 && binaryText(data.subarray(0, xmpHeader.length)) === xmpHeader;
}

function packetOf({ data }: Segment): Uint8Array {
  return data.subarray(xmpHeader.length);
}

/** Where XMP is, or belongs: after JFIF and Exif, which both have to come first. */
function placeOf(file: Uint8Array): { start: number; end: number; packet?: Uint8Array } {
  let place = 2;
  for (const segment of segments(file)) {
    if (isXmp(segment)) return { start: segment.start, end: segment.end, packet: packetOf(segment) };
    if (segment.start === place && (segment.marker === app0 || segment.marker === app1)) place = segment.end;
  }
  return { start: place, end: place };
}

function segmentOf(packet: Uint8Array): Uint8Array {
  const head = binaryBytes(`\u00ff\u00e1\0\0${xmpHeader}`);
  viewOf(head).setUint16(2, head.length - 2 + packet.length);
  return joined([head, packet]);
}
