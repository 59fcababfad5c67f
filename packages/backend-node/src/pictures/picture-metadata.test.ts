import { OptionError, type Picture } from "@brushwork/core";
import { embedRecipe, extractRecipe, presets } from "@brushwork/recipes";
import readExif from "exif-reader";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodePicture } from "./picture-file.js";
import { pictureFormats } from "./picture-format.js";
import type { PictureMetadata } from "./picture-metadata.js";
import { readPicture } from "./read-picture.js";

const glassy: Picture = {
  width: 3,
  height: 2,
  data: Uint8ClampedArray.from({ length: 24 }, (_, i) => 40 + 7 * i),
};

async function metadataOf(file: Uint8Array): Promise<PictureMetadata> {
  let found: PictureMetadata | undefined;
  await readPicture(file, { onMetadata: (metadata) => (found = metadata) });
  return found as PictureMetadata;
}

/** A photograph that lies on its side, in a colour space of its own. */
const photo = () =>
  sharp({ create: { width: 40, height: 20, channels: 3, background: "#c8643c" } })
    .withIccProfile("p3")
    .withExif({
      IFD0: {
        Make: "Acme",
        Copyright: "Ada Lovelace, 2026",
        Artist: "Ada Lovelace",
        DateTime: "2026:01:02 03:04:05",
      },
      IFD2: { DateTimeOriginal: "2026:01:02 03:04:05", ExposureTime: "1/125", ColorSpace: "65535" },
      IFD3: { GPSLatitudeRef: "N", GPSLatitude: "51/1 30/1 3230/100" },
    })
    .withMetadata({ orientation: 6, density: 300 });

/** The EXIF that another reader finds in a file; TIFF has it in its own directory. */
async function exifIn(file: Uint8Array) {
  const { exif, format } = await sharp(file).metadata();
  return readExif(format === "tiff" ? Buffer.from(file) : (exif as Buffer));
}

describe.each(pictureFormats)("the metadata of a photograph in %s", async (format) => {
  const metadata = await metadataOf(await photo().jpeg().toBuffer());
  const file = await encodePicture(glassy, format, { metadata });

  it("is what another reader finds, as far as it still holds", async () => {
    const exif = await exifIn(file);
    expect(exif.Image).toMatchObject({
      Make: "Acme",
      Copyright: "Ada Lovelace, 2026",
      Artist: "Ada Lovelace",
      Orientation: 1,
      XResolution: 300,
      ResolutionUnit: 2,
    });
    expect(exif.Photo).toMatchObject({
      DateTimeOriginal: new Date("2026-01-02T03:04:05Z"),
      ExposureTime: 1 / 125,
      ColorSpace: 1,
      PixelXDimension: 3,
      PixelYDimension: 2,
    });
    expect(exif.GPSInfo).toMatchObject({ GPSLatitudeRef: "N", GPSLatitude: [51, 30, 32.3] });
    const { icc, orientation = 1, width, height } = await sharp(file).metadata();
    expect({ icc, orientation, width, height }).toEqual({
      icc: undefined,
      orientation: 1,
      width: 3,
      height: 2,
    });
  });

  it("leaves the pixels as they are", async () => {
    const plain = await readPicture(await encodePicture(glassy, format));
    expect(await readPicture(file)).toEqual(plain);
  });

  it("stands beside a recipe", async () => {
    const { recipe } = presets.default;
    const both = embedRecipe(file, recipe);
    expect(extractRecipe(both)).toEqual(recipe);
    expect(await metadataOf(both)).toEqual(await metadataOf(file));
    expect((await exifIn(both)).Image?.Artist).toBe("Ada Lovelace");
  });

  it("is the same when it is read from there and written again", async () => {
    const again = await metadataOf(await encodePicture(glassy, "png", { metadata: await metadataOf(file) }));
    expect(again).toEqual(await metadataOf(file));
  });

  it("may be a density alone", async () => {
    const dense = await encodePicture(glassy, format, { metadata: { density: 240 } });
    // sharp finds none in WebP.
    expect((await sharp(dense).metadata()).density).toBe(format === "webp" ? undefined : 240);
    expect(await metadataOf(dense)).toEqual({ density: 240 });
  });
});

/** A directory of a big-endian TIFF: each value is of four bytes, or lies behind. */
function bigEndian(
  start: number,
  fields: readonly (readonly [tag: number, type: number, value: number[]])[],
) {
  const sizes: Readonly<Record<number, number>> = { 2: 1, 3: 2, 4: 4, 7: 1 };
  const head: number[] = [0, fields.length];
  const behind: number[] = [];
  const four = (number: number) => [24, 16, 8, 0].map((bits) => (number >>> bits) & 255);
  for (const [tag, type, value] of fields) {
    head.push(tag >> 8, tag & 255, 0, type, ...four(value.length / (sizes[type] ?? 1)));
    if (value.length <= 4) head.push(...value, ...new Array(4 - value.length).fill(0));
    else {
      head.push(...four(start + 6 + 12 * fields.length + behind.length));
      behind.push(...value);
    }
  }
  return [...head, 0, 0, 0, 0, ...behind];
}

const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0));

/** EXIF as a camera writes it: big-endian, with a maker's note, places in pixels, and a comment in 16 bits. */
function cameraExif(): Uint8Array {
  const comment = [...ascii("UNICODE\0"), 0, 0x48, 0, 0x69];
  const camera = bigEndian(100, [
    [37500, 7, ascii("maker's own notes, with offsets")],
    [37510, 7, comment],
    [41492, 3, [0, 20, 0, 10]],
  ]);
  const main = bigEndian(8, [
    [271, 2, ascii("Acme\0")],
    [274, 3, [0, 6]],
    [34665, 4, [0, 0, 0, 100]],
  ]);
  const block = Array<number>(100 + camera.length).fill(0);
  block.splice(0, 8 + main.length, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8, ...main);
  block.splice(100, camera.length, ...camera);
  return Uint8Array.from(block);
}

describe("EXIF that a camera wrote", () => {
  it("loses the maker's notes, places in pixels, and its byte order", async () => {
    const file = await encodePicture(glassy, "tiff", { metadata: { exif: cameraExif() } });
    const { Image, Photo } = await exifIn(file);
    expect(Image?.Make).toBe("Acme");
    expect(Image?.Orientation).toBe(1);
    expect(Object.keys(Photo ?? {}).toSorted()).toEqual([
      "ColorSpace",
      "PixelXDimension",
      "PixelYDimension",
      "UserComment",
    ]);
    expect([...(Photo?.UserComment ?? [])]).toEqual([...ascii("UNICODE\0"), ...[0x48, 0, 0x69, 0]]);
  });

  it("never keeps a picture from being written, however it is damaged", async () => {
    const whole = cameraExif();
    for (let at = 0; at < whole.length; at++) {
      const damaged = Uint8Array.from(whole);
      damaged[at] = 0xff;
      for (const exif of [damaged, whole.subarray(0, at)]) {
        const file = await encodePicture(glassy, "png", { metadata: { exif } });
        expect((await sharp(file).metadata()).width).toBe(3);
      }
    }
  });

  it("fits a JPEG, however much of it there is", async () => {
    const long = bigEndian(8, [
      ...[270, 271, 272, 305, 315].map((tag) => [tag, 2, Array<number>(16_000).fill(65)] as const),
      [33432, 2, ascii("Ada\0")],
    ]);
    const exif = Uint8Array.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, ...long]);
    const { Image } = await exifIn(await encodePicture(glassy, "jpeg", { metadata: { exif } }));
    expect(Image?.ImageDescription).toHaveLength(16_000);
    expect(Image?.Artist).toBeUndefined();
    expect(Image?.Copyright).toBe("Ada");
  });

  it.each([
    [{ exif: "Ada" }, "Expected the option exif of metadata to be the bytes of EXIF"],
    [{ density: 0 }, "65535"],
    [{ copyright: "Ada" }, "copyright"],
  ])("is refused as %j", async (metadata, words) => {
    const attempt = encodePicture(glassy, "png", { metadata: metadata as PictureMetadata });
    await expect(attempt).rejects.toThrow(OptionError);
    await expect(attempt).rejects.toThrow(words);
  });
});

it.each(pictureFormats)("a %s without metadata has none", async (format) => {
  expect(await metadataOf(await encodePicture(glassy, format))).toEqual({});
});
