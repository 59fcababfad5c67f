import { expect, it } from "vitest";
import { bytesText, numberText, secondsText } from "./quantities.js";

it.each([
  [0.04234, "0.042 s"],
  [1.26, "1.3 s"],
  [9.97, "10 s"],
  [41.4, "41 s"],
  [59.7, "1 min 00 s"],
  [125, "2 min 05 s"],
  [7800, "2 h 10 min"],
])("%f seconds are %s", (seconds, text) => {
  expect(secondsText(seconds)).toBe(text);
});

it.each([
  [1000, "1 MiB"],
  [80 * 2 ** 20, "80 MiB"],
  [1.25 * 2 ** 30, "1.3 GiB"],
])("%i bytes are %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

it.each([
  [0.041234, "0.0412"],
  [1.9, "1.9"],
  [45_231, "45200"],
  [0, "0"],
])("%f is %s", (value, text) => {
  expect(numberText(value)).toBe(text);
});
