import { CommanderError } from "commander";
import { expect, it } from "vitest";
import { commandLineError, commandOf } from "./command-line-error.js";
import { commandLine } from "./options.js";

/** What a command line asks for, as one value. */
async function asked(...words: string[]): Promise<unknown> {
  let found: unknown;
  const find = async (value: unknown) => {
    found = value;
  };
  const program = commandLine({
    paint: (content, styles, options) => find({ content, styles, options }),
    presets: (options) => find({ presets: options }),
    networks: (options) => find({ networks: options }),
    losses: (names, options) => find({ losses: names, options }),
    engines: (options) => find({ engines: options }),
    doctor: (options) => find({ doctor: options }),
    tryEngine: (engine, seconds) => find({ engine, seconds }),
    completion: async () => {},
    manPage: async () => {},
  });
  try {
    await program.parseAsync(words, { from: "user" });
    return found;
  } catch (error) {
    throw error instanceof CommanderError ? commandLineError(error, commandOf(program, words)) : error;
  }
}

it("pictures and options in any order", async () => {
  expect(
    await asked(
      ...["--size", "640x480", "photo.jpg", "a.jpg", "-o", "-", "b.jpg", "--style-blend", "0.7,0.3"],
      ...["--style-layer-weights", "relu1_1=2", "--tv-weight", "0", "--force"],
    ),
  ).toEqual({
    content: "photo.jpg",
    styles: ["a.jpg", "b.jpg"],
    options: {
      size: [640, 480],
      output: "-",
      styleBlend: [0.7, 0.3],
      styleLayerWeights: { relu1_1: 2 },
      tvWeight: 0,
      force: true,
    },
  });
});

it("options that are not given are absent, so that a recipe's hold", async () => {
  expect(await asked("-", "b.jpg")).toEqual({ content: "-", styles: ["b.jpg"], options: {} });
});

it.each(["presets", "networks", "engines", "doctor"])("%s, in words or as JSON", async (name) => {
  expect(await asked(name)).toEqual({ [name]: {} });
  expect(await asked(name, "--json")).toEqual({ [name]: { json: true } });
});

it("one engine's trial", async () => {
  expect(await asked("try-engine", "wasm", "2")).toEqual({ engine: "wasm", seconds: 2 });
});

it.each([
  [
    ["a.jpg", "b.jpg", "--style-wieght", "3"],
    'Expected a known option, got --style-wieght. Did you mean --style-weight? See "brushwork --help".',
  ],
  [["a.jpg", "b.jpg", "--xylophone"], 'Expected a known option, got --xylophone. See "brushwork --help".'],
  [["a.jpg", "b.jpg", "--end-scale", "512"], "--end-scale is a flag of style-transfer-pytorch: use --size."],
  [["preests"], 'STYLE is missing. Did you mean "brushwork presets"? See "brushwork --help".'],
  [["a.jpg"], "Expected two pictures or more, CONTENT and STYLE, but STYLE is missing."],
  [["a.jpg", "b.jpg", "--size"], "Expected a value for --size <N|WxH>, got none."],
  [["networks", "vgg19"], 'Expected nothing more after "networks".'],
  [
    ["a.jpg", "b.jpg", "--engine", "abacus"],
    /^Expected --engine to be one of auto, .*wasm.*, got "abacus"\.$/,
  ],
  [
    ["a.jpg", "b.jpg", "--precision", "double"],
    'Expected --precision to be one of full, fast, got "double".',
  ],
  [
    ["a.jpg", "b.jpg", "--style-weight", "-3"],
    'Expected --style-weight to be a number of at least 0, got "-3".',
  ],
])("%j is refused", async (words, message) => {
  await expect(asked(...words)).rejects.toThrow(message);
});

it.each([
  [["-s", "256"], { size: 256 }],
  [["-n", "20"], { steps: 20 }],
  [["-fq"], { force: true, quiet: true }],
])("letters for the common options: %j", async (words, options) => {
  expect(await asked("photo.jpg", "a.jpg", ...words)).toMatchObject({ options });
});

it("an option whose value may be left out", async () => {
  const shares = [["--until-stable"], ["--until-stable", "0.1"], ["--until-stable", "--force"]];
  const found = await Promise.all(shares.map((words) => asked("photo.jpg", "a.jpg", ...words)));
  expect(found).toMatchObject([0.005, 0.1, 0.005].map((untilStable) => ({ options: { untilStable } })));
  for (const flag of ["--keep-colors", "--loss"])
    await expect(asked("photo.jpg", "a.jpg", flag)).rejects.toThrow(`Expected a value for ${flag}`);
});

it("the help says each default once, in its own words", () => {
  const ignore = async () => {};
  const program = commandLine({
    ...{ paint: ignore, presets: ignore, networks: ignore, losses: ignore },
    ...{ engines: ignore, doctor: ignore, tryEngine: ignore, completion: ignore, manPage: ignore },
  });
  expect(program.helpInformation()).not.toMatch(/\(preset:/);
});
