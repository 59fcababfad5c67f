import { expect, it } from "vitest";
import { sizeWithin } from "./settings.js";

it.each([
  [1000, 992],
  [64, 64],
  [63, undefined],
  [5000, 1536],
  [undefined, undefined],
])("the largest size to choose within %s is %s", (longest, size) => {
  expect(sizeWithin(longest)).toBe(size);
});
