import { describe, expect, it } from "vitest";
import { isGrey } from "./grey.js";
import { pictureOf } from "./stylize.fixture.js";

describe("a picture is grey", () => {
  it("when each pixel is", () => {
    expect(isGrey(pictureOf(9, 9, (x, y) => [x * y, x * y, x * y]))).toBe(true);
  });

  it("with the noise that a scan or a JPEG has in its colours", () => {
    // Each channel is up to 2 above or below, in all 125 combinations: 4 apart at most.
    const noise = (n: number): readonly [number, number, number] => [
      100 + (n % 5),
      100 + (Math.floor(n / 5) % 5),
      100 + Math.floor(n / 25),
    ];
    expect(isGrey(pictureOf(25, 5, (x, y) => noise(y * 25 + x)))).toBe(true);
  });

  it("whatever the colour of what is transparent", () => {
    expect(isGrey(pictureOf(4, 4, (x) => (x < 2 ? [255, 0, 0, 0] : [50, 50, 50])))).toBe(true);
  });
});

describe("a picture is not grey", () => {
  it.each<[string, (x: number, y: number) => readonly [number, number, number]]>([
    ["faint sepia", (x) => [120 + x, 115 + x, 108 + x]],
    ["a tint of 6 levels all over", () => [126, 120, 120]],
    ["blue shadows and yellow lights", (x) => (x < 50 ? [20, 20, 40] : [230, 230, 210])],
    ["a single red pixel", (x, y) => (x === 70 && y === 3 ? [200, 20, 20] : [90, 90, 90])],
  ])("with %s", (_, pixel) => {
    expect(isGrey(pictureOf(100, 8, pixel))).toBe(false);
  });
});
