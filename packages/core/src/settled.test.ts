import { expect, it } from "vitest";
import { hasSettled } from "./settled.js";

const steps = (value: number, up = 0) => Array.from({ length: 16 }, (_, i) => value + (i % 2 ? up : -up));

it("a loss has settled once its mean over 16 steps falls by less than the share", () => {
  expect(hasSettled([...steps(100), ...steps(98)], 0.01)).toBe(false);
  expect(hasSettled([...steps(100), ...steps(98)], 0.03)).toBe(true);
  expect(hasSettled([...steps(1e6), ...steps(100), ...steps(99.5)], 0.01)).toBe(true);
});

it("it may go up and down meanwhile, and a rising one has settled", () => {
  expect(hasSettled([...steps(100, 50), ...steps(90, 50)], 0.05)).toBe(false);
  expect(hasSettled([...steps(100), ...steps(120)], 0.01)).toBe(true);
});

it("nothing can be said of fewer than 32 steps", () => {
  expect(hasSettled([...steps(100), ...steps(100).slice(1)], 0.5)).toBe(false);
});
