import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodePicture, readPicture, writePicture } from "@brushwork/backend-node";
import type { Picture } from "@brushwork/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { shallow } from "./command.fixture.js";
import { main } from "./main.js";

/** The path of a file in the folder tests/data. */
const data = (name: string) => fileURLToPath(new URL(`../../../tests/data/${name}`, import.meta.url));
const strokes = data("strokes.png");

const pixel = ({ width, data }: Picture, x: number, y: number) => [
  ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4),
];

function filled(width: number, height: number, colour: (pixel: number) => readonly number[]): Picture {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++)
    data.set(
      colour(i).map((level) => level & 255),
      4 * i,
    );
  return { width, height, data };
}

describe("a picture that is painted so lightly that it stays as it is", () => {
  let folder: string;
  let stderr: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  beforeEach(() => {
    stderr = "";
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      stderr += text;
      return true;
    });
    return () => vi.restoreAllMocks();
  });

  const paint = (content: string, style = strokes) =>
    main([
      ...[content, style, "-o", join(folder, "painted.png"), "--force", ...shallow],
      ..."--network compact --engine wasm --threads 1".split(" "),
      ..."--size 64 --scales 1 --steps 1 --learning-rate 1e-9".split(" "),
    ]);
  const painted = () => readPicture(join(folder, "painted.png"));

  it.each([
    // In the middle of each patch of 16 pixels.
    [
      "srgb16-profile.png",
      2,
      [
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
      ],
    ],
    [
      "grey16-linear-profile.tif",
      2,
      [
        [88, 88, 88],
        [136, 136, 136],
        [62, 62, 62],
        [250, 250, 250],
      ],
    ],
    [
      "rgba-and-mask.tif",
      2,
      [
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
      ],
    ],
    [
      "lab8.tif",
      4,
      [
        [220, 30, 40],
        [40, 200, 60],
        [30, 50, 210],
      ],
    ],
  ])("keeps its colours: %s", async (name, within, colours) => {
    expect(await paint(data(`cases/${name}`))).toBe(0);
    const picture = await painted();
    colours.forEach((colour, i) => {
      const found = pixel(picture, 8 + 16 * i, 8);
      expect(found[3]).toBe(255);
      colour.forEach((level, c) => {
        expect(Math.abs(found[c]! - level), `${found} is not near ${colour}`).toBeLessThanOrEqual(within);
      });
    });
  });

  it("is refused by the name of its numbers", async () => {
    expect(await paint(data("cases/heights-int16.tif"))).toBe(1);
    expect(stderr).toMatch(
      /^brushwork: Expected .*heights-int16\.tif to have unsigned whole numbers of at most 16 bits, got signed whole numbers of 16 bits\. Convert it first\.\n$/,
    );
  });

  it("is painted with a warning where its file lacks its end", async () => {
    expect(await paint(data("cases/without-end.jpg"))).toBe(0);
    expect(stderr).toMatch(
      /brushwork: The picture .*without-end\.jpg is cut off at its end: its last rows may be grey\.\n/,
    );
  });

  it("has no fringe where it is transparent", async () => {
    expect(await paint(data("cases/two-halves.png"))).toBe(0);
    const picture = await painted();
    let edges = 0;
    for (let y = 0; y < picture.height; y++)
      for (let x = 0; x < picture.width; x++) {
        const [red = 0, , blue = 0, alpha = 0] = pixel(picture, x, y);
        if (alpha === 0 || alpha === 255 || (x >= 31 && x <= 33)) continue;
        edges++;
        expect(x < 31 ? blue : red, `at ${x}, ${y}`).toBeLessThanOrEqual(4);
      }
    expect(edges).toBeGreaterThan(50);
  });

  it("keeps its colours at every alpha", async () => {
    const picture = filled(64, 64, (i) => [220, 30, 40, 1 + (i % 254)]);
    const path = join(folder, "glass.png");
    await writePicture(path, picture);
    expect(await paint(path)).toBe(0);
    const { data: found } = await painted();
    const farthest = found.reduce((most, value, i) => Math.max(most, Math.abs(value - picture.data[i]!)), 0);
    expect(farthest).toBeLessThanOrEqual(2);
  });

  it.each([
    ["the content", (nothing: string) => paint(nothing)],
    ["a style", (nothing: string) => paint(strokes, nothing)],
  ])("is refused if nothing of %s can be seen", async (what, run) => {
    const path = join(folder, "nothing.png");
    await writePicture(
      path,
      filled(64, 64, () => [9, 99, 199, 0]),
    );
    expect(await run(path)).toBe(2);
    expect(stderr).toContain(
      `brushwork: Expected ${what} to have visible pixels, got a picture that is transparent throughout.\n`,
    );
  });

  it("has the size that its own size gives, however large it is", async () => {
    const path = join(folder, "large.jpg");
    await writePicture(
      path,
      filled(3000, 1999, () => [255, 0, 0, 255]),
    );
    expect(await paint(path)).toBe(0);
    const { width, height } = await painted();
    // 1999 × 64 / 3000 = 42.6
    expect([width, height]).toEqual([64, 43]);
  });

  it("is refused by its header if it is too narrow, before it is decoded", async () => {
    const path = join(folder, "narrow.png");
    const whole = await encodePicture(
      filled(8, 4000, (i) => [i * 7, i * 11, i * 13, 255]),
      "png",
    );
    // What cannot be decoded is refused for its size nevertheless.
    await writeFile(path, whole.subarray(0, 500));
    expect(await paint(path)).toBe(1);
    expect(stderr).toContain(
      `Expected ${path} to have at least 16 pixels on its shorter side, got 8×4000: choose a larger picture.`,
    );
  });
});
