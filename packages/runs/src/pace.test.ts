import { expect, it } from "vitest";
import { paceOf } from "./pace.js";

const scales = [
  { targets: 150, step: 100, steps: 4 },
  { targets: 300, step: 200, steps: 2 },
] as const;

it("time is expected to grow with the work, that of the targets included, and first steps do not count", () => {
  let time = 0;
  const step = paceOf(scales, () => time);
  const after = (seconds: number) => {
    time += seconds * 1000;
    const { secondsPerStep, secondsLeft } = step.stepped();
    return [secondsPerStep, secondsLeft].map((value) => Number(value.toFixed(6)));
  };
  // Slow at first: 5 seconds for 250 of 1250. Then 1 second for 100: of the rest, 900, 800, 700, 200 and 0 are left.
  expect(after(5)).toEqual([2, 20]);
  expect(after(1)).toEqual([1, 9]);
  expect(after(1)).toEqual([1, 8]);
  expect(after(1)).toEqual([1, 7]);
  step.ended();
  expect(after(9)).toEqual([2, 2]);
  expect(after(2)).toEqual([2, 0]);
});

it("a scale that ends early leaves the work of the others", () => {
  let time = 0;
  const pace = paceOf(scales, () => time);
  for (let i = 0; i < 2; i++) {
    time += i === 0 ? 2500 : 1000;
    pace.stepped();
  }
  pace.ended();
  // A second for 100, as before; of the second scale's 700, its targets and the first step are 500.
  time += 5000;
  expect(pace.stepped()).toEqual({ secondsPerStep: 2, secondsLeft: 2 });
});

it("a machine that slows down is followed", () => {
  let time = 0;
  const step = paceOf([{ targets: 0, step: 100, steps: 100 }], () => time);
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
  const pace = paceOf([{ targets: 0, step: 100, steps: 4 }], () => time);
  time += 1000;
  pace.stepped();
  time += 60_000;
  pace.resumed();
  time += 1000;
  expect(pace.stepped()).toEqual({ secondsPerStep: 1, secondsLeft: 2 });
});

it("keeps as little of a long run as of a short one", () => {
  let time = 0;
  const pace = paceOf([{ targets: 0, step: 1, steps: Number.MAX_SAFE_INTEGER }], () => time);
  time += 1000;
  expect(pace.stepped()).toEqual({ secondsPerStep: 1, secondsLeft: Number.MAX_SAFE_INTEGER - 1 });
});
