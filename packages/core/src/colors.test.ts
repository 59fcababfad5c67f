import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { matchedTo, placedPicture, withChromaOf } from "./colors.js";
import { isGrey } from "./grey.js";
import { filling } from "./placement.js";
import { pictureOf } from "./stylize.fixture.js";

type Color = readonly [number, number, number, number?];

/** One row of pixels. */
const row = (...colors: readonly Color[]) => pictureOf(colors.length, 1, (x) => colors[x] as Color);
const pixels = ({ data }: { readonly data: Uint8ClampedArray }) =>
  Array.from({ length: data.length / 4 }, (_, i) => Array.from(data.slice(4 * i, 4 * i + 4)));

describe("withChromaOf", () => {
  it("takes the luma of one picture and the chroma of the other", () => {
    // Grey 100, and a content of luma 0.299 · 150 + 0.587 · 100 + 0.114 · 50 = 109.25: 9.25 darker.
    expect(pixels(withChromaOf(row([100, 100, 100]), row([150, 100, 50])))).toEqual([[141, 91, 41, 255]]);
    // A blue of luma 0.587 · 100 + 0.114 · 200 = 81.5 beside a content without chroma.
    expect(pixels(withChromaOf(row([0, 100, 200]), row([50, 50, 50])))).toEqual([[82, 82, 82, 255]]);
  });

  it("mixes the two chromas by its strength", () => {
    // Chroma of the picture: −81.5, 18.5, 118.5; of the content: 40.75, −9.25, −59.25.
    const [picture, content] = [row([0, 100, 200]), row([150, 100, 50])];
    expect(pixels(withChromaOf(picture, content, 0.75))).toEqual([[92, 79, 67, 255]]);
    expect(withChromaOf(picture, content, 0)).toEqual(picture);
  });

  it("leaves a picture with its own chroma as it is", () => {
    const picture = pictureOf(16, 16, (x, y) => [x * 17, y * 17, ((x * y) % 16) * 17]);
    expect(withChromaOf(picture, picture)).toEqual(picture);
  });

  it("moves a colour that no screen can show to the grey of its luma until one can", () => {
    // Pure red's chroma is 178.755, −76.245, −76.245. At luma 200, red has room for 55: 55/178.755 of it stays.
    expect(pixels(withChromaOf(row([200, 200, 200]), row([255, 0, 0])))).toEqual([[255, 177, 177, 255]]);
    // At luma 20, green and blue have room for 20 of 76.245.
    expect(pixels(withChromaOf(row([20, 20, 20]), row([255, 0, 0])))).toEqual([[67, 0, 0, 255]]);
    for (const level of [0, 255])
      expect(pixels(withChromaOf(row([level, level, level]), row([0, 0, 255])))[0]?.slice(0, 3)).toEqual(
        Array(3).fill(level),
      );
  });

  it("keeps the picture's alpha", () => {
    const found = withChromaOf(row([9, 9, 9, 0], [9, 9, 9, 77]), row([50, 9, 9, 3], [50, 9, 9]));
    expect(pixels(found).map(([, , , alpha]) => alpha)).toEqual([0, 77]);
  });

  it("takes no colour from the noise of a grey content", () => {
    expect(pixels(withChromaOf(row([90, 90, 90]), row([100, 104, 101])))).toEqual([[90, 90, 90, 255]]);
  });

  it("refuses pictures of two sizes", () => {
    expect(() => withChromaOf(row([1, 2, 3]), row([1, 2, 3], [4, 5, 6]))).toThrow(
      new TypeError("Expected two pictures of one size, got 1×1 and 2×1."),
    );
  });
});

describe("matchedTo", () => {
  /** Means of the colours, and of their products about the mean, worked out by the definition. */
  function moments(picture: { readonly data: Uint8ClampedArray }) {
    const all = pixels(picture);
    const mean = [0, 1, 2].map((c) => all.reduce((sum, pixel) => sum + (pixel[c] ?? 0), 0) / all.length);
    const about = (c: number, k: number) =>
      all.reduce(
        (sum, pixel) => sum + ((pixel[c] ?? 0) - (mean[c] ?? 0)) * ((pixel[k] ?? 0) - (mean[k] ?? 0)),
        0,
      ) / all.length;
    return [...mean, about(0, 0), about(1, 1), about(2, 2), about(0, 1), about(0, 2), about(1, 2)];
  }
  /** A cheap noise from 0 to 1. */
  const noise = (at: number) => Math.abs(Math.sin(at * 12.9898) * 43758.5453) % 1;

  it("carries mean and covariance over", () => {
    const mixed = (seed: number, mean: Color, spread: number) =>
      pictureOf(40, 40, (x, y) => {
        const [a, b, c] = [0, 1, 2].map((k) => noise(3 * (40 * y + x) + k + seed) - 0.5) as [
          number,
          number,
          number,
        ];
        return [mean[0] + spread * (a + b), mean[1] + spread * (b - c / 2), mean[2] + (spread / 2) * (c + a)];
      });
    const [content, style] = [mixed(0, [130, 110, 120], 40), mixed(77777, [90, 150, 100], 70)];
    const [found, wanted] = [moments(matchedTo(content, style)), moments(content)];
    for (const [i, value] of wanted.entries())
      expect(Math.abs((found[i] ?? 0) - value)).toBeLessThan(i < 3 ? 0.1 : 2);
  });

  it("scales each channel where channels vary alone", () => {
    // Corners of a box about the mean: variances 4, 9 and 16 of the style become 16, 81 and 64.
    const box = (mean: number, sides: readonly [number, number, number]) =>
      pictureOf(8, 1, (x) => [
        mean + (x & 1 ? 1 : -1) * sides[0],
        mean + (x & 2 ? 1 : -1) * sides[1],
        mean + (x & 4 ? 1 : -1) * sides[2],
      ]);
    const [content, style] = [box(140, [4, 9, 8]), box(60, [2, 3, 4])];
    expect(matchedTo(content, style)).toEqual(content);
    // A quarter of 136 and three quarters of 58; of 131 and 57; of 132 and 56.
    expect(pixels(matchedTo(content, style, 0.25))[0]).toEqual([78, 76, 75, 255]);
    expect(matchedTo(content, style, 0)).toEqual(style);
  });

  it("gives a flat style the content's mean, and a style for a flat content too", () => {
    const [flat, colored] = [row([10, 20, 30], [10, 20, 30]), row([0, 100, 50], [100, 200, 150])];
    expect(pixels(matchedTo(colored, flat))).toEqual([
      [50, 150, 100, 255],
      [50, 150, 100, 255],
    ]);
    expect(matchedTo(flat, colored)).toEqual(flat);
  });

  it("keeps to a line of colours where the style is grey", () => {
    // Of a content that varies along red only, Σ_C^½ maps grey (1, 1, 1)/√3 to (40, 0, 0)/√3.
    const found = matchedTo(row([60, 9, 9], [140, 9, 9]), row([100, 104, 98], [200, 200, 200]));
    expect(pixels(found)).toEqual([
      [77, 9, 9, 255],
      [123, 9, 9, 255],
    ]);
  });

  it("is exactly grey where the content is, noise aside", () => {
    const scan = pictureOf(20, 20, (x, y) => [10 * x + 3 * noise(x + 20 * y), 10 * x, 10 * x + 2]);
    const found = matchedTo(
      scan,
      pictureOf(9, 9, (x, y) => [28 * x, 28 * y, 255 - 28 * x]),
    );
    for (const [red, green, blue] of pixels(found)) expect([green, blue]).toEqual([red, red]);
    expect(isGrey(found)).toBe(true);
  });

  it("counts pixels by their alpha and keeps it", () => {
    const content = row([0, 0, 0, 0], [60, 40, 20], [100, 200, 180]);
    const style = row([255, 0, 255, 0], [10, 10, 10], [50, 110, 90]);
    const found = pixels(matchedTo(content, style));
    const seen = pixels(matchedTo(row([60, 40, 20], [100, 200, 180]), row([10, 10, 10], [50, 110, 90])));
    expect(found.slice(1)).toEqual(seen);
    expect(found.map(([, , , alpha]) => alpha)).toEqual([0, 255, 255]);
  });
});

describe("placedPicture", () => {
  it("shows the placed part, alpha included, and frees its tensors", async () => {
    const picture = pictureOf(4, 2, (x, y) => [60 * x, 100 * y, 30, x === 3 ? 0 : 255]);
    const before = tf.memory().numTensors;
    const shown = { ...filling([2, 4]), columns: { first: 1, count: 2 } };
    expect(pixels(await placedPicture(picture, shown))).toEqual([
      [60, 0, 30, 255],
      [120, 0, 30, 255],
      [60, 100, 30, 255],
      [120, 100, 30, 255],
    ]);
    expect(pixels(await placedPicture(picture, filling([2, 4]))).map(([, , , alpha]) => alpha)).toEqual([
      255, 255, 255, 0, 255, 255, 255, 0,
    ]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
