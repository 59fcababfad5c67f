import { expect, it } from "vitest";
import { sentenceOf } from "./failure.js";

it("is said on one line", () => {
  expect(sentenceOf(new Error(" one\n  two\r\nthree "))).toBe("one two three");
});

it("has nothing in it that a terminal would obey", () => {
  expect(sentenceOf(new Error("x\u001b]0;owned\u0007\u009b2J\u202e.png"))).toBe(
    String.raw`x\u001b]0;owned\u0007\u009b2J\u202e.png`,
  );
});
