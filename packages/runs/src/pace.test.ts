import { expect, it } from "vitest";
import { paceOf } from "./pace.js";

// With a margin of 1, 8×8 and 18×8 are 100 and 200 pixels.
const scales = [
  { size: [8, 8], steps: 4 },
  { size: [18, 8], steps: 2 },
] as const;

it("time is expected to grow with the pixels, and first steps do not count", () => {
  let time = 0;
  const step = paceOf(scales, 1, () => time);
  const after = (seconds: number) => {
    time += seconds * 1000;
    const { secondsPerStep, secondsLeft } = step.stepped();
    return [secondsPerStep, secondsLeft].map((value) => Number(value.toFixed(6)));
  };
  // Slow at first; then 1 second for 100 pixels: of 800 pixels, 600, 500, 400, 200 and 0 are left.
  expect(after(5)[0]).toBe(5);
  expect(after(1)).toEqual([1, 6]);
  expect(after(1)).toEqual([1, 5]);
  expect(after(1)).toEqual([1, 4]);
  expect(after(9)).toEqual([2, 2]);
  expect(after(2)).toEqual([2, 0]);
});

it("a machine that slows down is followed", () => {
  let time = 0;
  const step = paceOf([{ size: [10, 10], steps: 100 }], 0, () => time);
  for (let i = 0; i < 10; i++) {
    time += 1000;
    step.stepped();
  }
  for (let i = 0; i < 50; i++) {
    time += 3000;
    step.stepped();
  }
  time += 3000;
  expect(step.stepped().secondsPerStep).toBeCloseTo(3, 1);
});

it("a pause does not count as part of a step", () => {
  let time = 0;
  const pace = paceOf([{ size: [10, 10], steps: 4 }], 0, () => time);
  time += 1000;
  pace.stepped();
  time += 60_000;
  pace.resumed();
  time += 1000;
  expect(pace.stepped()).toEqual({ secondsPerStep: 1, secondsLeft: 2 });
});

it("keeps as little of a long run as of a short one", () => {
  let time = 0;
  const pace = paceOf([{ size: [10, 10], steps: Number.MAX_SAFE_INTEGER }], 0, () => time);
  time += 1000;
  expect(pace.stepped()).toEqual({ secondsPerStep: 1, secondsLeft: Number.MAX_SAFE_INTEGER - 1 });
});
