import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { isVisible, pictureTensor, tensorPicture, transparency } from "./picture.js";
import { filling } from "./placement.js";
import { pictureOf } from "./stylize.fixture.js";

it("survives the way to a tensor and back", async () => {
  const picture = pictureOf(5, 3, (x, y) => [x * 50, y * 100, 7 * x + y]);
  const back = await tensorPicture(pictureTensor(picture, [3, 5]));
  expect(back).toEqual(picture);
});

it("is RGB in [0, 1], rows first", () => {
  const picture = pictureOf(2, 1, (x) => (x === 0 ? [255, 0, 51] : [0, 102, 255]));
  const values = Array.from(pictureTensor(picture, [1, 2]).dataSync(), (v) => Math.round(v * 10) / 10);
  expect(values).toEqual([1, 0, 0.2, 0, 0.4, 1]);
});

it("is the same in bands as at once", () => {
  // Wider than a band: each row is a band of its own.
  const picture = pictureOf(1_100_000, 3, (x, y) => [(x >> 12) & 255, y * 90, 0]);
  const banded = pictureTensor(picture, [3, 4]).dataSync();
  // The average over a quarter of the width of a ramp that repeats 268 quarter-steps: only the rows differ in green.
  for (let y = 0; y < 3; y++)
    for (let x = 0; x < 4; x++) expect(banded[(y * 4 + x) * 3 + 1]).toBeCloseTo((y * 90) / 255, 4);
});

it("shows the visible pixels' mean colour where it is transparent", () => {
  const picture = pictureOf(3, 1, (x) => (x === 2 ? [255, 255, 255, 0] : [x * 100, 50, 0]));
  const values = pictureTensor(picture, [1, 3]).dataSync();
  expect((values[6] ?? 0) * 255).toBeCloseTo(50, 4);
  expect((values[7] ?? 0) * 255).toBeCloseTo(50, 4);
  expect((values[8] ?? 0) * 255).toBeCloseTo(0, 4);
});

describe("transparency", () => {
  it("is undefined where nothing is transparent, and keeps alpha", () => {
    const opaque = pictureOf(2, 1, () => [1, 2, 3]);
    expect(transparency(opaque, filling([1, 2]))).toBeUndefined();
    const glassy = pictureOf(2, 1, (x) => [1, 2, 3, x * 255]);
    expect(Array.from(transparency(glassy, filling([1, 2]))?.alpha.dataSync() ?? [])).toEqual([0, 1]);
  });

  it("gives the colours back that the mean colour has changed, at every alpha", async () => {
    const levels = Array.from({ length: 254 }, (_, i) => i + 1);
    const picture = pictureOf(254, 2, (x, y) => (y === 0 ? [220, 30, 40, levels[x]!] : [10, 200, 90, 255]));
    const back = await tensorPicture(
      pictureTensor(picture, [2, 254]),
      transparency(picture, filling([2, 254])),
    );
    expect(back.data).toEqual(picture.data);
  });

  it("leaves no fringe where a picture is resampled", async () => {
    // A red and a blue half, and nothing around them, stored as white.
    const picture = pictureOf(24, 12, (x, y) => {
      if (Math.hypot(x - 11.5, 2 * y - 11) > 9) return [255, 255, 255, 0];
      return x < 12 ? [255, 0, 0] : [0, 0, 255];
    });
    const size = [5, 10] as const;
    const { data } = await tensorPicture(pictureTensor(picture, size), transparency(picture, filling(size)));
    let edges = 0;
    for (let pixel = 0; pixel < 50; pixel++) {
      const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(4 * pixel);
      if (alpha === 0 || alpha === 255) continue;
      const x = pixel % 10;
      if (x >= 4 && x <= 5) continue; // Both halves share these columns.
      edges++;
      const [own, other] = x < 4 ? [red, blue] : [blue, red];
      expect([own, green, other]).toEqual([255, 0, 0]);
    }
    expect(edges).toBeGreaterThan(4);
  });

  it("adds what was painted to the picture's own colours", async () => {
    const picture = pictureOf(2, 1, (x) => (x === 0 ? [200, 100, 0, 51] : [0, 100, 0]));
    const painted = tf.add(pictureTensor(picture, [1, 2]), 20 / 255) as tf.Tensor4D;
    const { data } = await tensorPicture(painted, transparency(picture, filling([1, 2])));
    expect([...data]).toEqual([220, 120, 20, 51, 20, 120, 20, 255]);
  });
});

it("knows whether anything of a picture can be seen", () => {
  expect(isVisible(pictureOf(2, 2, () => [9, 9, 9, 0]))).toBe(false);
  expect(isVisible(pictureOf(2, 2, (x, y) => [9, 9, 9, x * y]))).toBe(true);
});

it("clips values that no picture can show", async () => {
  const { data } = await tensorPicture(tf.tensor4d([-0.2, 0.5, 1.7], [1, 1, 1, 3]));
  expect([...data]).toEqual([0, 128, 255, 255]);
});

it("refuses bytes that do not match its size", () => {
  const data = new Uint8ClampedArray(15);
  expect(() => pictureTensor({ width: 2, height: 2, data }, [2, 2])).toThrow(TypeError);
  expect(() => pictureTensor({ width: 0, height: 2, data }, [2, 2])).toThrow("0×2");
});
