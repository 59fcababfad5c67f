import { expect, it } from "vitest";
import { pyramid } from "./pyramid.js";

const sizes = (size: number, scales: number) =>
  pyramid({ size, scales, steps: 7 }).map((scale) => scale.size);

it("halves from fine to coarse and gives each scale its steps", () => {
  expect(pyramid({ size: 512, scales: 3, steps: 100 })).toEqual([
    { size: 128, steps: 100 },
    { size: 256, steps: 100 },
    { size: 512, steps: 100 },
  ]);
});

it("rounds to whole pixels", () => {
  // 333 / 2 = 166.5, 333 / 4 = 83.25
  expect(sizes(333, 3)).toEqual([83, 167, 333]);
});

it("leaves out sizes below 64 pixels, but never the last", () => {
  expect(sizes(256, 5)).toEqual([64, 128, 256]);
  expect(sizes(127, 2)).toEqual([64, 127]);
  expect(sizes(126, 2)).toEqual([126]);
  expect(sizes(20, 3)).toEqual([20]);
});

it("is the size itself where one scale is asked for", () => {
  expect(sizes(1000, 1)).toEqual([1000]);
});
