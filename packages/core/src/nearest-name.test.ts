import { expect, it } from "vitest";
import { nearestName } from "./nearest-name.js";

const names = ["sweep", "texture", "weights", "presets"];

it.each([
  ["weigths", "weights"],
  ["weight", "weights"],
  ["wieghts", "weights"],
  ["swep", "sweep"],
  ["preset", "presets"],
  ["weights", "weights"],
  ["photo", undefined],
  ["sw", undefined],
  ["", undefined],
])("%j was meant to be %j", (word, name) => {
  expect(nearestName(word, names)).toBe(name);
});
