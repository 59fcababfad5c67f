import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPicture } from "@brushwork/backend-node";
import { extractRecipe, presets, termName } from "@brushwork/recipes";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outcomeOf, pictureOf, shallow } from "./command.fixture.js";

const [content, strokes, red] = ["photo.png", "strokes.png", "strokes-red.png"].map(pictureOf) as [
  string,
  string,
  string,
];
const machine = "--engine wasm --threads 1 --quiet --force".split(" ");
const small = "--network compact --size 64 --scales 1 --steps 2".split(" ");
const quick = [...small, ...shallow];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-others-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

async function painted(name: string, ...words: readonly string[]): Promise<Buffer> {
  const { code, stderr } = await outcomeOf([...words, ...machine, "-o", at(name)]);
  expect([code, stderr]).toEqual([0, ""]);
  return readFile(at(name));
}

describe("a recipe as text", () => {
  const marked = pictureOf("recipe-with-bom.json");
  let usual: Buffer;
  let text: string;
  beforeAll(async () => {
    text = (await readFile(marked)).toString().slice(1);
    await writeFile(at("plain.json"), text.replaceAll("\r", ""));
    usual = await painted("usual.png", content, strokes, "--recipe", at("plain.json"));
  });

  it("may have a byte order mark and Windows' line ends", async () => {
    const again = await painted("marked.png", content, strokes, "--recipe", marked);
    expect(again.equals(usual)).toBe(true);
  });

  it.each(["little", "big"])("may be UTF-16, %s-endian", async (order) => {
    const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
    await writeFile(at("wide.json"), order === "big" ? bytes.swap16() : bytes);
    const again = await painted("wide.png", content, strokes, "--recipe", at("wide.json"));
    expect(again.equals(usual)).toBe(true);
  });

  const refused: readonly (readonly [what: string, sentence: string, bytes: () => Buffer])[] = [
    ["UTF-16 without a mark", "got UTF-16 without one", () => Buffer.from(text, "utf16le")],
    ["Latin-1", "Expected a text in UTF-8, got bytes that are not", () => Buffer.from('{"é": 1}', "latin1")],
    ["JSON that is cut off", "Expected its text to be JSON", () => Buffer.from(text.slice(0, 100))],
    ["other JSON", "Expected recipe.version to be a version from 1 to 2", () => Buffer.from('{"a": 1}')],
    ["a list", "Expected recipe to be an object", () => Buffer.from("[1]")],
    ["nothing", "The file is empty.", () => Buffer.from("\n")],
    ["brackets", "at most 1048576 characters, got 5000000", () => Buffer.alloc(5e6, "[")],
    ["deep brackets", "nested at most 64 deep", () => Buffer.alloc(1e6, "[")],
    ["other text", "as JSON or inside a picture", () => Buffer.from("no recipe")],
  ];
  it.each(refused)("is refused in its own words: %s", async (_, sentence, bytes) => {
    await writeFile(at("refused.json"), bytes());
    const words = [content, strokes, "--recipe", at("refused.json"), "-o", at("refused.png")];
    const { code, stderr } = await outcomeOf(words);
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
    expect(stderr).toMatch(/^brushwork: Expected a recipe in [^\n]*\n$/);
  });
});

describe("a stranger's recipe", () => {
  const recipe = presets.default.recipe;
  const escapes = "x\u001b]0;owned\u0007\u001b[2J";
  const [term] = recipe.terms;
  const layers = (names: readonly string[]) => ({
    ...recipe,
    network: { name: "compact", pooling: "max" },
    terms: [{ ...term, options: { layers: names } }],
  });
  const scales = (steps: number) => ({ ...recipe, scales: [{ size: 512, steps }] });
  const hostile: readonly (readonly [what: string, sentence: string, recipe: unknown])[] = [
    ["500,000,000 steps", "from 1 to 1000000, got 500000000", scales(5e8)],
    ["as many steps as there are numbers", "got 9007199254740991", scales(Number.MAX_SAFE_INTEGER)],
    [
      "20,000 scales",
      "recipe.scales to be a list of 1 to 16 entries, got a list of 20000",
      { ...recipe, scales: Array(20_000).fill({ size: 64, steps: 1 }) },
    ],
    ["a layer 20,000 times", "at most 10000 values", layers(Array(20_000).fill("relu4_1"))],
    ["9,000 layers", "to be a list of 1 to 64", layers(Array.from({ length: 9000 }, (_, i) => `relu${i}`))],
    ["a layer twice", "to have each entry once", layers(["relu4_1", "relu4_1"])],
    ["an empty layer", "to be a text that is not empty", layers([""])],
    [
      "a network with escape sequences",
      String.raw`got "x\u001b]0;owned\u0007\u001b[2J"`,
      { ...recipe, network: { name: escapes, pooling: "max" } },
    ],
    ["a layer with escape sequences", String.raw`got "x\u001b]0;owned\u0007\u001b[2J"`, layers([escapes])],
    [
      "a loss with escape sequences",
      String.raw`the loss "x\u001b]0;owned\u0007\u001b[2J"`,
      { ...recipe, terms: [{ ...term, loss: escapes }] },
    ],
    [
      "an option with escape sequences",
      String.raw`got "x\u001b]0;owned\u0007\u001b[2J"`,
      { ...recipe, terms: [{ ...term, options: { [escapes]: 1 } }] },
    ],
    [
      "an optimizer with a name of a megabyte",
      `at most 256 characters, got "${"n".repeat(60)}…"`,
      { ...recipe, optimizer: { name: "n".repeat(1e6), options: {} } },
    ],
    ["a margin of a million", "from 0 to 4096", { ...recipe, margin: 1e6 }],
    ["a style scale of a million", "at most 1000", { ...recipe, styleScale: 1e6 }],
  ];
  it.each(hostile)("with %s is refused in one short line", async (_, sentence, given) => {
    await writeFile(at("hostile.json"), JSON.stringify(given));
    const { code, stdout, stderr } = await outcomeOf([
      ...[content, strokes, "--recipe", at("hostile.json"), "-o", at("hostile.png")],
      ...machine,
    ]);
    expect([code === 1 || code === 2, stdout]).toEqual([true, ""]);
    expect(stderr).toContain(sentence);
    expect(stderr.length).toBeLessThan(600);
    expect(stderr).toMatch(/^brushwork: \P{Cc}*\n$/u);
  });

  it("does not decide how many pictures are kept", async () => {
    await writeFile(
      at("long.json"),
      JSON.stringify({ ...recipe, scales: Array(16).fill({ size: 64, steps: 1e6 }) }),
    );
    const { code, stderr } = await outcomeOf([
      ...[content, strokes, "--recipe", at("long.json"), "--save-every", "1", "-o", at("long.png")],
      ...machine,
    ]);
    expect([code, stderr]).toEqual([
      2,
      "brushwork: Expected --save-every to give at most 100000 pictures, got 16000000: choose a larger number.\n",
    ]);
  });

  it("may call its terms what it likes, and is shown without escape sequences", async () => {
    const names = ["__proto__", "constructor", escapes];
    const terms = names.map((name, i) => ({ ...recipe.terms[i], name }));
    await writeFile(at("names.json"), JSON.stringify({ ...recipe, terms }));
    const words = [content, strokes, "--recipe", at("names.json"), ...small];
    const { code, stderr } = await outcomeOf([
      ...[...words, "--engine", "wasm", "--threads", "1", "-o", at("names.png")],
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      / {2}__proto__ [\d.e-]+ {2}constructor [\d.e-]+ {2}x\\u001b\]0;owned\\u0007\\u001b\[2J [\d.e-]+ /,
    );
    expect(extractRecipe(await readFile(at("names.png")))?.terms.map(termName)).toEqual(names);
  });
});

it("an output whose name has escape sequences is named without them", async () => {
  const name = at("evil\u001b[31m.png");
  const { code, stderr } = await outcomeOf([content, strokes, ...quick, ...machine.slice(0, 4), "-o", name]);
  expect(code).toBe(0);
  expect(stderr).toContain(String.raw`evil\u001b[31m.png, 64×48`);
  expect(stderr).not.toContain("\u001b");
  const again = await outcomeOf([content, strokes, ...quick, ...machine.slice(0, 4), "-o", name]);
  expect(again.stderr).toContain(String.raw`evil\u001b[31m.png already exists`);
  expect(again.stderr).not.toContain("\u001b");
});

describe("weights of styles", () => {
  it("of 1 and 0 paint as the first style alone", async () => {
    const alone = await painted("alone.png", content, strokes, ...quick);
    const both = await painted("both.png", content, strokes, red, ...quick, "--style-blend", "1,0");
    expect((await readPicture(both)).data).toEqual((await readPicture(alone)).data);
    expect(extractRecipe(both)?.styles).toEqual([{ weight: 1 }, { weight: 0 }]);
  });

  it.each(["0,0", "0", "1,-1"])("%s are refused", async (blend) => {
    const { code, stderr } = await outcomeOf([content, strokes, red, ...quick, "--style-blend", blend]);
    expect(code).toBe(2);
    expect(stderr).toContain("Expected --style-blend to be numbers of at least 0 between commas, not all 0");
  });

  it("of 0 and 0 are refused in a recipe", async () => {
    const styles = [{ weight: 0 }, { weight: 0 }];
    await writeFile(at("none.json"), JSON.stringify({ ...presets.default.recipe, styles }));
    const { code, stderr } = await outcomeOf([content, strokes, red, "--recipe", at("none.json")]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("recipe.styles to have a weight above 0, got none"),
    ]);
  });
});

describe("--loss", () => {
  it("refuses an empty entry of a list by name, before anything is said of the run", async () => {
    const words = [content, strokes, "--engine", "wasm", "-o", at("empty.png")];
    for (const loss of ["style:layers=", 'style:{"layers":[""]}', "style:layers=relu1_1+"]) {
      const { code, stdout, stderr } = await outcomeOf([...words, "--loss", loss]);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(
        /^brushwork: Expected the option "layers\[[01]\]" of the loss "style" to be a text that is not empty, got ""\.\n$/,
      );
    }
  });

  it("refuses an option called __proto__", async () => {
    for (const loss of ["tv:__proto__=1", "tv:__proto__.x=1"]) {
      const { code, stderr } = await outcomeOf([
        content,
        strokes,
        "--engine",
        "wasm",
        "-o",
        at("p.png"),
        "--loss",
        loss,
      ]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('got "__proto__"')]);
    }
  });

  it.each([
    ["texture", ["style", "tv", "more"], ["--style-layers", "relu1_1"]],
    ["reconstruct", ["content", "tv", "more"], []],
  ])("joins those of %s, or takes their place", async (command, names, layers) => {
    const more = ["--loss", "content:name=more,weight=0.5,layers=image", ...small];
    const joined = await painted("joined.png", command, strokes, ...more, ...layers);
    expect(extractRecipe(joined)?.terms.map(termName)).toEqual(names);
    const alone = await painted(
      "alone.png",
      command,
      strokes,
      ...more,
      "--no-default-losses",
      "--tv-weight",
      "1",
    );
    expect(extractRecipe(alone)?.terms.map(termName)).toEqual(["tv", "more"]);
  });

  it.each([
    ["texture", { ...presets.default.recipe, init: "picture" }, [], 'another picture: change its "init".'],
    [
      "reconstruct",
      undefined,
      ["--layer", "relu2_2", "--no-default-losses", "--loss", "tv"],
      "but there is none: use --loss content:layers=relu2_2 instead.",
    ],
  ])("%s refuses what it has no option for, with the remedy", async (command, recipe, words, end) => {
    await writeFile(at("other.json"), JSON.stringify(recipe ?? presets.default.recipe));
    const given = recipe === undefined ? [] : ["--recipe", at("other.json")];
    const refused = await outcomeOf([command, strokes, ...given, ...words, "-o", at("x.png"), ...machine]);
    expect([refused.code, refused.stderr.endsWith(`${end}\n`)]).toEqual([2, true]);
  });
});
