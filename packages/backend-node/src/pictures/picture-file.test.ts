import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { OptionError, type Picture } from "@brushwork/core";
import { extractRecipe, presets, type Recipe } from "@brushwork/recipes";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unprivileged } from "../files/unprivileged.fixture.js";
import { encodePicture, readPicture, writePicture } from "./picture-file.js";
import type { PictureFormat } from "./picture-format.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
});
afterAll(() => rm(folder, { recursive: true }));

const clay = { r: 200, g: 60, b: 30 };
const flat = (background: { r: number; g: number; b: number }, side = 16) =>
  sharp({ create: { width: side, height: side, channels: 3, background } });

const firstPixel = ({ data }: Picture) => [...data.subarray(0, 4)];
/** Lossy formats may be off by a few levels. */
const expectNear = (pixel: readonly number[], expected: readonly number[], within: number) =>
  pixel.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] ?? 0)), `${pixel} is not near ${expected}`).toBeLessThanOrEqual(
      within,
    );
  });

describe("readPicture", () => {
  it.each(["png", "jpeg", "webp", "tiff", "avif", "gif"] as const)("reads %s", async (format) => {
    const bytes = await flat(clay).toFormat(format, { quality: 100 }).toBuffer();
    const picture = await readPicture(bytes);
    expect([picture.width, picture.height, picture.data.length]).toEqual([16, 16, 16 * 16 * 4]);
    expectNear(firstPixel(picture), [200, 60, 30, 255], 3);
  });

  it("reads a file by its name", async () => {
    const path = join(folder, "clay.png");
    await flat(clay).png().toFile(path);
    expect(firstPixel(await readPicture(path))).toEqual([200, 60, 30, 255]);
  });

  it("reads a picture of one pixel", async () => {
    const picture = await readPicture(await flat(clay, 1).png().toBuffer());
    expect([picture.width, picture.height, firstPixel(picture)]).toEqual([1, 1, [200, 60, 30, 255]]);
  });

  it("converts Display P3 to sRGB", async () => {
    const bytes = await flat(clay).withIccProfile("p3").png().toBuffer();
    const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
    // The same colour has other numbers there.
    expect([...stored.subarray(0, 3)]).toEqual([185, 71, 43]);
    expect(firstPixel(await readPicture(bytes))).toEqual([200, 60, 30, 255]);
  });

  it("converts CMYK to sRGB", async () => {
    const bytes = await flat(clay)
      .toColourspace("cmyk")
      .withIccProfile("cmyk")
      .jpeg({ quality: 100 })
      .toBuffer();
    expect((await sharp(bytes).metadata()).channels).toBe(4);
    // Printing inks do not reach the colour, and come within ten levels of it.
    expectNear(firstPixel(await readPicture(bytes)), [200, 60, 30, 255], 10);
  });

  it("keeps the upper eight of sixteen bits", async () => {
    const bytes = await sharp(Uint16Array.of(0x8080, 0x4040, 0xffff), {
      raw: { width: 1, height: 1, channels: 3 },
    })
      .toColourspace("rgb16")
      .png()
      .toBuffer();
    expect((await sharp(bytes).metadata()).depth).toBe("ushort");
    expect(firstPixel(await readPicture(bytes))).toEqual([0x80, 0x40, 0xff, 255]);
  });

  it("spreads grey over the three colours", async () => {
    const bytes = await flat({ r: 100, g: 100, b: 100 }).toColourspace("b-w").png().toBuffer();
    expect((await sharp(bytes).metadata()).channels).toBe(1);
    expect(firstPixel(await readPicture(bytes))).toEqual([100, 100, 100, 255]);
  });

  it("reads grey with alpha, not premultiplied", async () => {
    // A PNG of 1×1, 8 bits, grey with alpha, holding 100 at alpha 128.
    const bytes = Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR4nGNIaQAAAUsA5Wb0my8AAAAASUVORK5CYII=",
      "base64",
    );
    expect(firstPixel(await readPicture(bytes))).toEqual([100, 100, 100, 128]);
  });

  it("reads a palette with a transparent entry", async () => {
    const bytes = await sharp(Buffer.from([200, 60, 30, 255, 0, 0, 0, 0]), {
      raw: { width: 2, height: 1, channels: 4 },
    })
      .png({ palette: true })
      .toBuffer();
    expect((await sharp(bytes).metadata()).isPalette).toBe(true);
    const { data } = await readPicture(bytes);
    expect([...data.subarray(0, 4), data[7]]).toEqual([200, 60, 30, 255, 0]);
  });

  it("takes the first frame of an animation", async () => {
    const frame = (colour: readonly number[]) => Array.from({ length: 16 }, () => colour).flat();
    const bytes = await sharp(Uint8Array.from([...frame([255, 0, 0]), ...frame([0, 0, 255])]), {
      raw: { width: 4, height: 8, channels: 3, pageHeight: 4 },
    })
      .gif({ delay: [100, 100] })
      .toBuffer();
    expect((await sharp(bytes).metadata()).pages).toBe(2);
    const picture = await readPicture(bytes);
    expect([picture.width, picture.height, firstPixel(picture)]).toEqual([4, 4, [255, 0, 0, 255]]);
  });

  // Stored as  R G  in two rows of blocks; what EXIF 2.3 makes of them.
  //            B W
  it.each([
    [1, "RG/BW"],
    [2, "GR/WB"],
    [3, "WB/GR"],
    [4, "BW/RG"],
    [5, "RB/GW"],
    [6, "BR/WG"],
    [7, "WG/BR"],
    [8, "GW/RB"],
  ])("turns EXIF orientation %i upright", async (orientation, expected) => {
    const [red, green, blue, white] = [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [255, 255, 255],
    ] as const;
    const row = (left: readonly number[], right: readonly number[]) => [left, left, right, right].flat();
    const stored = Uint8Array.from([row(red, green), row(blue, white)].flat());
    const bytes = await sharp(stored, { raw: { width: 4, height: 2, channels: 3 } })
      .withMetadata({ orientation })
      .png()
      .toBuffer();
    const { width, height, data } = await readPicture(bytes);
    expect([width, height]).toEqual(orientation < 5 ? [4, 2] : [2, 4]);
    const letter = (x: number, y: number) => {
      const pixel = [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)];
      return [red, green, blue, white].findIndex((colour) => colour.join() === pixel.join());
    };
    const corners = [
      [0, 0],
      [width - 1, 0],
      [0, height - 1],
      [width - 1, height - 1],
    ].map(([x = 0, y = 0]) => "RGBW"[letter(x, y)]);
    expect(`${corners[0]}${corners[1]}/${corners[2]}${corners[3]}`).toBe(expected);
  });

  describe("refuses", () => {
    const stored = async (name: string, bytes: Uint8Array | string) => {
      const path = join(folder, name);
      await writeFile(path, bytes);
      return path;
    };
    const known = "(JPEG, PNG, WebP, TIFF, AVIF, GIF)";

    it("a file that is not there", async () => {
      const path = join(folder, "absent.jpg");
      await expect(readPicture(path)).rejects.toThrow(
        `Expected ${path} to be a picture, but there is no such file.`,
      );
    });

    it("a folder", async () => {
      await expect(readPicture(folder)).rejects.toThrow(
        `Expected ${folder} to be a picture, but it is a folder.`,
      );
    });

    it.skipIf(process.platform === "win32")(
      "a file that may not be read (skipped on Windows, which has other rights)",
      async () => {
        const path = await stored("secret.jpg", "x");
        await chmod(dirname(path), 0o755);
        await chmod(path, 0);
        await expect(unprivileged(() => readPicture(path))).rejects.toThrow(
          `Expected ${path} to be a picture, but you are not allowed to read it.`,
        );
      },
    );

    it("an empty file", async () => {
      const path = await stored("empty.jpg", "");
      await expect(readPicture(path)).rejects.toThrow(`Expected ${path} to be a picture, but it is empty.`);
    });

    it("text that is named like a picture", async () => {
      const path = await stored("text.jpg", "Not a picture at all.");
      await expect(readPicture(path)).rejects.toThrow(
        `Expected ${path} to be a picture ${known}, got something else.`,
      );
    });

    it.each([
      ["SVG", '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
      ["PDF", "%PDF-1.4\n1 0 obj"],
      ["HEIC", "\0\0\0\x18ftypheic\0\0\0\0mif1heic"],
    ])("%s, by name", async (format, content) => {
      await expect(readPicture(Buffer.from(content))).rejects.toThrow(
        new RangeError(`Expected the bytes to be a picture ${known}, got ${format}. Convert it first.`),
      );
    });

    it.each(["jpeg", "png", "webp", "tiff", "avif", "gif"] as const)(
      "a %s that is cut off",
      async (format) => {
        const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
        const whole = await sharp({ create: { width: 64, height: 64, channels: 3, background: clay, noise } })
          .toFormat(format)
          .toBuffer();
        const path = await stored(`cut.${format}`, whole.subarray(0, whole.length / 2));
        await expect(readPicture(path)).rejects.toThrow(
          new Error(`The picture ${path} is damaged or cut off: get it again.`),
        );
      },
    );

    it("a huge picture, from its header alone", async () => {
      const bytes = await flat(clay).png().toBuffer();
      // The header's chunk: length, "IHDR", width, height, five bytes, checksum.
      bytes.writeUInt32BE(30_000, 16);
      bytes.writeUInt32BE(30_000, 20);
      bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
      await expect(readPicture(bytes)).rejects.toThrow(
        new RangeError("Expected the bytes to have at most 268 megapixels, got 900 (30000×30000)."),
      );
    });

    it("what is neither a name nor bytes", async () => {
      await expect(readPicture(7 as unknown as string)).rejects.toThrow(
        new TypeError("Expected a picture's file name or its bytes, got number."),
      );
    });
  });
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

/** The checksum of PNG's chunks. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
