import { expect, it } from "vitest";
import { printable, quoted, shown } from "./printable.js";

it("shows what a terminal would obey, and leaves other characters alone", () => {
  expect(printable("a\u001b[2J\u0007\u009b\u007f\r\u202e\u2028é写🎨")).toBe(
    String.raw`a\u001b[2J\u0007\u009b\u007f\u000d\u202e\u2028é写🎨`,
  );
  expect(printable("two\nlines\tand a tab")).toBe("two\nlines\tand a tab");
});

it("quotes a text on one line", () => {
  expect(quoted('say "hi"\n\u001b]0;owned\u0007\u0085')).toBe(
    String.raw`"say \"hi\"\n\u001b]0;owned\u0007\u0085"`,
  );
});

it("cuts a long text, and no character in two", () => {
  expect(quoted("n".repeat(5e6))).toBe(`"${"n".repeat(60)}…"`);
  expect(quoted(`${"n".repeat(59)}🎨n`)).toBe(`"${"n".repeat(59)}…"`);
});

it.each([
  [undefined, "nothing"],
  [null, "null"],
  ["a", '"a"'],
  [Number.NaN, "NaN"],
  [[], "a list of 0"],
  [[1, 2], "[1, 2]"],
  [["a"], "a list of 1"],
  [Array(9).fill(0), "a list of 9"],
  [{ a: 1 }, "an object"],
  [() => 0, "a function"],
])("shows %j as %s", (value, text) => {
  expect(shown(value)).toBe(text);
});
