import { expect, it } from "vitest";
import { greyRows, hasEveryScan, lacksTooMuch } from "./cut-jpeg.js";

it("counts the rows at the bottom that are mid-grey throughout", () => {
  // Three rows of two pixels, of which the last two are grey but for one value.
  const grey = [128, 128, 128, 255, 128, 128, 128, 255];
  const other = [128, 128, 127, 255, 128, 128, 128, 255];
  const rows = (...data: number[][]) =>
    greyRows(Uint8ClampedArray.from(data.flat()), { height: 3, channels: 4, colours: 3 });
  expect(rows(other, grey, grey)).toBe(2);
  expect(rows(grey, other, grey)).toBe(1);
  expect(rows(grey, grey, other)).toBe(0);
  expect(rows(grey, grey, grey)).toBe(3);
  expect(greyRows(Uint8Array.of(1, 1, 128, 128), { height: 2, channels: 1 })).toBe(1);
});

it("allows one row of twenty to be missing", () => {
  expect(lacksTooMuch(20, 400)).toBe(false);
  expect(lacksTooMuch(21, 400)).toBe(true);
});

it("knows whether a progressive JPEG has the lowest bits of all coefficients", () => {
  const segment = (kind: number, ...bytes: number[]) => [0xff, kind, 0, bytes.length + 2, ...bytes];
  const frame = segment(0xc2, 8, 0, 8, 0, 8, 1, 1, 0x11, 0);
  /** A scan of the only component: its coefficients, and the lowest bit that it gives. */
  const scan = (first: number, last: number, bit: number) => [...segment(0xda, 1, 1, 0, first, last, bit), 7];
  const jpeg = (...scans: number[][]) => Uint8Array.from([0xff, 0xd8, ...frame, ...scans.flat()]);
  expect(hasEveryScan(jpeg(scan(0, 0, 0), scan(1, 63, 0)))).toBe(true);
  expect(hasEveryScan(jpeg(scan(0, 0, 0), scan(1, 5, 0)))).toBe(false);
  expect(hasEveryScan(jpeg(scan(0, 0, 0), scan(1, 63, 1)))).toBe(false);
});
