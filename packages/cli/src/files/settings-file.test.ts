import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../failure.js";
import { commandLine } from "../options.js";
import { applySettings, environmentSettings, readSettings, type Settings } from "./settings-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ignore = async () => {};

/** The options of a command line with settings. */
async function optionsWith(words: readonly string[], ...settings: readonly Settings[]) {
  const program = commandLine({
    paint: ignore,
    presets: ignore,
    networks: ignore,
    losses: ignore,
    engines: ignore,
    doctor: ignore,
    tryEngine: ignore,
    completion: ignore,
    manPage: ignore,
  });
  await program.parseAsync(["photo.jpg", "painting.jpg", ...words], { from: "user" });
  const text = applySettings(program, program, settings);
  return { text, ...program.opts() };
}
const inFile = (options: Settings["options"]): Settings => ({ place: "brushwork.config.json", options });

describe("settings", () => {
  it("have the values that the command line would give them", async () => {
    const options = {
      size: 640,
      styleWeight: 3,
      "style-layers": ["relu1_1", "relu2_1"],
      loss: ["tv:weight=2", "./mine.js"],
      "keep-colors": "luma:0.5",
      quiet: true,
      force: false,
      noCheckpoint: true,
      "until-stable": true,
    };
    expect(await optionsWith([], inFile(options))).toMatchObject({
      size: 640,
      styleWeight: 3,
      styleLayers: ["relu1_1", "relu2_1"],
      loss: [{ name: "tv", details: "weight=2" }, { name: "./mine.js" }],
      keepColors: { keep: "luma", strength: 0.5 },
      quiet: true,
      checkpoint: false,
      untilStable: 0.005,
      text: "Set size, styleWeight, style-layers, loss, keep-colors, quiet, noCheckpoint, until-stable by brushwork.config.json.",
    });
  });

  it("count after the command line, those of a file after those of the environment", async () => {
    const environment = environmentSettings({ BRUSHWORK_ENGINE: "wasm", BRUSHWORK_THREADS: "3" });
    const file = inFile({ size: 640, engine: "native", steps: 7, threads: 2 });
    expect(await optionsWith(["--size", "80"], ...environment, file)).toMatchObject({
      size: 80,
      engine: "wasm",
      threads: 3,
      steps: 7,
      text: "Set engine by BRUSHWORK_ENGINE; threads by BRUSHWORK_THREADS; steps by brushwork.config.json.",
    });
  });

  it("leave to the command line what cannot be beside it", async () => {
    const file = inFile({ preset: "paper", quiet: true, threads: 2, precision: "fast" });
    const found = await optionsWith(["--recipe", "night.jpg", "--json", "--engine", "webgpu"], file);
    expect(found).toMatchObject({ recipe: "night.jpg", json: true, text: undefined });
    for (const name of ["preset", "quiet", "threads", "precision"]) expect(found).not.toHaveProperty(name);
  });

  it.each<readonly [Settings["options"], string]>([
    [{ sise: 5 }, 'Expected names of options, without their dashes, got "sise"; did you mean size?'],
    [
      { version: true },
      'Expected names of options, without their dashes, got "version": see "brushwork --help".',
    ],
    [
      { "--size": 5 },
      'Expected names of options, without their dashes, got "--size": see "brushwork --help".',
    ],
    [{ quiet: "yes" }, 'Expected "quiet" to be true or false, got "yes".'],
    [{ size: {} }, 'Expected "size" to be a text, a number, or a list of them, got an object.'],
    [{ size: true }, 'Expected "size" to be a text, a number, or a list of them, got true.'],
    [{ steps: 0 }, 'Expected --steps to be a whole number from 1 to 1000000, got "0".'],
  ])("%j are refused with their place", async (options, message) => {
    await expect(optionsWith([], inFile(options))).rejects.toThrow(
      new UsageError(`brushwork.config.json: ${message}`),
    );
  });

  it("of the environment are none where its variables are empty", () => {
    expect(environmentSettings({ BRUSHWORK_ENGINE: "" })).toEqual([]);
  });
});

describe("a folder's settings", () => {
  const write = (name: string, text: string) => writeFile(join(folder, name), text);

  it("are none where there is no file", async () => {
    expect(await readSettings(folder)).toBeUndefined();
    await write("package.json", "{ broken");
    expect(await readSettings(folder)).toBeUndefined();
    await write("package.json", '{ "name": "mine" }');
    expect(await readSettings(folder)).toBeUndefined();
  });

  it("are those of package.json, unless there is a file of their own", async () => {
    await write("package.json", '{ "brushwork": { "size": 64 } }');
    expect(await readSettings(folder)).toEqual({ place: "package.json#brushwork", options: { size: 64 } });
    await write("brushwork.config.json", '\ufeff{ "size": 128 }');
    expect(await readSettings(folder)).toEqual({ place: "brushwork.config.json", options: { size: 128 } });
  });

  it.each([
    ["{ size: 5 }", /^Expected brushwork\.config\.json to be JSON, but it is not\. /],
    ["[5]", /^Expected brushwork\.config\.json to be an object with options, got \[5\]\.$/],
  ])("are refused where they are %s", async (text, message) => {
    await write("brushwork.config.json", text);
    await expect(readSettings(folder)).rejects.toThrow(message);
  });
});
