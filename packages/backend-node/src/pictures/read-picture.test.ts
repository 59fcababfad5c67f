import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { OptionError, type Picture } from "@brushwork/core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unprivileged } from "../files/unprivileged.fixture.js";
import { type ReadingOptions, readPicture } from "./read-picture.js";
import { tiffOf } from "./tiff.fixture.js";
import { tiffSamples } from "./tiff-tags.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
});
afterAll(() => rm(folder, { recursive: true }));

const clay = { r: 200, g: 60, b: 30 };
const flat = (background: { r: number; g: number; b: number }, side = 16) =>
  sharp({ create: { width: side, height: side, channels: 3, background } });

const pixel = ({ width, data }: Picture, x: number, y: number) => [
  ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4),
];
const firstPixel = (picture: Picture) => pixel(picture, 0, 0);
/** Lossy formats may be off by a few levels. */
const expectNear = (pixel: readonly number[], expected: readonly number[], within: number) =>
  pixel.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] ?? 0)), `${pixel} is not near ${expected}`).toBeLessThanOrEqual(
      within,
    );
  });

/** The path of a picture of the folder tests/data/cases. */
const sample = (name: string) =>
  fileURLToPath(new URL(`../../../../tests/data/cases/${name}`, import.meta.url));

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
    ])("%s, by name", async (format, content) => {
      await expect(readPicture(Buffer.from(content))).rejects.toThrow(
        new RangeError(`Expected the bytes to be a picture ${known}, got ${format}. Convert it first.`),
      );
    });

    it.each([
      ["BMP", "BM\x36\0\0\0\0\0\0\0\x36\0\0\0", "magick picture.bmp picture.png"],
      ["JPEG XL", "\xff\x0a\xfa\x1f", "djxl picture.jxl picture.png"],
      [
        "HEIC",
        "\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        "heif-convert picture.heic picture.png (on a Mac: sips -s format png picture.heic --out picture.png)",
      ],
    ])("%s, with a command that converts it", async (format, content, command) => {
      await expect(readPicture(Buffer.from(content, "latin1"))).rejects.toThrow(
        new RangeError(
          `Expected the bytes to be a picture ${known}, got ${format}. Convert it first, such as by ${command}`,
        ),
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
        new RangeError(
          "Expected the bytes to have at most 134 megapixels, got 900 (30000×30000). Choose a smaller picture.",
        ),
      );
    });

    it("what is neither a name nor bytes", async () => {
      await expect(readPicture(7 as unknown as string)).rejects.toThrow(
        new TypeError("Expected a picture's file name or its bytes, got number."),
      );
    });
  });
});

describe("a picture of 16 bits", () => {
  it("keeps the colours of its sRGB profile", async () => {
    const picture = await readPicture(sample("srgb16-profile.png"));
    expectNear(pixel(picture, 8, 8), [255, 0, 0, 255], 2);
    expectNear(pixel(picture, 24, 8), [0, 255, 0, 255], 2);
    expectNear(pixel(picture, 40, 8), [0, 0, 255, 255], 2);
    expectNear(pixel(picture, 40, 24), [200, 100, 50, 255], 2);
  });

  it("follows a linear profile of grey", async () => {
    const picture = await readPicture(sample("grey16-linear-profile.tif"));
    const greys = [
      [88, 136, 62, 250],
      [10, 100, 131, 118],
    ];
    greys.forEach((row, y) => {
      row.forEach((grey, x) => {
        expectNear(pixel(picture, 8 + 16 * x, 8 + 16 * y), [grey, grey, grey, 255], 2);
      });
    });
  });

  // Numbers of the profile's colours, saturated ones included.
  const numbers = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [200, 100, 50],
    [20, 200, 120],
    [90, 30, 160],
    [3, 12, 40],
    [240, 250, 255],
  ];
  const profiles = {
    // Primaries in XYZ relative to D50, and gamma.
    "Adobe RGB": [
      [0.60974, 0.31111, 0.01947],
      [0.20528, 0.62567, 0.06087],
      [0.14919, 0.06322, 0.74457],
      2.19921875,
    ],
    ProPhoto: [[0.79767, 0.28804, 0], [0.13519, 0.71188, 0], [0.03134, 0.00009, 0.82491], 1.8],
    "Display P3": [[0.51512, 0.2412, -0.00105], [0.29198, 0.69225, 0.04189], [0.1571, 0.06657, 0.78407], 2.2],
    sRGB: [[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.7141], 2.2],
  } as const;

  it.each(Object.keys(profiles) as (keyof typeof profiles)[])(
    "has the colours of its twin of 8 bits: %s, with and without alpha",
    async (name) => {
      const [red, green, blue, gamma] = profiles[name];
      const icc = rgbProfile([red, green, blue], gamma);
      for (const alpha of [[], [128]]) {
        const bytes = numbers.flatMap((rgb) => [...rgb, ...alpha]);
        const tiff = { width: numbers.length, height: 1, photometric: 2, icc, extra: alpha.map(() => 2) };
        const small = await readPicture(tiffOf({ ...tiff, samples: Uint8Array.from(bytes) }));
        const large = await readPicture(
          tiffOf({ ...tiff, samples: Uint16Array.from(bytes, (byte) => byte * 257) }),
        );
        expect(large.data.length).toBe(numbers.length * 4);
        numbers.forEach((_, x) => {
          expectNear(pixel(large, x, 0), pixel(small, x, 0), 2);
        });
        // The profile does something: all but sRGB are wider, so their colours are more saturated.
        if (name !== "sRGB") expect(pixel(large, 3, 0)[0]).toBeGreaterThan(204);
      }
    },
  );

  it.each([
    ["gamma 1.8", { gamma: 1.8 }],
    ["a table", { table: [0, 0x2000, 0x8000, 0xffff] }],
    ["a function", { parameters: [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045] }],
  ])("of grey has the levels of its twin of 8 bits: %s", async (_, curve) => {
    const levels = [0, 3, 30, 64, 128, 200, 255];
    const tiff = { width: levels.length, height: 1, photometric: 1, icc: greyProfile(curve) };
    const small = await readPicture(tiffOf({ ...tiff, samples: Uint8Array.from(levels) }));
    const large = await readPicture(
      tiffOf({ ...tiff, samples: Uint16Array.from(levels, (level) => level * 257) }),
    );
    levels.forEach((_level, x) => {
      expectNear(pixel(large, x, 0), pixel(small, x, 0), 2);
    });
  });

  it("whose profile is damaged is read as its twin of 8 bits is", async () => {
    const icc = greyProfile({ gamma: 1.8 });
    icc.write("none", 132, "latin1");
    for (const photometric of [1, 2]) {
      const samples = [10, 100, 200].map((level) => level * 257);
      const tiff = { width: 3 / (photometric === 1 ? 1 : 3), height: 1, photometric, icc };
      const { data } = await readPicture(tiffOf({ ...tiff, samples: Uint16Array.from(samples) }));
      const twin = await readPicture(tiffOf({ ...tiff, samples: Uint8Array.of(10, 100, 200) }));
      expect(data).toEqual(twin.data);
    }
  });
});

describe("the samples of a TIFF", () => {
  const size = { width: 3, height: 2 };
  const repeated = (samples: readonly number[]) =>
    Array.from({ length: size.width * size.height }, () => samples).flat();
  const colours = { 1: [200], 2: [200, 100, 50] } as const;
  const shown = { 1: [200, 200, 200], 2: [200, 100, 50] } as const;

  it("that are more than colours and alpha are left out", async () => {
    const picture = await readPicture(sample("rgba-and-mask.tif"));
    expect([picture.width, picture.height, picture.data.length]).toEqual([64, 64, 64 * 64 * 4]);
    expectNear(pixel(picture, 8, 8), [255, 0, 0, 255], 2);
    expectNear(pixel(picture, 24, 8), [0, 255, 0, 255], 2);
    expectNear(pixel(picture, 40, 8), [0, 0, 255, 255], 2);
  });

  describe.each([
    ["grey", 1],
    ["RGB", 2],
  ] as const)("in %s", (_, photometric) => {
    it.each([
      // What the samples beyond the colours are: 0 nothing, 1 premultiplied alpha, 2 alpha.
      [[], 255],
      [[0], 255],
      [[2], 128],
      [[0, 2], 128],
      [[2, 0], 128],
      [[0, 0], 255],
    ])("have their alpha where ExtraSamples %j says so", async (extra, alpha) => {
      const samples = repeated([...colours[photometric], ...extra.map((kind) => (kind === 0 ? 7 : 128))]);
      for (const numbers of [Uint8Array.from(samples), Uint16Array.from(samples, (sample) => sample * 257)]) {
        const picture = await readPicture(tiffOf({ ...size, photometric, extra, samples: numbers }));
        expect(picture.data.length).toBe(size.width * size.height * 4);
        expect(pixel(picture, 2, 1)).toEqual([...shown[photometric], alpha]);
      }
    });

    it.each([1, 2, 3, 4, 5, 6])("are left out if nothing says what they are: %d in all", async (count) => {
      const samples = repeated([...colours[photometric], 7, 8, 9, 10, 11].slice(0, count));
      if (photometric === 2 && count < 3) return;
      const picture = await readPicture(tiffOf({ ...size, photometric, samples: Uint8Array.from(samples) }));
      expect(picture.data.length).toBe(size.width * size.height * 4);
      expect(pixel(picture, 2, 1)).toEqual([...shown[photometric], 255]);
    });
  });

  it.each([
    ["8 bits", Uint8Array, 1, {}],
    ["16 bits", Uint16Array, 257, {}],
    ["8 bits, compressed as differences", Uint8Array, 1, { isDeflated: true }],
    ["16 bits, compressed as differences", Uint16Array, 257, { isDeflated: true }],
    ["8 bits, on their side", Uint8Array, 1, { orientation: 6 }],
  ] as const)("are read where there are more than a decoder reads: %s", async (_, kind, factor, changes) => {
    // Red grows to the right and green downwards; the third of four further samples is alpha.
    const samples = Array.from({ length: 6 }, (_value, i) => [
      10 * (i % 3),
      100 + Math.floor(i / 3),
      50,
      1,
      2,
      128,
      3,
    ]);
    const tiff = tiffOf({
      ...size,
      photometric: 2,
      extra: [0, 0, 2, 0],
      samples: new kind(samples.flat().map((sample) => sample * factor)),
      ...changes,
    });
    const picture = await readPicture(tiff);
    const isTurned = "orientation" in changes;
    expect([picture.width, picture.height, picture.data.length]).toEqual([
      isTurned ? 2 : 3,
      isTurned ? 3 : 2,
      24,
    ]);
    expect(pixel(picture, isTurned ? 0 : 2, isTurned ? 2 : 1)).toEqual([20, 101, 50, 128]);
  });

  it("are refused by their number where a decoder's limit cannot be avoided", async () => {
    const tiff = tiffOf({
      ...size,
      photometric: 2,
      samples: Uint8Array.from(repeated([1, 2, 3, 4, 5, 6, 7])),
    });
    // Planes of one sample each.
    const planar = tiff.indexOf(Buffer.from([0x1c, 0x01, 3, 0, 1, 0, 0, 0, 1, 0]));
    tiff.writeUInt16LE(2, planar + 8);
    await expect(readPicture(tiff)).rejects.toThrow(
      new RangeError("Expected the bytes to have at most 5 samples a pixel, got 7. Convert it first."),
    );
  });

  it("are divided by an alpha that they were multiplied by", async () => {
    const samples = Uint8Array.from(repeated([100, 50, 25, 128]));
    const picture = await readPicture(tiffOf({ ...size, photometric: 2, extra: [1], samples }));
    expectNear(firstPixel(picture), [199, 100, 50, 128], 1);
  });

  it("beside no alpha have no weight when the picture is reduced", async () => {
    // The sample that is none is 0 in the second half: as alpha, it would hide the second colour.
    const row = [
      [200, 100, 50, 255],
      [200, 100, 50, 255],
      [20, 40, 60, 0],
      [20, 40, 60, 0],
    ];
    const samples = Uint8Array.from([...row, ...row].flat());
    const tiff = tiffOf({ width: 4, height: 2, photometric: 2, extra: [0], samples });
    const picture = await readPicture(tiff, { longest: 2 });
    expect([picture.width, picture.height]).toEqual([2, 1]);
    expectNear(pixel(picture, 1, 0), [20, 40, 60, 255], 30);
  });

  it("in CIELab are converted", async () => {
    const picture = await readPicture(sample("lab8.tif"));
    expectNear(pixel(picture, 8, 8), [220, 30, 40, 255], 4);
    expectNear(pixel(picture, 24, 8), [40, 200, 60, 255], 4);
    expectNear(pixel(picture, 40, 8), [30, 50, 210, 255], 4);
  });

  it("in CIELab of ICC are refused by name", async () => {
    const tiff = tiffOf({ ...size, photometric: 9, samples: Uint8Array.from(repeated([100, 128, 128])) });
    await expect(readPicture(tiff)).rejects.toThrow(
      new RangeError(
        "Expected the bytes to be in grey, RGB, CMYK or plain CIELab, got the CIELab of ICC. Convert it first.",
      ),
    );
  });

  it.each([
    ["signed whole numbers of 16 bits", () => readFile(sample("heights-int16.tif"))],
    ["signed whole numbers of 8 bits", () => numbers(Int8Array)],
    ["signed whole numbers of 32 bits", () => numbers(Int32Array)],
    ["unsigned whole numbers of 32 bits", () => numbers(Uint32Array)],
    ["numbers of no format of 32 bits", () => numbers(Uint32Array, 4)],
    ["complex whole numbers of 32 bits", () => numbers(Uint32Array, 5)],
    ["numbers of an unknown format of 8 bits", () => numbers(Uint8Array, 9)],
    ["floating-point numbers of 32 bits", () => numbers(Float32Array)],
    ["floating-point numbers of 64 bits", () => numbers(Float64Array)],
  ])("are refused by name: %s", async (name, tiff) => {
    await expect(readPicture(await tiff())).rejects.toThrow(
      new RangeError(
        `Expected the bytes to have unsigned whole numbers of at most 16 bits, got ${name}. Convert it first.`,
      ),
    );
  });

  it.each([Uint8Array, Uint16Array])(
    "are read as whole numbers where their format is void: %o",
    async (kind) => {
      const factor = kind === Uint16Array ? 257 : 1;
      const samples = new kind(repeated([200, 60, 30]).map((value) => value * factor));
      const picture = await readPicture(tiffOf({ ...size, photometric: 2, samples, format: 4 }));
      expect(pixel(picture, 2, 1)).toEqual([200, 60, 30, 255]);
    },
  );

  it("in YCbCr are refused, unless a JPEG's decoder converts them", async () => {
    // Clay, as Pillow writes it in its mode YCbCr.
    const tiff = tiffOf({ ...size, photometric: 6, samples: Uint8Array.from(repeated([98, 89, 200])) });
    await expect(readPicture(tiff)).rejects.toThrow(
      new RangeError(
        "Expected the bytes to be in grey, RGB, CMYK or plain CIELab, got YCbCr without JPEG compression. " +
          "Convert it first.",
      ),
    );
    const compressed = await flat(clay).tiff({ compression: "jpeg", quality: 80 }).toBuffer();
    expect(tiffSamples(compressed)).toMatchObject({ photometric: 6, compression: 7 });
    expectNear(firstPixel(await readPicture(compressed)), [200, 60, 30, 255], 3);
  });

  it.each([
    ["alpha", [2], 128],
    ["alpha that they were multiplied by", [1], 128],
    ["alpha after another sample", [0, 2], 128],
    ["none", [], 255],
    ["a sample that is none", [0], 255],
  ] as const)("in CMYK of 16 bits are as those of 8 bits, with %s", async (_, extra, alpha) => {
    const samples = repeated([20, 100, 70, 10, ...extra.map((kind) => (kind === 0 ? 7 : 128))]);
    const cmyk = { ...size, photometric: 5, extra };
    const small = await readPicture(tiffOf({ ...cmyk, samples: Uint8Array.from(samples) }));
    const large = await readPicture(
      tiffOf({ ...cmyk, samples: Uint16Array.from(samples, (sample) => sample * 257) }),
    );
    expect(pixel(large, 2, 1)).toEqual(pixel(small, 2, 1));
    expect(pixel(large, 2, 1)[3]).toBe(alpha);
  });

  it("are divided by their alpha where there are more than a decoder reads", async () => {
    const samples = Uint8Array.from(repeated([100, 50, 25, 128, 1, 2, 3]));
    const picture = await readPicture(tiffOf({ ...size, photometric: 2, extra: [1, 0, 0, 0], samples }));
    expectNear(pixel(picture, 2, 1), [199, 100, 50, 128], 1);
  });

  function numbers(
    kind:
      | typeof Uint8Array
      | typeof Int8Array
      | typeof Int32Array
      | typeof Uint32Array
      | typeof Float32Array
      | typeof Float64Array,
    format?: number,
  ): Buffer {
    const samples = kind.from(repeated([1]));
    return tiffOf({ ...size, photometric: 1, samples, ...(format !== undefined && { format }) });
  }
});

describe("a JPEG without its end", () => {
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  const noisy = () => sharp({ create: { width: 160, height: 400, channels: 3, background: clay, noise } });
  /** What is left of a JPEG, read; with the warnings. */
  async function read(jpeg: Uint8Array, part: number, options: ReadingOptions = {}) {
    const warnings: string[] = [];
    const bytes = jpeg.subarray(0, Math.floor(jpeg.length * part));
    const picture = await readPicture(bytes, {
      ...options,
      onWarning: (sentence) => warnings.push(sentence),
    });
    return { picture, warnings };
  }

  it("of which no row is missing is read with a warning", async () => {
    const { picture, warnings } = await read(await readFile(sample("without-end.jpg")), 1);
    expect([picture.width, picture.height]).toEqual([160, 120]);
    expect(warnings).toEqual(["The picture is cut off at its end: its last rows may be grey."]);
  });

  it("and in grey is read with a warning, at every size", async () => {
    const whole = await noisy().resize(61, 67, { fit: "fill" }).toColourspace("b-w").jpeg().toBuffer();
    expect((await sharp(whole).metadata()).channels).toBe(1);
    for (const longest of [67, 30, 16, 8, 4]) {
      expect((await read(whole, 1, { longest })).warnings).toEqual([]);
      const { warnings } = await read(whole.subarray(0, -2), 1, { longest });
      expect(warnings, `${longest}`).toEqual([
        "The picture is cut off at its end: its last rows may be grey.",
      ]);
    }
  });

  it("of which a few rows are missing is read with a warning", async () => {
    const whole = await noisy().jpeg({ quality: 90 }).toBuffer();
    const { picture, warnings } = await read(whole, 0.95);
    const expected = await readPicture(whole);
    const there = ({ data }: Picture) => Buffer.from(data.subarray(0, 160 * 4 * 350));
    expect(there(picture).equals(there(expected))).toBe(true);
    // The decoder makes what is missing mid-grey: a row of blocks, but for the line that is smoothed into its neighbour.
    expect(pixel(picture, 0, 399)).toEqual([128, 128, 128, 255]);
    expect(warnings).toEqual(["The picture is cut off at its end: 15 of its 400 rows are grey."]);
  });

  it("is reduced as any other is", async () => {
    const { picture, warnings } = await read(await noisy().jpeg().toBuffer(), 0.99, { longest: 100 });
    expect([picture.width, picture.height, warnings.length]).toEqual([40, 100, 1]);
  });

  it.each([0.5, 0.9])("is refused if only %d of it is there", async (part) => {
    await expect(read(await noisy().jpeg().toBuffer(), part)).rejects.toThrow(
      new Error("The picture is damaged or cut off: get it again."),
    );
  });

  it("is read if it is progressive and has begun its last scan, and refused before", async () => {
    const whole = await noisy().jpeg({ progressive: true }).toBuffer();
    expect((await read(whole, 0.99)).warnings).toHaveLength(1);
    await expect(read(whole, 0.3)).rejects.toThrow("damaged or cut off");
  });
});

describe("a reduced picture", () => {
  it.each(["jpeg", "png", "webp", "tiff"] as const)(
    "has the longest side that was asked for: %s",
    async (format) => {
      const bytes = await sharp({ create: { width: 300, height: 200, channels: 3, background: clay } })
        .toFormat(format, { quality: 100 })
        .toBuffer();
      const picture = await readPicture(bytes, { longest: 60 });
      expect([picture.width, picture.height]).toEqual([60, 40]);
      expectNear(firstPixel(picture), [200, 60, 30, 255], 3);
      expect(await readPicture(bytes, { longest: 300 })).toEqual(await readPicture(bytes));
    },
  );

  it("may depend on its own size, upright", async () => {
    const bytes = await sharp({ create: { width: 30, height: 20, channels: 3, background: clay } })
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    const sizes: unknown[] = [];
    const { width, height } = await readPicture(bytes, {
      longest(own) {
        sizes.push(own);
        return own.height / 2;
      },
    });
    expect(sizes).toEqual([{ width: 20, height: 30 }]);
    expect([width, height]).toEqual([10, 15]);
  });

  it("keeps the colours of what is nearly transparent", async () => {
    const samples = Array.from({ length: 16 }, () => [200, 60, 30, 4]).flat();
    const bytes = await sharp(Uint8Array.from(samples), { raw: { width: 4, height: 4, channels: 4 } })
      .png()
      .toBuffer();
    expectNear(firstPixel(await readPicture(bytes, { longest: 2 })), [200, 60, 30, 4], 2);
  });

  it("of 16 bits with a profile is reduced as well", async () => {
    const { width, height, data } = await readPicture(sample("grey16-linear-profile.tif"), { longest: 16 });
    expect([width, height, data.length]).toEqual([16, 16, 16 * 16 * 4]);
    expectNear([...data.subarray((2 * 16 + 6) * 4, (2 * 16 + 6) * 4 + 4)], [136, 136, 136, 255], 20);
  });

  it.each([0, 1.5, Number.NaN])("has no longest side of %d", async (longest) => {
    await expect(readPicture(await flat(clay).png().toBuffer(), { longest })).rejects.toThrow(
      new OptionError(`Expected a longest side of at least 1 whole pixel, got ${longest}.`),
    );
  });

  it("may be a JPEG of twice as many pixels as others", async () => {
    const jpeg = await claiming(await flat(clay).jpeg().toBuffer(), 12_000);
    const refusal = "Expected the bytes to have at most 134 megapixels, got 144 (12000×12000)";
    await expect(readPicture(jpeg)).rejects.toThrow(refusal);
    await expect(readPicture(jpeg, { longest: 6001 })).rejects.toThrow(refusal);
    // Not refused for its size: it is decoded, and lacks nearly all of its rows.
    await expect(readPicture(jpeg, { longest: 500 })).rejects.toThrow("damaged or cut off");
  });

  /** A JPEG whose frame claims another size. */
  async function claiming(jpeg: Buffer, side: number): Promise<Buffer> {
    const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0));
    jpeg.writeUInt16BE(side, frame + 5);
    jpeg.writeUInt16BE(side, frame + 7);
    return jpeg;
  }
});

describe("a file that is not what it begins like", () => {
  const drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';

  it.each([
    ["with a comment", `<!--ftypavif-->${drawing}`],
    ["after zeros", `\0\0\0\x18ftypavif\0\0\0\0${drawing}`],
  ])("is never drawn: an SVG %s", async (_, text) => {
    await expect(readPicture(Buffer.from(text, "latin1"))).rejects.toThrow(/got SVG|damaged or cut off/);
  });
});

interface GreyCurve {
  readonly gamma?: number;
  readonly table?: readonly number[];
  readonly parameters?: readonly number[];
}

function greyProfile({ gamma, table, parameters }: GreyCurve): Buffer {
  const curve = parameters
    ? parametricCurve(parameters)
    : sampledCurve(table ?? [Math.round((gamma ?? 1) * 256)]);
  return profile("GRAY", { kTRC: curve, wtpt: xyz([0.9642, 1, 0.8249]) });
}

function rgbProfile(primaries: readonly (readonly number[])[], gamma: number): Buffer {
  const curve = sampledCurve([Math.round(gamma * 256)]);
  const [red = [], green = [], blue = []] = primaries;
  return profile("RGB ", {
    wtpt: xyz([0.9642, 1, 0.8249]),
    rXYZ: xyz(red),
    gXYZ: xyz(green),
    bXYZ: xyz(blue),
    rTRC: curve,
    gTRC: curve,
    bTRC: curve,
  });
}

/** An ICC profile of version 2 for displays. */
function profile(space: "GRAY" | "RGB ", tags: Readonly<Record<string, Buffer>>): Buffer {
  const names = Object.keys(tags);
  const header = Buffer.alloc(132 + 12 * names.length);
  header.writeUInt32BE(0x02400000, 8);
  header.write("mntr", 12, "latin1");
  header.write(space, 16, "latin1");
  header.write("XYZ ", 20, "latin1");
  header.write("acsp", 36, "latin1");
  xyz([0.9642, 1, 0.8249]).copy(header, 68, 8);
  header.writeUInt32BE(names.length, 128);
  let start = header.length;
  names.forEach((name, i) => {
    const { length } = tags[name] ?? [];
    header.write(name, 132 + 12 * i, "latin1");
    header.writeUInt32BE(start, 136 + 12 * i);
    header.writeUInt32BE(length ?? 0, 140 + 12 * i);
    start += length ?? 0;
  });
  header.writeUInt32BE(start, 0);
  return Buffer.concat([header, ...Object.values(tags)]);
}

function xyz(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.write("XYZ ", "latin1");
  for (const [i, value] of values.entries()) bytes.writeInt32BE(Math.round(value * 65_536), 8 + 4 * i);
  return bytes;
}

/** A single value is a gamma, in 256ths; several are samples of 16 bits. */
function sampledCurve(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(12 + Math.ceil(values.length / 2) * 4);
  bytes.write("curv", "latin1");
  bytes.writeUInt32BE(values.length, 8);
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value, 12 + 2 * i);
  return bytes;
}

/** A curve of the third of ICC's functions, as sRGB has. */
function parametricCurve(parameters: readonly number[]): Buffer {
  const bytes = Buffer.alloc(12 + 4 * parameters.length);
  bytes.write("para", "latin1");
  bytes.writeUInt16BE(3, 8);
  for (const [i, value] of parameters.entries()) bytes.writeInt32BE(Math.round(value * 65_536), 12 + 4 * i);
  return bytes;
}

/** The checksum of PNG's chunks. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
