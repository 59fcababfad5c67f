import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPicture, writePicture } from "@brushwork/backend-node";
import type { Picture } from "@brushwork/core";
import { extractRecipe } from "@brushwork/recipes";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outcomeOf, pictureOf, shallow } from "./command.fixture.js";

const [content, strokes, red] = ["photo.png", "strokes.png", "strokes-red.png"].map(pictureOf) as [
  string,
  string,
  string,
];
const machine = "--engine wasm --threads 1 --force --quiet --network compact --size 64 --scales 1 --steps 2";
const words = [...machine.split(" "), ...shallow];

let folder: string;
const at = (name: string) => join(folder, name);

/** 8×8 pixels of a level that may depend on the column. */
function mask(levelAt: (x: number) => number, width = 8): Picture {
  const data = new Uint8ClampedArray(width * 8 * 4);
  for (let i = 0; i < width * 8; i++) data.set([0, 1, 2].map(() => levelAt(i % width)).concat(255), 4 * i);
  return { width, height: 8, data };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-masks-"));
  const { width, height } = await readPicture(content);
  const columns = Math.round((8 * width) / height);
  await writePicture(
    at("left.png"),
    mask((x) => (x < columns / 2 ? 255 : 0), columns),
  );
  await writePicture(
    at("right.png"),
    mask((x) => (x < columns / 2 ? 0 : 255), columns),
  );
  await writePicture(
    at("black.png"),
    mask(() => 0, columns),
  );
  await writePicture(
    at("long.png"),
    mask(() => 200, 80),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("masks", () => {
  it("paint two styles in two halves, and again by the picture's recipe and the same masks", async () => {
    const halves = ["--content-mask", at("left.png"), "--content-mask", at("right.png")];
    const first = [content, strokes, red, ...words, ...halves, "-o", at("first.png")];
    expect(await outcomeOf(first)).toEqual({ code: 0, stdout: "", stderr: "" });
    const recipe = extractRecipe(await readFile(at("first.png")));
    expect(recipe).toMatchObject({
      styles: [
        { weight: 1, contentMask: true },
        { weight: 1, contentMask: true },
      ],
    });
    const again = [content, strokes, red, "--recipe", at("first.png"), "--engine", "wasm", "--threads", "1"];
    const lacking = await outcomeOf([...again, "-o", at("lacking.png")]);
    expect(lacking.code).toBe(2);
    expect(lacking.stderr).toContain(
      "Expected the content mask of style 1, which the recipe was painted with: name one for each style, in their " +
        "order, with --content-mask FILE, or --content-mask none.",
    );
    const second = await outcomeOf([...again, ...halves, "--quiet", "-o", at("second.png")]);
    expect(second).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await readFile(at("second.png"))).equals(await readFile(at("first.png")))).toBe(true);
    const without = ["--content-mask", "none", "--quiet", "-o", at("without.png")];
    expect((await outcomeOf([...again, ...without])).code).toBe(0);
    expect(extractRecipe(await readFile(at("without.png")))?.styles).toEqual([{ weight: 1 }, { weight: 1 }]);
  });

  it.each([
    [
      "more than styles",
      ["--content-mask", "none", "--content-mask", "none"],
      "at most once for each style, 1",
    ],
    [
      "the standard input",
      ["--style-mask", "-"],
      'Expected --style-mask to be a mask\'s file, or none, got "-".',
    ],
    ["a black one", ["--content-mask", "black.png"], "Expected the content mask of style 1 to be brighter"],
    [
      "a black one of the style",
      ["--style-mask", "black.png"],
      "Expected the style mask of style 1 to be brighter",
    ],
  ])("are refused: %s", async (_, options, message) => {
    const named = options.map((word) => (word.endsWith(".png") ? at(word) : word));
    const { code, stderr } = await outcomeOf([content, strokes, ...words, ...named, "-o", at("refused.png")]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it("that are not there end the run with their names", async () => {
    const named = ["--content-mask", at("nowhere.png")];
    const { code, stderr } = await outcomeOf([content, strokes, ...words, ...named, "-o", at("refused.png")]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("nowhere.png")]);
  });

  it("are never overwritten", async () => {
    await writeFile(at("mine.png"), await readFile(at("left.png")));
    const named = ["--style-mask", at("mine.png"), "-o", at("mine.png")];
    const { code, stderr } = await outcomeOf([content, strokes, ...words, ...named]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("Expected an output that is not an input")]);
  });

  it("of another shape are stretched, with a warning", async () => {
    const loud = words.filter((word) => word !== "--quiet");
    const named = ["--content-mask", at("long.png"), "-o", at("stretched.png")];
    const { code, stderr } = await outcomeOf([content, strokes, ...loud, ...named]);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(
        "The content mask of style 1 has another shape than the content: it is stretched.",
      ),
    ]);
  });
});
