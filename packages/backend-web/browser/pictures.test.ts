import { readFile } from "node:fs/promises";
import type { Picture } from "@brushwork/core";
import { extractRecipe } from "@brushwork/recipes";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { beforeAll, expect, it } from "vitest";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { openPage, plain, servePage, tinyRecipe } from "./page.fixture.js";

describeInChromium("pictures in Chromium", (chromium) => {
  let page: Page;
  beforeAll(async () => {
    page = await openPage(chromium, await chromium.serve(servePage()));
  });

  const decode = (
    bytes: Uint8Array,
    type: string,
    options?: { readonly longest?: number; readonly all?: boolean },
  ) =>
    page.evaluate(([data, kind, given]) => globalThis.brushwork.decode(data, kind, given), [
      [...bytes],
      type,
      options,
    ] as const);

  const red = { r: 255, g: 0, b: 0 };
  const flat = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: red } });

  it("are turned upright", async () => {
    // 6: the camera lay on its side.
    const file = await flat(8, 4).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    expect(await decode(file, "image/jpeg")).toMatchObject({ width: 4, height: 8 });
  });

  it("are converted to sRGB", async () => {
    const file = await flat(8, 8).png().withIccProfile("p3").toBuffer();
    // sharp has converted red to Display P3, where it is no longer the most there is; back in sRGB it is.
    const { first } = await decode(file, "image/png");
    expect((first as number[])[0]).toBeGreaterThan(250);
    expect((first as number[])[1]).toBeLessThan(8);
  });

  it("of twelve megapixels are decoded, smaller where that is asked for", async () => {
    const file = await flat(4000, 3000).jpeg().toBuffer();
    expect(await decode(file, "image/jpeg")).toMatchObject({ width: 4000, height: 3000 });
    expect(await decode(file, "image/jpeg", { longest: 1000 })).toMatchObject({ width: 1000, height: 750 });
  });

  it("that are drawn are rasterised", async () => {
    const svg = Buffer.from(
      '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10" width="20" height="10">' +
        '<rect width="20" height="10" fill="#f00"/></svg>',
    );
    expect(await decode(svg, "image/svg+xml", { longest: 64 })).toEqual({
      width: 64,
      height: 32,
      first: [255, 0, 0, 255],
    });
    expect(await decode(svg, "image/png")).toMatchObject({ width: 1024, height: 512 });
  });

  it.each([
    ["a PDF named .png", Buffer.from("%PDF-1.7\n"), "got PDF. Convert it first."],
    ["a text", Buffer.from("hello"), "got something else."],
    ["nothing", Buffer.alloc(0), "got something else."],
    ["a HEIC", Buffer.from("\0\0\0\x18ftypheic\0\0\0\0", "latin1"), "got HEIC. Convert it first."],
    [
      "a damaged JPEG",
      Buffer.from("\xff\xd8\xff\xe0 broken", "latin1"),
      "got a JPEG that is damaged, or too large for this browser.",
    ],
  ])("that are none are refused in one sentence: %s", async (_, bytes, ending) => {
    expect(await decode(bytes, "image/png")).toEqual({
      name: "RangeError",
      message: `Expected a picture (JPEG, PNG, WebP, AVIF, GIF), ${ending}`,
    });
  });

  const noisy = (width: number, height: number) =>
    sharp({
      create: {
        width,
        height,
        channels: 3,
        background: red,
        noise: { type: "gaussian", mean: 128, sigma: 60 },
      },
    });

  it("that lack the marker of their end are read with a warning", async () => {
    const file = await readFile(new URL("../../../tests/data/cases/without-end.jpg", import.meta.url));
    expect(await decode(file, "image/jpeg")).toMatchObject({
      width: 160,
      height: 120,
      warnings: ["The picture is cut off at its end: its last rows may be grey."],
    });
  });

  it("that lack a few rows are read with a warning, however they are turned", async () => {
    const whole = await noisy(160, 400).jpeg({ quality: 90 }).withIccProfile("p3").toBuffer();
    const turned = await sharp(whole).jpeg({ quality: 90 }).withMetadata({ orientation: 6 }).toBuffer();
    for (const [jpeg, size] of [
      [whole, { width: 160, height: 400 }],
      [turned, { width: 400, height: 160 }],
    ] as const) {
      const { warnings, ...read } = await decode(jpeg.subarray(0, 0.95 * jpeg.length), "image/jpeg");
      expect(read).toMatchObject(size);
      const [, rows] =
        /^The picture is cut off at its end: (\d+) of its 400 rows are grey\.$/.exec(`${warnings}`) ?? [];
      // 5 % of the data are about 20 rows, of which one of blocks is there in part.
      expect(Number(rows)).toBeGreaterThanOrEqual(8);
      expect(Number(rows)).toBeLessThanOrEqual(20);
    }
  });

  it("of which half is missing are refused", async () => {
    const file = await noisy(200, 200).jpeg().toBuffer();
    expect(await decode(file, "image/jpeg")).toMatchObject({ width: 200, height: 200 });
    const progressive = await noisy(200, 200).jpeg({ progressive: true }).toBuffer();
    for (const bytes of [file, progressive])
      expect(await decode(bytes.subarray(0, bytes.length / 2), "image/jpeg")).toEqual({
        name: "RangeError",
        message: "The picture is damaged or cut off: get it again.",
      });
    const png = await noisy(200, 200).png().toBuffer();
    const { name, message } = await decode(png.subarray(0, png.length / 2), "image/png");
    expect(name).toBe("RangeError");
    expect(message).toMatch(/got a PNG that is damaged, or too large for this browser\.$/);
  });

  it("that claim too many pixels are refused before they are decoded", async () => {
    const file = await flat(8, 8).png().toBuffer();
    file.writeUInt32BE(60_000, 16);
    file.writeUInt32BE(50_000, 20);
    expect(await decode(file, "image/png")).toEqual({
      name: "RangeError",
      message: "Expected a picture of at most 134 megapixels, got 60000×50000.",
    });
  });

  it("that an SVG cannot give are refused", async () => {
    const { name, message } = await decode(Buffer.from("<svg"), "image/svg+xml");
    expect(name).toBe("RangeError");
    expect(message).toMatch(/^This SVG cannot be drawn/);
  });

  /** Half transparent blue beside opaque yellow. */
  const picture: Picture = {
    width: 2,
    height: 1,
    data: Uint8ClampedArray.of(0, 0, 255, 128, 255, 255, 0, 255),
  };
  const encode = (type: "png" | "jpeg" | "webp", painted = picture) =>
    page.evaluate(
      (text) => globalThis.brushwork.encode(...(JSON.parse(text) as Parameters<typeof brushwork.encode>)),
      JSON.stringify([plain(painted), type, { quality: 100, recipe: tinyRecipe() }]),
    );

  it("are written with the recipe, PNG with alpha", async () => {
    const { type, bytes, pixels } = await encode("png");
    expect(type).toBe("image/png");
    expect(pixels).toEqual([...picture.data]);
    expect(extractRecipe(Uint8Array.from(bytes))).toEqual(tinyRecipe());
  });

  it("are written as WebP with alpha", async () => {
    const { type, bytes, pixels } = await encode("webp");
    expect(type).toBe("image/webp");
    expect(Math.abs((pixels[3] ?? 0) - 128)).toBeLessThan(4);
    expect(extractRecipe(Uint8Array.from(bytes))).toEqual(tinyRecipe());
  });

  it("keep their colours at every alpha, read and written", async () => {
    const pixels = Array.from({ length: 254 }, (_, i) => [220, 30, 40, i + 1]).flat();
    const glass: Picture = { width: 254, height: 1, data: Uint8ClampedArray.from(pixels) };
    const png = await sharp(glass.data, { raw: { width: 254, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    const read = await decode(png, "image/png", { all: true });
    expect(farthest(read.pixels as number[], pixels)).toBeLessThanOrEqual(2);
    for (const type of ["png", "webp"] as const) {
      const { bytes, pixels: again } = await encode(type, glass);
      expect(farthest(again, pixels)).toBeLessThanOrEqual(2);
      expect(
        farthest([...(await sharp(Buffer.from(bytes)).ensureAlpha().raw().toBuffer())], pixels),
      ).toBeLessThanOrEqual(2);
    }
  });

  const farthest = (found: readonly number[], expected: readonly number[]) => {
    expect(found.length).toBe(expected.length);
    return found.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? 0))), 0);
  };

  it("are written as JPEG over white", async () => {
    const { type, bytes } = await encode("jpeg");
    expect(type).toBe("image/jpeg");
    expect(extractRecipe(Uint8Array.from(bytes))).toEqual(tinyRecipe());
    // The mean of both: half blue on white is (127, 127, 255), and yellow (255, 255, 0); JPEG blurs colours.
    const { channels } = await sharp(Buffer.from(bytes)).stats();
    const means = channels.map(({ mean }) => mean);
    [191, 191, 127].forEach((mean, i) => {
      expect(Math.abs((means[i] ?? 0) - mean)).toBeLessThan(12);
    });
  });
});
