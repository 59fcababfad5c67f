import { describe, expect, it } from "vitest";
import { pyramid, rescaled } from "./pyramid.js";

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

it("grows by any factor", () => {
  // 512 / 1.6 = 320, / 1.6² = 200, / 1.6³ = 125; 512 / √2 = 362.04
  const sizesBy = (factor: number, scales: number) =>
    pyramid({ size: 512, scales, steps: 1, factor }).map(({ size }) => size);
  expect(sizesBy(1.6, 4)).toEqual([125, 200, 320, 512]);
  expect(sizesBy(Math.SQRT2, 3)).toEqual([256, 362, 512]);
});

it("gives the finest scales the last steps, and repeats the first", () => {
  const steps = (scales: number) =>
    pyramid({ size: 512, scales, steps: [30, 20, 10] }).map((scale) => scale.steps);
  expect(steps(2)).toEqual([20, 10]);
  expect(steps(4)).toEqual([30, 30, 20, 10]);
  // Too coarse a scale is left out, and the others keep theirs.
  expect(pyramid({ size: 100, scales: 3, steps: [30, 20, 10], factor: 1.5 })).toEqual([
    { size: 67, steps: 20 },
    { size: 100, steps: 10 },
  ]);
});

describe("another size", () => {
  const before = [
    { size: 125, steps: 30 },
    { size: 200, steps: 20 },
    { size: 320, steps: 10 },
    { size: 512, steps: 5 },
  ];

  it("keeps the coarsest, so that a larger picture has more scales", () => {
    // 1024 / 1.6⁴ = 156.25 is nearer to 125 than 1024 / 1.6⁵ = 97.7, by ratio; 256 / 1.6² = 100, 256 / 1.6 = 160
    expect(rescaled(before, { size: 1024 }).map(({ size }) => size)).toEqual([156, 250, 400, 640, 1024]);
    expect(rescaled(before, { size: 320 })).toEqual([
      { size: 125, steps: 20 },
      { size: 200, steps: 10 },
      { size: 320, steps: 5 },
    ]);
  });

  it("takes a given number of scales and a given factor", () => {
    expect(rescaled(before, { scales: 2 }).map(({ size }) => size)).toEqual([320, 512]);
    expect(rescaled(before, { factor: 2 }).map(({ size }) => size)).toEqual([128, 256, 512]);
  });

  it("makes no more than 16 sizes, however close those before are", () => {
    const close = [1000, 1001].map((size) => ({ size, steps: 1 }));
    expect(rescaled(close, { size: 65_536 })).toHaveLength(16);
    expect(rescaled(before, { size: 1024, factor: 1 + 1e-9 })).toHaveLength(16);
  });

  it("may be a width and a height", () => {
    expect(rescaled(before, { size: [320, 100], scales: 2 })).toEqual([
      { size: [200, 63], steps: 10 },
      { size: [320, 100], steps: 5 },
    ]);
  });

  it("leaves a single scale single", () => {
    expect(rescaled([{ size: [224, 224], steps: 9 }], { size: 448 })).toEqual([{ size: 448, steps: 9 }]);
  });
});

it("is the size itself where a single scale is requested", () => {
  expect(sizes(1000, 1)).toEqual([1000]);
});
