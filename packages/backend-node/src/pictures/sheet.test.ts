import type { Picture } from "@brushwork/core";
import { expect, it } from "vitest";
import { sheetOf } from "./sheet.js";

const flat = (width: number, height: number, color: readonly [number, number, number]): Picture => ({
  width,
  height,
  data: Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => color[i % 4] ?? 255),
});
const pixel = ({ width, data }: Picture, x: number, y: number) =>
  Array.from(data.slice((y * width + x) * 4, (y * width + x) * 4 + 4));

const cell = { width: 60, height: 40 };
const [red, blue] = [flat(60, 40, [255, 0, 0]), flat(60, 40, [0, 0, 255])];

it("shows pictures row by row, each above its caption, and grey where one is missing", async () => {
  const sheet = await sheetOf(
    [{ picture: red, caption: ["A1"] }, { caption: ["B1"] }, { picture: blue, caption: ["A2"] }],
    { columns: 2, cell },
  );
  // Gaps of 18 pixels, and a line of 19 below each picture.
  expect([sheet.width, sheet.height]).toEqual([3 * 18 + 2 * 60, 3 * 18 + 2 * (40 + 19)]);
  const [lower, right] = [18 + 40 + 19 + 18, 18 + 60 + 18];
  for (const [x, y] of [
    [0, 0],
    [59, 39],
  ] as const) {
    expect(pixel(sheet, 18 + x, 18 + y)).toEqual([255, 0, 0, 255]);
    expect(pixel(sheet, right + x, 18 + y)).toEqual([230, 230, 230, 255]);
    expect(pixel(sheet, 18 + x, lower + y)).toEqual([0, 0, 255, 255]);
    expect(pixel(sheet, right + x, lower + y)).toEqual([255, 255, 255, 255]);
  }
});

/** Which rows of pixels of a sheet are written on, below a white picture. */
async function writtenRows(...caption: readonly string[]): Promise<readonly boolean[]> {
  const sheet = await sheetOf([{ picture: flat(60, 40, [255, 255, 255]), caption }], { columns: 1, cell });
  return Array.from({ length: sheet.height }, (_, y) =>
    Array.from({ length: sheet.width }, (_, x) => pixel(sheet, x, y)[0] ?? 255).some((level) => level < 128),
  );
}

it("writes captions that need no font of the machine, and wraps them between words", async () => {
  const written = await writtenRows("E E");
  // The capitals of a 14-pixel font are about 10 pixels tall.
  expect(written.filter(Boolean).length).toBeGreaterThanOrEqual(9);
  expect(written.filter(Boolean).length).toBeLessThanOrEqual(12);
  const wrapped = await writtenRows("EEEEE EEEEE");
  expect(wrapped).toEqual(await writtenRows("EEEEE", "EEEEE"));
  expect(wrapped.length).toBe(written.length + 19);
});

it("writes a box for a character that it has no outline of, and nothing for a space", async () => {
  expect((await writtenRows("絵")).some(Boolean)).toBe(true);
  expect((await writtenRows(" ")).some(Boolean)).toBe(false);
});
