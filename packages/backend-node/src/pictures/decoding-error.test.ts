import { expect, it } from "vitest";
import { decodingError } from "./decoding-error.js";

it.each([
  [
    "glib: Error creating thread: Resource temporarily unavailable",
    "The picture a.png could not be read, since this machine ran out of threads. End other programs, or raise the limit.",
  ],
  [
    "vips_tracked: out of memory -- size == 52MB",
    "The picture a.png could not be read, since this machine ran out of memory. End other programs, or raise the limit.",
  ],
  [
    "VipsJpeg: Unsupported JPEG process: SOF type 0xc3",
    "Expected a.png to be a picture of a common form, got one that cannot be read " +
      "(VipsJpeg: Unsupported JPEG process: SOF type 0xc3). Convert it first.",
  ],
  [
    "Input file has corrupt header: image: bad labq format\n\nimage: bad labq format\n",
    "Expected a.png to be a picture of a common form, got one that cannot be read " +
      "(image: bad labq format). Convert it first.",
  ],
  [
    "Input buffer contains unsupported image format",
    "The picture a.png is damaged or cut off: get it again.",
  ],
  [
    "heif: Memory allocation error: Security limit exceeded: iloc box contains 16384 items",
    "The picture a.png is damaged or cut off: get it again.",
  ],
  ["pngload_buffer: libpng read error", "The picture a.png is damaged or cut off: get it again."],
])("says what a decoder's error means: %s", (message, sentence) => {
  const cause = new Error(message);
  const error = decodingError("a.png", cause);
  expect([error.message, error.cause]).toEqual([sentence, cause]);
});
