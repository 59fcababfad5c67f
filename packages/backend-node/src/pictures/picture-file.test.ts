import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OptionError, type Picture } from "@brushwork/core";
import { extractRecipe, presets, type Recipe } from "@brushwork/recipes";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodePicture, writePicture } from "./picture-file.js";
import type { PictureFormat } from "./picture-format.js";
import { readPicture } from "./read-picture.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
});
afterAll(() => rm(folder, { recursive: true }));

const clay = { r: 200, g: 60, b: 30 };
const firstPixel = ({ data }: Picture) => [...data.subarray(0, 4)];
/** Lossy formats may be off by a few levels. */
const expectNear = (pixel: readonly number[], expected: readonly number[], within: number) =>
  pixel.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] ?? 0)), `${pixel} is not near ${expected}`).toBeLessThanOrEqual(
      within,
    );
  });

describe("encodePicture", () => {
  const opaque: Picture = {
    width: 2,
    height: 1,
    data: Uint8ClampedArray.of(200, 60, 30, 255, 9, 99, 199, 255),
  };
  const glassy: Picture = {
    width: 2,
    height: 1,
    data: Uint8ClampedArray.of(200, 60, 30, 255, 9, 99, 199, 128),
  };

  it.each(["png", "tiff"] as const)("loses nothing as %s, alpha included", async (format) => {
    for (const picture of [opaque, glassy])
      expect(await readPicture(await encodePicture(picture, format))).toEqual(picture);
  });

  it("keeps alpha in WebP", async () => {
    const { data } = await readPicture(await encodePicture(glassy, "webp"));
    expect([data[3], data[7]]).toEqual([255, 128]);
  });

  it("lays JPEG over white", async () => {
    const clear: Picture = { width: 1, height: 1, data: Uint8ClampedArray.of(0, 0, 0, 0) };
    expect(firstPixel(await readPicture(await encodePicture(clear, "jpeg")))).toEqual([255, 255, 255, 255]);
  });

  it.each([["png"], ["webp"], ["tiff"]] as const)("leaves the alpha of an opaque %s out", async (format) => {
    const { hasAlpha } = await sharp(await encodePicture(opaque, format)).metadata();
    expect(hasAlpha).toBe(false);
  });

  it("makes smaller files of less quality", async () => {
    const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
    const picture = await readPicture(
      await sharp({ create: { width: 64, height: 64, channels: 3, background: clay, noise } })
        .png()
        .toBuffer(),
    );
    for (const format of ["jpeg", "webp"] as const) {
      const [low, high] = await Promise.all(
        [20, 95].map(async (quality) => (await encodePicture(picture, format, { quality })).length),
      );
      expect(low).toBeLessThan(high ?? 0);
    }
  });

  it.each([0, 101, 50.5, Number.NaN])("refuses a quality of %d", async (quality) => {
    await expect(encodePicture(opaque, "jpeg", { quality })).rejects.toThrow(
      new OptionError(`Expected the quality to be a whole number from 1 to 100, got ${quality}.`),
    );
  });

  it("refuses what the format cannot hold", async () => {
    const wide = { width: 16_384, height: 1, data: new Uint8ClampedArray(16_384 * 4) };
    await expect(encodePicture(wide, "webp")).rejects.toThrow(
      new OptionError("Expected at most 16383 pixels a side for webp, got 16384×1. Choose png or tiff."),
    );
  });
});

describe("writePicture", () => {
  const picture: Picture = { width: 1, height: 1, data: Uint8ClampedArray.of(200, 60, 30, 255) };
  const recipe: Recipe = presets.paper.recipe;

  it.each([
    ["a.png", "png"],
    ["a.jpg", "jpeg"],
    ["a.JPEG", "jpeg"],
    ["a.webp", "webp"],
    ["a.tif", "tiff"],
    ["a.tiff", "tiff"],
  ] satisfies [string, PictureFormat][])("writes %s as %s, with its recipe", async (name, format) => {
    const path = join(folder, name);
    await writePicture(path, picture, { recipe });
    const bytes = await readFile(path);
    expect((await sharp(bytes).metadata()).format).toBe(format);
    expect(extractRecipe(bytes)).toEqual(recipe);
    expectNear(firstPixel(await readPicture(bytes)), [200, 60, 30, 255], 4);
  });

  it("refuses other names before it writes anything", async () => {
    const path = join(folder, "a.gif");
    await expect(writePicture(path, picture)).rejects.toThrow(
      new OptionError(
        `Expected a file name that ends in .png, .jpg, .jpeg, .webp, .tif, .tiff, got ${path}.`,
      ),
    );
    expect(await readdir(folder)).not.toContain("a.gif");
  });

  it("leaves nothing behind where it fails", async () => {
    const path = join(folder, "folder.png");
    await mkdir(path);
    const before = await readdir(folder);
    await expect(writePicture(path, picture)).rejects.toThrow(`${path} is a folder: name a file in it.`);
    expect(await readdir(folder)).toEqual(before);
  });
});
