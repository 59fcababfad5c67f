import { expect, it } from "vitest";
import { pictureKind } from "./picture-kind.js";

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

it.each([
  ["\xff\xd8\xff\xe0", "JPEG"],
  ["\x89PNG\r\n\x1a\n", "PNG"],
  ["RIFF\0\0\0\0WEBPVP8 ", "WebP"],
  ["\0\0\0\x20ftypmif1\0\0\0\0avif", "AVIF"],
  ["\0\0\0\x20ftypavif\0\0\0\0", "AVIF"],
  ["\0\0\0\x18ftypheic\0\0\0\0", "HEIC"],
  ["GIF89a", "GIF"],
  ["II*\0", "TIFF"],
  ["MM\0*", "TIFF"],
  ["II+\0\x08\0\0\0", "TIFF"],
  ["BM\x36\0\0\0\0\0\0\0\x36\0\0\0", "BMP"],
  ["BM, a company of Benin", undefined],
  ["\xff\x0a\xfa\x1f", "JPEG XL"],
  ["\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"],
  ["%PDF-1.7", "PDF"],
  ["\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn -->\n<svg>", "SVG"],
  ["  <svg xmlns=", "SVG"],
  ["<!--ftypavif--><svg xmlns=", "SVG"],
  ["<html><svg>", undefined],
  ["", undefined],
])("knows what begins with %j", (beginning, kind) => {
  expect(pictureKind(bytesOf(beginning))).toBe(kind);
});

it("looks at the beginning alone", () => {
  expect(pictureKind(bytesOf(`<!--${" ".repeat(2000)}--><svg>`))).toBeUndefined();
  expect(pictureKind(bytesOf(`GIF89a${"\0".repeat(1e6)}`))).toBe("GIF");
});
