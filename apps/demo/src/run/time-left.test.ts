import { expect, it } from "vitest";
import { spoken, timeLeft } from "./time-left.js";

const scales = [
  { width: 10, height: 10, steps: 4 },
  { width: 20, height: 20, steps: 2 },
];

it("counts the pixels of the steps that are left", () => {
  // 4 · 100 + 2 · 400 pixels, then 3 · 100 less, then half of the finer ones.
  expect(timeLeft(scales, 0, 2)).toBe(2400);
  expect(timeLeft(scales, 3, 2)).toBe(1800);
  expect(timeLeft(scales, 5, 2)).toBe(800);
  expect(timeLeft(scales, 6, 2)).toBe(0);
});

it.each([
  [100, "1 second"],
  [42_400, "42 seconds"],
  [61_000, "1 minute"],
  [150_000, "3 minutes"],
  [3_660_000, "1 hour 1 minute"],
])("says %d ms as %s", (milliseconds, words) => {
  expect(spoken(milliseconds)).toBe(words);
});
