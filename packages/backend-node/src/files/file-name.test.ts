import { expect, it } from "vitest";
import { cutToBytes, joinedName, nameBeside } from "./file-name.js";

/** A family of four: seven code points, eleven UTF-16 units, 25 bytes. */
const family = "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}";

it.each([
  ["abc", 3, "abc"],
  ["abc", 2, "ab"],
  ["写写", 5, "写"],
  ["a\u{1F600}", 4, "a"],
  ["a\u{1F600}", 5, "a\u{1F600}"],
  ["xe\u0301", 2, "x"],
  ["xe\u0301", 4, "xe\u0301"],
  [family, 24, ""],
  [`${family}a`, 25, family],
])("%s in %i bytes is %s", (text, bytes, cut) => {
  expect(cutToBytes(text, bytes)).toBe(cut);
});

it("gives what short parts leave to the long ones", () => {
  // 255 bytes less ".png" and two hyphens leave 249; "b" takes one of them.
  expect(joinedName(["a".repeat(200), "b", "c".repeat(200)], ".png")).toBe(
    `${"a".repeat(124)}-b-${"c".repeat(124)}.png`,
  );
});

it("names a file beside another, and cuts the name where it would be too long", () => {
  expect(nameBeside("painted/night.jpg", "-0050")).toBe("painted/night-0050.jpg");
  expect(nameBeside("result", "-2")).toBe("result-2");
  expect(nameBeside(`${"a".repeat(251)}.png`, "-2")).toBe(`${"a".repeat(249)}-2.png`);
  expect(nameBeside(`${"写".repeat(83)}aa.png`, "-2")).toBe(`${"写".repeat(83)}-2.png`);
});
