import { expect, it } from "vitest";
import { placeOfWeight, sizeWithin, weightAt, weightPlaces } from "./settings.js";

it.each([
  [1000, 992],
  [64, 64],
  [63, undefined],
  [5000, 1536],
  [undefined, undefined],
])("the largest size to choose within %s is %s", (longest, size) => {
  expect(sizeWithin(longest)).toBe(size);
});

it.each([
  [weightPlaces.min, 0.001],
  [0, 1],
  [1, 1.8],
  [4, 10],
  [weightPlaces.max, 1_000_000],
])("an added loss at place %i of its slider weighs %d", (place, weight) => {
  expect(weightAt(place)).toBe(weight);
  expect(placeOfWeight(weight)).toBe(place);
});
