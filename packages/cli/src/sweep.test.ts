import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPicture } from "@brushwork/backend-node";
import type { Picture } from "@brushwork/core";
import { extractCells, type Recipe, termName } from "@brushwork/recipes";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { outcomeOf, pictureOf, shallow } from "./command.fixture.js";
import { main } from "./main.js";

const [content, style] = [pictureOf("photo.png"), pictureOf("strokes.png")];
const machine = "--engine wasm --threads 1 --quiet".split(" ");
const smallest = [..."--network compact --size 64 --scales 1 --steps 2".split(" "), ...shallow];

describe("a sweep", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-sweep-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);

  it("paints every combination, with the recipe of each", async () => {
    const axes = "--style-weight 0.3,3 --style-scale 1,2 --seed 0,1".split(" ");
    const words = ["sweep", content, style, "-o", at("sheet.png"), ...machine, ...smallest, ...axes];
    expect(await outcomeOf(words)).toEqual({ code: 0, stdout: "", stderr: "" });
    const cells = extractCells(await readFile(at("sheet.png")));
    const settings = [...(cells ?? [])].map(([name, { terms, styleScale, seed }]) => [
      name,
      terms.find((term) => termName(term) === "style")?.weight,
      styleScale,
      seed,
    ]);
    // The first axis goes across, the others down, the last one slowest.
    expect(settings).toEqual([
      ["A1", 0.3, 1, 0],
      ["B1", 3, 1, 0],
      ["A2", 0.3, 2, 0],
      ["B2", 3, 2, 0],
      ["A3", 0.3, 1, 1],
      ["B3", 3, 1, 1],
      ["A4", 0.3, 2, 1],
      ["B4", 3, 2, 1],
    ]);

    const again = ["--recipe", at("sheet.png"), "--cell", "b2", "-o", at("b2.png"), ...machine];
    expect(await outcomeOf([content, style, ...again])).toEqual({ code: 0, stdout: "", stderr: "" });
    const [sheet, picture] = [await readPicture(at("sheet.png")), await readPicture(at("b2.png"))];
    expect(holds(sheet, picture)).toBe(true);
  });

  it("that is stopped leaves the pictures that were finished", async () => {
    const words = ["sweep", content, style, "-o", at("stopped.png"), ...machine.slice(0, -1), ...smallest];
    let heard = "";
    const listen = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      heard += text;
      if (/^C1, 3 of 3/m.test(String(text))) process.emit("SIGINT", "SIGINT");
      return true;
    });
    const code = await main([...words, "--seed", "0,1,2"]);
    listen.mockRestore();
    expect(code).toBe(130);
    expect(heard).toMatch(
      /^brushwork: Stopped after 2 of 3 pictures: the sheet so far is in .+stopped\.png\.\n$/m,
    );
    expect([...(extractCells(await readFile(at("stopped.png"))) ?? new Map()).keys()]).toEqual(["A1", "B1"]);
  });

  it("leaves a picture grey that diverges, and paints the others", async () => {
    const axes = "--learning-rate 1e30,0.05 --preset paper".split(" ");
    const words = [
      "sweep",
      content,
      style,
      "-o",
      at("wild.png"),
      ...machine.slice(0, -1),
      ...smallest,
      ...axes,
    ];
    const { code, stderr } = await outcomeOf(words);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^brushwork: A1 is left grey\. The .+ became .+$/m);
    const cells = extractCells(await readFile(at("wild.png"))) as ReadonlyMap<string, Recipe>;
    expect([...cells.keys()]).toEqual(["B1"]);
  });

  it.each([
    ["more pictures than anyone asks for by chance", ["--seed", count(65)], "at most 64 pictures, got 65"],
    [
      "more than a sheet holds, even when forced",
      ["--seed", count(257), "--force"],
      "at most 256 pictures, got 257",
    ],
    ["a JPEG, which has no room for the recipes", ["-o", "sheet.jpg"], "got JPEG"],
    [
      "a value that cannot be",
      ["--style-weight", "1,-1"],
      'Expected --style-weight to be a number of at least 0, got "-1"',
    ],
    ["a value that is missing", ["--style-weight", "1,"], 'got ""'],
    ["several values where one is meant", ["--size", "64,128"], 'got "64,128"'],
    ["a cell without a sheet", ["--cell", "A1"], "name that with --recipe"],
  ])("refuses %s", async (_, words, sentence) => {
    const { code, stderr } = await outcomeOf(["sweep", content, style, ...machine, ...words]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(sentence)]);
    expect(await readdir(folder)).not.toContain("sheet.jpg");
  });

  it("refuses the standard input, which can be read once only", async () => {
    const { code, stderr } = await outcomeOf(["sweep", "-", style, ...machine, "-o", at("stream.png")]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("got the standard input: save it first.")]);
  });

  it.each([
    [
      "no cell is named",
      [],
      /^brushwork: \S+sheet\.png is a sheet of several pictures: choose one with --cell, of A1, B1, A2/,
    ],
    ["there is no such cell", ["--cell", "Z9"], /Expected --cell to be one of A1, B1, .+, got "Z9"\.\n$/],
  ])("a sheet is refused as a recipe where %s", async (_, words, sentence) => {
    const { code, stderr } = await outcomeOf([
      content,
      style,
      "--recipe",
      at("sheet.png"),
      ...words,
      ...machine,
    ]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(sentence)]);
  });

  it("a picture that is no sheet has no cells", async () => {
    const { code, stderr } = await outcomeOf([
      content,
      style,
      "--recipe",
      at("b2.png"),
      "--cell",
      "A1",
      ...machine,
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("leave --cell out.")]);
  });
});

/** Whole numbers between commas. */
function count(numbers: number): string {
  return Array.from({ length: numbers }, (_, i) => i).join(",");
}

/** Whether one picture is a part of another. */
function holds(whole: Picture, part: Picture): boolean {
  const rowOf = ({ data, width }: Picture, x: number, y: number, length: number) =>
    Buffer.from(data.buffer, data.byteOffset + (y * width + x) * 4, length * 4);
  for (let top = 0; top + part.height <= whole.height; top++)
    for (let left = 0; left + part.width <= whole.width; left++) {
      const same = (y: number) =>
        rowOf(whole, left, top + y, part.width).equals(rowOf(part, 0, y, part.width));
      if (Array.from({ length: part.height }, (_, y) => y).every(same)) return true;
    }
  return false;
}
