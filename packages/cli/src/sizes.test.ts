import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readPicture, writePicture } from "@brushwork/backend-node";
import { extractRecipe } from "@brushwork/recipes";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { main } from "./main.js";

let folder: string;
let stderr: string;
let stdout: string;

/** Pictures by name: width and height. */
const pictures = {
  photo: [96, 72],
  square: [300, 300],
  panorama: [2000, 100],
  "panorama-3000": [3000, 300],
  "long-32": [1600, 50],
  "tall-32": [50, 1600],
} as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
  for (const [name, [width, height]] of Object.entries(pictures)) {
    const data = new Uint8ClampedArray(width * height * 4);
    for (let i = 0; i < width * height; i++)
      data.set([(i * 5) % 256, (Math.floor(i / width) * 9) % 256, (i * i) % 256, 255], 4 * i);
    await writePicture(join(folder, `${name}.png`), { width, height, data });
  }
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  stderr = "";
  stdout = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += text;
    return true;
  });
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += text;
    return true;
  });
  return () => vi.restoreAllMocks();
});

const file = (name: string) => join(folder, `${name}.png`);

const paint = (content: keyof typeof pictures, style: keyof typeof pictures, ...options: readonly string[]) =>
  main([
    ...[file(content), file(style), "-o", file("out"), "--force"],
    ..."--network compact --engine wasm --threads 1 --steps 1".split(" "),
    // The cheapest of the losses that need layers as deep as the default's.
    ..."--style-loss gram --style-layers relu5_1 --content-layers relu1_1".split(" "),
    ...options,
  ]);

describe("a picture that is very long, by default", () => {
  it("is painted at the sizes that are large enough, and again by its recipe", async () => {
    expect(await paint("panorama", "square")).toBe(0);
    // 125, 200 and 320 pixels for the longer side are 6, 10 and 16 for the shorter one.
    expect(stderr).toContain(
      "brushwork: A scale is left out, since the content is only 125×6 there: the layer relu5_1 needs 16 pixels on the shorter side. The next scale takes its steps.\n",
    );
    expect(stderr).toContain("only 200×10 there:");
    expect(stderr.match(/is left out/g)).toHaveLength(2);
    expect(stderr).toContain("512×26, 2 scales, 4 steps");
    const painting = await readPicture(file("out"));
    expect([painting.width, painting.height]).toEqual([512, 26]);
    const first = await readFile(file("out"));
    expect(extractRecipe(first)?.scales.map(({ size }) => size)).toEqual([320, 512]);

    stderr = "";
    const again = [file("panorama"), file("square"), "--recipe", file("out"), "-o", file("again")];
    expect(await main([...again, "--engine", "wasm", "--threads", "1"])).toBe(0);
    expect(stderr).not.toContain("left out");
    expect((await readFile(file("again"))).equals(first)).toBe(true);
  });

  it.each([
    ["long-32", "square", "512×16"],
    ["tall-32", "square", "16×512"],
    ["photo", "long-32", "512×384"],
    ["photo", "tall-32", "512×384"],
  ] as const)("may be 32 times as long as wide: %s in the style of %s", async (content, style, size) => {
    expect(await paint(content, style, "--json")).toBe(0);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const [width, height] = size.split("×").map(Number);
    expect(events.find(({ event }) => event === "saved")).toMatchObject({ width, height });
    const warnings = events.filter(({ event, message }) => event === "warning" && /left out/.test(message));
    expect(warnings).toHaveLength(3);
    const what = content === "photo" ? "style" : "content";
    for (const { message } of warnings) expect(message).toContain(`the ${what} is only`);
  });
});

it("paints smooth pictures at a large size on one scale", async () => {
  const sample = (name: string) =>
    fileURLToPath(new URL(`../../../tests/data/cases/${name}.png`, import.meta.url));
  const code = await main([
    ...[sample("photo"), sample("strokes"), "-o", file("out"), "--force"],
    ..."--network compact --engine wasm --threads 1 --scales 1 --steps 1".split(" "),
  ]);
  expect([code, stderr]).toEqual([0, expect.stringContaining("512×384")]);
});

describe("an impossible size is refused, and the message names the option to change", () => {
  it("where the content is too small", async () => {
    expect(await paint("long-32", "square", "--size", "256")).toBe(2);
    // 496 · 50 / 1600 = 15.5, rounded up to 16.
    expect(stderr).toBe(
      "brushwork: Expected the content to be at least 16 pixels on its shorter side for the layer relu5_1, " +
        "got 256×8: choose --size 496 or more, or shallower layers.\n",
    );
    expect(await paint("long-32", "square", "--size", "496")).toBe(0);
  });

  it("where the style is too small", async () => {
    expect(await paint("photo", "square", "--size", "96", "--style-scale", "0.1")).toBe(2);
    expect(stderr).toBe(
      "brushwork: Expected the style to be at least 16 pixels on its shorter side for the layer relu5_1, " +
        "got 10×10: choose --style-scale 0.17 or more, or --size 155 or more, or shallower layers.\n",
    );
  });

  it("where the style is too large", async () => {
    expect(await paint("photo", "photo", "--size", "96", "--style-scale", "200")).toBe(2);
    expect(stderr).toMatch(
      /^brushwork: Expected a style that fits the engine wasm, got one of 19200×14400 for a picture of 96×72, which takes about [\d.]+ GiB: choose --style-scale [\d.]+ or less, or --size \d+ or less\.\n$/,
    );
  });

  it("where the style is square and the content is not", async () => {
    expect(
      await paint("panorama-3000", "square", ..."--size 3000 --scales 1 --memory 800MiB".split(" ")),
    ).toBe(2);
    expect(stderr).toMatch(
      /^brushwork: Expected a style that fits the engine wasm, got one of 3000×3000 for a picture of 3000×300, .*: choose --style-scale 0\.\d+ or less, or --size \d+ or less\.\n$/,
    );
  });

  it("on account of a loss that needs the picture in one piece, by the name of its term", async () => {
    const options = ["--size", "1200", "--scales", "1", "--memory", "600MiB"];
    expect(await paint("photo", "photo", ...options, "--dry-run")).toBe(0);
    expect(stderr + stdout).toMatch(/Painting in \d+ tiles to stay within 600 MiB/);
    stderr = "";
    expect(await paint("photo", "photo", ...options, "--style-loss", "nearest")).toBe(2);
    expect(stderr).toMatch(
      /^brushwork: Expected a (size|style) that fits the engine wasm in one piece, as the loss "style" needs, got .*: choose .*--size \d+ or less\.\n$/,
    );
  });

  it.each([
    ["4096x4096", /got 4096×4096, which takes about [\d.]+ GiB: choose --size (\d+)x\1 or less\.\n$/],
    ["65536", /got 65536×49152, .*: choose --size (\d+) or less\.\n$/],
  ])("where the size is %s", async (size, sentence) => {
    expect(await paint("photo", "photo", "--size", size)).toBe(2);
    expect(stderr).toMatch(sentence);
    // The largest that fits is not guessed in thousandths of what was asked for.
    expect(Number(sentence.exec(stderr)?.[1])).toBeGreaterThan(300);
  });
});
