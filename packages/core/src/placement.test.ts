import "@tensorflow/tfjs-backend-cpu";
import { expect, it } from "vitest";
import { placedTensor } from "./picture.js";
import { covering, filling, fittedSize, sizeWithin } from "./placement.js";
import { pictureOf } from "./stylize.fixture.js";

it.each([
  [640, 480, 320, [240, 320]],
  [480, 640, 320, [320, 240]],
  [1000, 1, 100, [1, 100]],
])("fits %d×%d into %d", (width, height, longer, expected) => {
  expect(fittedSize({ width, height }, longer)).toEqual(expected);
});

it.each([
  // The same shape: nothing is left out.
  { size: [10, 20], into: [5, 10], whole: [5, 10], rows: [0, 5], columns: [0, 10] },
  // 20×10 on a square of 10: 20 wide, of which the middle 10.
  { size: [10, 20], into: [10, 10], whole: [10, 20], rows: [0, 10], columns: [5, 10] },
  { size: [20, 10], into: [10, 10], whole: [20, 10], rows: [5, 10], columns: [0, 10] },
  // 4×4 on 30×60 is enlarged fifteen times.
  { size: [4, 4], into: [30, 60], whole: [60, 60], rows: [15, 30], columns: [0, 60] },
])("covers $into with the middle of a picture of $size", ({ size, into, whole, rows, columns }) => {
  const [height = 0, width = 0] = size;
  const placement = covering({ width, height }, [into[0] ?? 0, into[1] ?? 0]);
  expect(placement.size).toEqual(whole);
  expect([placement.rows.first, placement.rows.count]).toEqual(rows);
  expect([placement.columns.first, placement.columns.count]).toEqual(columns);
});

it.each([
  [60, 30, [20, 20], [10, 20]],
  [30, 60, [20, 20], [20, 10]],
  [1000, 1, [20, 20], [1, 20]],
  [451, 300, [300, 451], [300, 451]],
  [451, 300, [75, 113], [75, 113]],
])("puts %d×%d whole into %j", (width, height, into, expected) => {
  expect(sizeWithin({ width, height }, [into[0] ?? 0, into[1] ?? 0])).toEqual(expected);
});

it("shows the pixels that the whole picture has there", () => {
  const picture = pictureOf(30, 10, (x, y) => [x * 8, y * 20, (x * y) % 256]);
  const whole = placedTensor(picture, filling([20, 60])).arraySync()[0] ?? [];
  const shown = placedTensor(picture, covering(picture, [20, 20])).arraySync()[0] ?? [];
  expect(shown).toHaveLength(20);
  for (const [y, row] of shown.entries()) expect(row).toEqual(whole[y]?.slice(20, 40));
});
