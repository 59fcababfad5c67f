import { expect, it } from "vitest";
import { isSvg, kindOf } from "./picture-kind.js";

it.each([
  ["\xff\xd8\xff\xe0", "JPEG"],
  ["\x89PNG\r\n\x1a\n", "PNG"],
  ["RIFF\0\0\0\0WEBPVP8 ", "WebP"],
  ["\0\0\0\x20ftypmif1\0\0\0\0avif", "AVIF"],
  ["\0\0\0\x18ftypheic\0\0\0\0", "HEIC"],
  ["GIF89a", "GIF"],
  ["II*\0", "TIFF"],
  ["%PDF-1.7", "PDF"],
  ["\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn -->\n<svg>", "SVG"],
  ["  <svg xmlns=", "SVG"],
  ["<html><svg>", undefined],
  ["", undefined],
])("knows what begins with %j", async (beginning, kind) => {
  const file = new Blob([Uint8Array.from(beginning, (character) => character.charCodeAt(0))]);
  expect(await kindOf(file)).toBe(kind);
  expect(await isSvg(file)).toBe(kind === "SVG");
});
