import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writePicture } from "@brushwork/backend-node";
import { extractRecipe, termName } from "@brushwork/recipes";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brushwork, brushworkHere, machine, missing, shallow } from "./command.js";
import { disc, stripes } from "./pictures.js";

const quick = [...machine, ..."--network compact --size 64 --scales 1 --steps 2 --force".split(" ")];
const tensorFlow = fileURLToPath(new URL("node_modules/@tensorflow/tfjs-core", import.meta.url));

/** The code of a plugin that pulls every pixel towards grey. @param changes in place of what a sound one says */
function greyness(
  name: string,
  changes: { readonly create?: string; readonly options?: string } = {},
): string {
  const {
    options = '{ type: "object", properties: { level: { type: "number", minimum: 0, maximum: 1, default: 0.5 } }, additionalProperties: false }',
    create = `({ level = 0.5 }) => ({
      name: "grey", weight: 3, layers: ["image"], prepare: () => ({}),
      loss: ({ image }) => tf.mean(tf.square(tf.sub(image, level))),
    })`,
  } = changes;
  return `import * as tf from "@tensorflow/tfjs-core";
    export default { name: ${JSON.stringify(name)}, description: "Pulls towards grey", options: ${options}, create: ${create} };`;
}

/** A plugin's code whose term has this for its loss function. */
const losing = (name: string, loss: string, layer = "image") =>
  greyness(name, {
    create: `() => ({ name: "x", weight: 1, layers: ["${layer}"], prepare: () => ({}), loss: ({ image }) => ${loss} })`,
  });

describe.skipIf(missing !== undefined)(missing ? `skipped: ${missing}` : "losses on the command line", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-losses-"));
    await writePicture(join(folder, "photo.png"), disc(80, 60));
    await writePicture(join(folder, "painting.png"), stripes(60, 80));
    await file("grey.js", greyness("grey"));
    await installed("brushwork-loss-grey", greyness("brushwork-loss-grey"));
    await installed("@someone/brushwork-loss-grey", greyness("@someone/brushwork-loss-grey"));
    await mkdir(join(folder, "node_modules/@tensorflow"), { recursive: true });
    await symlink(tensorFlow, join(folder, "node_modules/@tensorflow/tfjs-core"), "dir");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function file(name: string, text: string): Promise<void> {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }

  /** As npm would put a package there whose only entry is for `import`. */
  async function installed(name: string, code: string): Promise<void> {
    const manifest = { name, version: "1.0.0", type: "module", exports: { ".": { import: "./index.js" } } };
    await file(`node_modules/${name}/package.json`, JSON.stringify(manifest));
    await file(`node_modules/${name}/index.js`, code);
  }

  const run = (...words: readonly string[]) => brushworkHere(words, { folder });
  /** Without the losses of the preset. */
  const paintBare = (...words: readonly string[]) =>
    run("photo.png", "painting.png", ...quick, "--no-default-losses", ...words);
  const paint = (...words: readonly string[]) =>
    run("photo.png", "painting.png", ...quick, ...shallow, ...words);
  const bytesOf = (name: string) => readFile(join(folder, name));
  const termsOf = async (name: string) => extractRecipe(await bytesOf(name))?.terms ?? [];

  it.each(["./grey.js", "brushwork-loss-grey", "@someone/brushwork-loss-grey"])(
    "%s joins the losses of the preset",
    async (loss) => {
      const { code, stderr } = await paint("--loss", `${loss}:weight=2,level=0.25`, "-o", "joined.png");
      expect([code, stderr]).toEqual([0, expect.not.stringContaining("brushwork:")]);
      const terms = await termsOf("joined.png");
      expect(terms.map(termName)).toEqual(["content", "style", "tv", loss === "./grey.js" ? "grey" : loss]);
      expect(terms.at(-1)).toMatchObject({ weight: 2, options: { level: 0.25 } });
    },
  );

  it("takes the plugin's own weight, JSON, several losses, and none of the preset's where told so", async () => {
    const { code } = await paintBare(
      ...["--loss", "./grey.js", "-o", "several.png", "--loss"],
      'style:{"name":"coarse","weight":4,"layers":["relu4_1"],"layerWeights":{"relu4_1":2},"reduction":"relative"}',
      ...["--loss", "style:name=fine,layers=relu1_1+relu2_1,layerWeights.relu2_1=0.5,reduction=relative"],
    );
    expect(code).toBe(0);
    expect(await termsOf("several.png")).toEqual([
      { loss: "grey", weight: 3, options: {} },
      {
        loss: "style",
        name: "coarse",
        weight: 4,
        options: { layers: ["relu4_1"], layerWeights: { relu4_1: 2 }, reduction: "relative" },
      },
      {
        loss: "style",
        name: "fine",
        weight: 1,
        options: { layers: ["relu1_1", "relu2_1"], layerWeights: { relu2_1: 0.5 }, reduction: "relative" },
      },
    ]);
  });

  it("changes a loss that is there already, and leaves what it does not mention", async () => {
    await paint("--loss", "content:reduction=mean", "--loss", "tv:weight=1", "-o", "changed.png");
    const [content, , tv] = await termsOf("changed.png");
    expect(content).toMatchObject({
      weight: 0.5,
      options: { reduction: "mean", layerWeights: { relu2_2: 0.5 } },
    });
    expect(tv).toEqual({ loss: "tv", weight: 1, options: {} });
  });

  it("never runs code because a picture's recipe names it, and says how to allow it", async () => {
    await paint("--loss", "brushwork-loss-grey", "-o", "package.png");
    await paint("--loss", "./grey.js", "-o", "file.png");
    const again = (recipe: string, ...words: readonly string[]) =>
      run(
        ..."photo.png painting.png --engine wasm --threads 1 --force -o again.png --recipe".split(" "),
        recipe,
        ...words,
      );

    for (const [recipe, remedy] of [
      ["package.png", "pass --loss brushwork-loss-grey or --allow-plugins."],
      ["file.png", "name its file or package with --loss."],
    ] as const) {
      const { code, stderr } = await again(recipe);
      expect(code).toBe(2);
      expect(stderr).toContain("which is not one of ours");
      expect(stderr).toContain(remedy);
    }
    expect((await again("file.png", "--allow-plugins")).code).toBe(2);

    for (const [recipe, words] of [
      ["package.png", ["--allow-plugins"]],
      ["package.png", ["--loss", "brushwork-loss-grey"]],
      ["file.png", ["--loss", "./grey.js"]],
    ] as const) {
      const { code } = await again(recipe, ...words);
      expect(code).toBe(0);
      expect((await bytesOf("again.png")).equals(await bytesOf(recipe))).toBe(true);
    }
  });

  it.each([
    ["foo", 'a package whose name begins with brushwork-loss-, or a file such as ./my-loss.js, got "foo"'],
    ["brushwork-loss-absent", "is not installed here. Install it: npm install brushwork-loss-absent"],
    ["./absent.js", "There is no file ./absent.js"],
    ["./grey.js:level=2", 'the option "level" of the loss "grey" to be a number from 0 to 1, got 2'],
    ["./grey.js:lever=2", 'the options of the loss "grey" to be among level, got "lever"'],
    ["tv:reduction=most", 'the option "reduction" of the loss "tv" to be one of mean, sum, got "most"'],
    ["tv:weight=-1", "the weight of the loss tv to be a number of at least 0, got -1"],
    ["tv:weight", 'such as weight=0.5,layers=relu3_1+relu4_1 after --loss tv:, got "weight"'],
    ["tv:{", "Expected JSON after --loss tv:"],
    [":weight=1", "to be a loss, such as tv or ./my-loss.js:weight=2"],
  ])("refuses %s", async (loss, message) => {
    const { code, stderr } = await paint("--loss", loss, "-o", "refused.png");
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("refuses to paint without any loss", async () => {
    const { code, stderr } = await paintBare();
    expect([code, stderr]).toEqual([2, expect.stringContaining("Name one with --loss.")]);
  });

  const broken: readonly (readonly [what: string, code: string, message: string])[] = [
    ["throws", losing("b", '{ throw new Error("no luck"); }'), 'The loss "b" failed: no luck'],
    ["gives NaN", losing("b", "tf.mul(tf.mean(image), NaN)"), 'The loss "b" became NaN at step 1'],
    [
      "gives another shape",
      losing("b", "image"),
      'The loss "b" has to return a scalar tensor, and returned the shape',
    ],
    ["gives a promise", losing("b", "Promise.resolve(1)"), "and returned a promise"],
    [
      "asks for a layer that is not there",
      losing("b", "0", "relu9_9"),
      'Expected the loss "b" to name layers of compact, got "relu9_9"',
    ],
    [
      "cannot be made",
      greyness("b", { create: '() => { throw new Error("no luck"); }' }),
      'The loss "b" cannot be made: no luck',
    ],
    ["makes something else", greyness("b", { create: "() => 7" }), 'The loss "b" has to make a loss term'],
    ["is no plugin", "export default 7;", 'The loss "./broken.js" is no loss plugin'],
    ["does not load", 'import "./absent.js";', 'The loss "./broken.js" cannot be loaded'],
  ];
  it.each(broken)("names a plugin that %s", async (_, code, message) => {
    await file("broken.js", code);
    // In a process of its own, which has not loaded that file before.
    const words = ["photo.png", "painting.png", ...quick, ...shallow, "--loss", "./broken.js"];
    const answer = await brushwork([...words, "-o", "broken.png"], { folder });
    expect(answer.code).not.toBe(0);
    expect(answer.stderr).toContain(message);
    expect(answer.stderr).not.toMatch(/\n\s+at /);
  });

  it("names a package that calls itself otherwise, or brings another TensorFlow.js", async () => {
    await installed("brushwork-loss-other", greyness("grey"));
    expect((await paint("--loss", "brushwork-loss-other")).stderr).toContain(
      'The loss "brushwork-loss-other" calls itself "grey".',
    );
    await installed("brushwork-loss-old", greyness("brushwork-loss-old"));
    const core = "node_modules/brushwork-loss-old/node_modules/@tensorflow/tfjs-core";
    await file(`${core}/package.json`, '{ "name": "@tensorflow/tfjs-core", "version": "4.20.0" }');
    expect((await paint("--loss", "brushwork-loss-old")).stderr).toMatch(
      /The loss "brushwork-loss-old" brings TensorFlow\.js 4\.20\.0, and Brushwork runs on 4\.22\.0: install/,
    );
  });

  it("lists ours with their options, and installed packages by name alone", async () => {
    const { code, stdout } = await run("losses");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^tv: .+\n {2}reduction +one of mean, sum \(default: mean\)$/m);
    expect(stdout).toContain('brushwork-loss-grey: installed; "brushwork losses brushwork-loss-grey" shows');
    const named = await run("losses", "./grey.js", "brushwork-loss-grey");
    expect(named.stdout.match(/level +a number from 0 to 1 \(default: 0\.5\)/g)).toHaveLength(2);
    const json = JSON.parse((await run("losses", "--json")).stdout);
    expect(json.losses.map(({ name }: { name: string }) => name)).toEqual([
      "content",
      "style",
      "wasserstein",
      "tv",
      "moments",
      "histogram",
      "nearest",
      "laplacian",
    ]);
    expect(json.installed).toContain("@someone/brushwork-loss-grey");
    expect(json.losses[3].options.properties.reduction.enum).toEqual(["mean", "sum"]);
  });
});
