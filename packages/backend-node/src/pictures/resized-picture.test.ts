import type { Picture } from "@brushwork/core";
import { expect, it } from "vitest";
import { evenPicture, resizedPicture } from "./resized-picture.js";

/** Each pixel says where it is. */
const places = (width: number, height: number): Picture => ({
  width,
  height,
  data: Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => {
    const pixel = Math.floor(i / 4);
    return [pixel % width, Math.floor(pixel / width), 7, 255][i % 4] ?? 0;
  }),
});

it.each([
  [
    [5, 3],
    [4, 2],
  ],
  [
    [4, 3],
    [4, 2],
  ],
  [
    [5, 2],
    [4, 2],
  ],
])(
  "cuts %j to %j, and changes no pixel",
  async ([width = 0, height = 0], [evenWidth = 0, evenHeight = 0]) => {
    expect(await evenPicture(places(width, height))).toEqual(places(evenWidth, evenHeight));
  },
);

it("leaves a picture alone that is as it should be", async () => {
  const picture = places(4, 2);
  expect(await evenPicture(picture)).toBe(picture);
  expect(await resizedPicture(picture, 4, 2)).toBe(picture);
});

it("enlarges one colour to the same colour, transparent as it was", async () => {
  const data = new Uint8ClampedArray(3 * 2 * 4).map((_, i) => [200, 60, 30, 128][i % 4] ?? 0);
  const { width, height, data: large } = await resizedPicture({ width: 3, height: 2, data }, 7, 5);
  expect([width, height, large.length]).toEqual([7, 5, 7 * 5 * 4]);
  for (const [i, value] of large.entries())
    expect(Math.abs(value - ([200, 60, 30, 128][i % 4] ?? 0))).toBeLessThanOrEqual(1);
});
