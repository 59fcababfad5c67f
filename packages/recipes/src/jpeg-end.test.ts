import { expect, it } from "vitest";
import { hasJpegEnd } from "./jpeg-end.js";

/** A segment with its length. */
const segment = (kind: number, ...bytes: readonly number[]) => [0xff, kind, 0, bytes.length + 2, ...bytes];
const start = [0xff, 0xd8];
const end = [0xff, 0xd9];
/** Data with a stuffed byte and a restart marker. */
const scan = [...segment(0xda, 1, 1, 0, 0, 63, 0), 1, 2, 0xff, 0, 0xff, 0xd0, 3];

it.each([
  ["whole", [...start, ...scan, ...end], true],
  ["with fill bytes before its end", [...start, ...scan, 0xff, 0xff, ...end], true],
  ["with something after its end", [...start, ...scan, ...end, 1, 2, 3], true],
  ["of several scans", [...start, ...scan, ...segment(0xc4, 9), ...scan, ...end], true],
  ["cut off in its scan", [...start, ...scan], false],
  ["cut off in its end", [...start, ...scan, 0xff], false],
  ["cut off in a segment", [...start, ...segment(0xe1, 1, 2, 3).slice(0, -2)], false],
  [
    "whose thumbnail alone has an end",
    [...start, ...segment(0xe1, ...start, ...scan, ...end), ...scan],
    false,
  ],
  ["of its first two bytes", start, false],
])("knows whether a JPEG has its end: one %s", (_, bytes, expected) => {
  expect(hasJpegEnd(Uint8Array.from(bytes))).toBe(expected);
});
