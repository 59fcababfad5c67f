import { expect, it } from "vitest";
import { spoken } from "./time-left.js";

it.each([
  [0.1, "1 second"],
  [42.4, "42 seconds"],
  [61, "1 minute"],
  [150, "3 minutes"],
  [3660, "1 hour 1 minute"],
])("says %d s as %s", (seconds, words) => {
  expect(spoken(seconds)).toBe(words);
});
