import { expect, it } from "vitest";
import { isSvg, kindOf } from "./picture-kind.js";

it.each([
  ["\x89PNG\r\n\x1a\n", "PNG"],
  ["  <svg xmlns=", "SVG"],
  ["<html><svg>", undefined],
])("knows what a file begins with: %j", async (beginning, kind) => {
  const file = new Blob([
    Uint8Array.from(beginning, (character) => character.charCodeAt(0)),
    " ".repeat(5000),
  ]);
  expect(await kindOf(file)).toBe(kind);
  expect(await isSvg(file)).toBe(kind === "SVG");
});
