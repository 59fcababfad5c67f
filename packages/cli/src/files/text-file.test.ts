import { expect, it } from "vitest";
import { textOf } from "./text-file.js";

const text = '{\r\n  "name": "é写🎨"\r\n}';
const big = (words: Buffer) => Buffer.from(words).swap16();
const wide = (ascii: string, at: number) =>
  Buffer.from([...ascii].flatMap((letter) => [0, 0, 0, 0].fill(letter.charCodeAt(0), at, at + 1)));

it.each([
  ["UTF-8", Buffer.from(text)],
  ["UTF-8 with a mark", Buffer.from(`\ufeff${text}`)],
  ["UTF-16, little-endian", Buffer.from(`\ufeff${text}`, "utf16le")],
  ["UTF-16, big-endian", big(Buffer.from(`\ufeff${text}`, "utf16le"))],
])("reads %s", (_, bytes) => {
  expect(textOf(bytes)).toBe(text);
});

it.each([
  ["UTF-16 without one", Buffer.from(text, "utf16le")],
  ["UTF-16 without one", big(Buffer.from(text, "utf16le"))],
  ["UTF-32 without one", wide('{"a":1}', 0)],
  ["UTF-32:", Buffer.concat([Buffer.of(0xff, 0xfe, 0, 0), wide('{"a":1}', 0)])],
  ["UTF-32:", Buffer.concat([Buffer.of(0, 0, 0xfe, 0xff), wide('{"a":1}', 3)])],
])("names %s, which it does not read", (encoding, bytes) => {
  expect(() => textOf(bytes)).toThrow(
    `Expected a text in UTF-8, or in UTF-16 with a byte order mark, got ${encoding}`,
  );
});

it.each([
  ["UTF-8", Buffer.from(text, "latin1")],
  ["UTF-8", Buffer.concat([Buffer.from("\ufeff{"), Buffer.of(0xff)])],
  ["UTF-16", Buffer.concat([Buffer.from("\ufeff{}", "utf16le"), Buffer.of(0)])],
])("refuses bytes that are not %s", (encoding, bytes) => {
  expect(() => textOf(bytes)).toThrow(`Expected a text in ${encoding}, got bytes that are not`);
});

it.each([
  ["a PNG", Buffer.from("89504e470d0a1a0a0000000d", "hex")],
  ["a JPEG", Buffer.from("ffd8ffe000104a4649460001", "hex")],
  ["a TIFF", Buffer.from("49492a0008000000", "hex")],
  ["an AVIF", Buffer.from("0000001c6674797061766966", "hex")],
  ["zeros", Buffer.alloc(16)],
  ["notes", Buffer.from("version 2")],
])("leaves %s alone", (_, bytes) => {
  expect(textOf(bytes)).toBeUndefined();
});

it("takes an empty file for an empty text", () => {
  expect(textOf(Buffer.alloc(0))).toBe("");
});
