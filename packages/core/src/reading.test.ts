import { describe, expect, it } from "vitest";
import { asciiJson, isRecord, oneOf, parsedJson, utf8Text } from "./reading.js";

describe("JSON from outside", () => {
  it("is parsed", () => {
    expect(parsedJson(' {"a": ["[", "\\"{", 1]} ')).toEqual({ a: ["[", '"{', 1] });
  });

  it("may be nested 64 deep, and no deeper", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(JSON.stringify(parsedJson(nested(64)))).toBe(nested(64));
    expect(() => parsedJson(nested(65))).toThrow("Expected JSON to be nested at most 64 deep, got deeper.");
    // Brackets in texts do not count.
    const text = "[".repeat(1000);
    expect(parsedJson(JSON.stringify(text))).toBe(text);
  });

  it("is not parsed where it is longer than 1 MiB", () => {
    expect(() => parsedJson("[".repeat(5e6))).toThrow("at most 1048576 characters, got 5000000");
  });
});

it("writes JSON in ASCII, which reads as before", () => {
  const value = { é: "\u007f写🎨" };
  expect(asciiJson(value)).toBe(String.raw`{"\u00e9":"\u007f\u5199\ud83c\udfa8"}`);
  expect(JSON.parse(asciiJson(value))).toEqual(value);
});

it("decodes UTF-8, and nothing else", () => {
  const text = "% é写🎨".repeat(3000);
  expect(utf8Text(new TextEncoder().encode(text))).toBe(text);
  expect(() => utf8Text(Uint8Array.of(0xff))).toThrow(URIError);
});

it("takes one of some choices", () => {
  expect(oneOf("b", "the letter", ["a", "b"])).toBe("b");
  expect(() => oneOf("\u001b", "the letter", ["a", "b"])).toThrow(
    String.raw`Expected the letter to be one of a, b, got "\u001b".`,
  );
  expect(() => oneOf(["a"], "the letter", ["a", "b"])).toThrow("got a list of 1");
});

it("distinguishes an object from a list and null", () => {
  expect([{}, [], null, "a"].map(isRecord)).toEqual([true, false, false, false]);
});
