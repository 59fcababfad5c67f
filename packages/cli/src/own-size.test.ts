import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { encodePicture, readPicture, writePicture } from "@brushwork/backend-node";
import type { Picture } from "@brushwork/core";
import { extractRecipe } from "@brushwork/recipes";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { outcomeOf, pictureOf, shallow } from "./command.fixture.js";

let folder: string;
/** Three bands, 96×48: red, green, blue. */
let bands: string;
const strokes = pictureOf("strokes.png");

const bandColours = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
] as const;

const bandsOf = (width: number, height: number): Picture => {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++)
    data.set(bandColours[Math.floor((3 * (i % width)) / width)] ?? [], 4 * i);
  return { width, height, data };
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
  bands = join(folder, "bands.png");
  await writePicture(bands, bandsOf(96, 48));
  await writePicture(join(folder, "tall.png"), bandsOf(48, 64));
});
afterAll(() => rm(folder, { recursive: true }));

const machine = "--network compact --engine wasm --threads 1 --scales 1 -n 1".split(" ");
/** So lightly that the picture stays as it is. */
const lightly = [...machine, "--learning-rate", "1e-9", ...shallow];

it.each([
  [["--size", "original"], "96×48"],
  [["--crop", "1:1", "--size", "original"], "48×48"],
  [["--crop", "1:2", "--size", "original"], "24×48"],
  [["--crop", "1:1", "--size", "60"], "60×60"],
  [["--crop", "16:9", "--size", "64"], "64×36"],
  [["--crop", "9:16", "--size", "64"], "36×64"],
  [["--crop", "16:9", "--size", "64x36"], "64×36"],
  [["--crop", "64x32", "--size", "64"], "64×32"],
  [["--crop", "1:1"], "512×512"],
])("with %j the picture is %s", async (words, size) => {
  const { code, stdout, stderr } = await outcomeOf([
    bands,
    strokes,
    ...machine,
    ...shallow,
    ...words,
    "--dry-run",
    "--json",
  ]);
  expect([code, stderr]).toEqual([0, ""]);
  const { width, height } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  expect(`${width}×${height}`).toBe(size);
});

it("cuts around the middle, and a recipe cuts again", async () => {
  const [output, again] = [join(folder, "cut.png"), join(folder, "again.png")];
  const words = [bands, strokes, "-o", output, ...lightly, "--crop", "1:1", "--size", "original"];
  expect(await outcomeOf([...words, "--quiet"])).toEqual({ code: 0, stdout: "", stderr: "" });
  const { width, height, data } = await readPicture(output);
  expect([width, height]).toEqual([48, 48]);
  const red = (x: number) => [...data.subarray(4 * x, 4 * x + 3)];
  expect([0, 7, 8, 39, 40, 47].map(red)).toEqual([
    ...[bandColours[0], bandColours[0], bandColours[1]],
    ...[bandColours[1], bandColours[2], bandColours[2]],
  ]);
  expect(extractRecipe(await readFile(output))).toMatchObject({
    fit: "cover",
    scales: [{ size: [48, 48], steps: 1 }],
  });
  const repaint = [bands, strokes, "-o", again, "--recipe", output, "--engine", "wasm", "--threads", "1"];
  expect((await outcomeOf([...repaint, "--quiet"])).code).toBe(0);
  expect((await readPicture(again)).data).toEqual(data);
});

it("is the size of each picture of a batch, of what the standard input brings, and of what is rebuilt", async () => {
  const out = join(folder, "batch");
  const words = [bands, join(folder, "tall.png"), strokes, "-o", out, ...lightly, "--size", "original"];
  expect((await outcomeOf(["batch", ...words, "--quiet"])).stderr).toBe("");
  const sizeOf = async (name: string) => {
    const { width, height } = await readPicture(join(folder, name));
    return [width, height];
  };
  expect(await sizeOf("batch/bands-strokes.png")).toEqual([96, 48]);
  expect(await sizeOf("batch/tall-strokes.png")).toEqual([48, 64]);

  const stdin = Readable.from([await encodePicture(bandsOf(40, 60), "png")]);
  const spy = vi.spyOn(process, "stdin", "get").mockReturnValue(stdin as typeof process.stdin);
  const streamed = ["-", strokes, "-o", join(folder, "streamed.png"), ...lightly, "--size", "original"];
  expect((await outcomeOf([...streamed, "--quiet"])).stderr).toBe("");
  spy.mockRestore();
  expect(await sizeOf("streamed.png")).toEqual([40, 60]);

  const rebuilt = ["reconstruct", bands, "--layer", "relu1_1", "-o", join(folder, "rebuilt.png"), ...machine];
  expect((await outcomeOf([...rebuilt, "--size", "original", "--quiet"])).stderr).toBe("");
  expect(await sizeOf("rebuilt.png")).toEqual([96, 48]);
});

describe("sentences about sizes", () => {
  const dryRun = (content: string, ...words: readonly string[]) =>
    outcomeOf([content, strokes, ...machine, ...shallow, ...words, "--dry-run"]);

  it("name the pixels of a shape that looks like a size", async () => {
    const { code, stderr } = await dryRun(bands, "--crop", "1920x1080", "--size", "64");
    expect(code).toBe(0);
    expect(stderr).toContain(
      "--crop sets only the shape, so the picture will be 64×36 pixels: for 1920×1080, add --size 1920.",
    );
  });

  it("say how much larger than usual a picture's own size is", async () => {
    const large = join(folder, "large.png");
    await writePicture(large, {
      width: 2048,
      height: 64,
      data: new Uint8ClampedArray(2048 * 64 * 4).fill(255),
    });
    const { code, stderr } = await dryRun(large, "--size", "original");
    expect(code).toBe(0);
    expect(stderr).toContain(
      "The picture's own size is 2048×64: about 16 times the pixels of --size 512, and about 16 times the time.",
    );
  });

  it.each([
    [
      ["--crop", "16:9", "--fit", "stretch"],
      "Expected --crop, which cuts CONTENT to a shape, with --fit cover, got stretch: leave one of the two out.",
    ],
    [
      ["--crop", "16:9", "--size", "640x480"],
      "Expected --size to be the longer side beside --crop, which has the shape, got 640x480: --size 640 makes it " +
        "640×360; --size 640x480 cuts to its shape without --crop.",
    ],
    [
      ["--crop", "16"],
      'Expected --crop to be the shape of the picture, such as 16:9 or 1920x1080, got "16".',
    ],
    [
      ["--crop", "0:1"],
      'Expected --crop to be the shape of the picture, such as 16:9 or 1920x1080, got "0:1".',
    ],
  ])("refuse %j", async (words, sentence) => {
    const { code, stderr } = await dryRun(bands, ...words);
    expect([code, stderr.split("\n")[0]]).toEqual([2, `brushwork: ${sentence}`]);
  });

  it("say which file is missing", async () => {
    const { code, stderr } = await dryRun(join(folder, "none.png"), "--size", "original");
    expect([code, stderr]).toEqual([1, expect.stringContaining("none.png")]);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});
