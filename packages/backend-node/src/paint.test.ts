import {
  chmod,
  link as hardLink,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Diverged, type Engine, type LossPlugin, OptionError, type Picture } from "@brushwork/core";
import { extractRecipe, presets, type Recipe } from "@brushwork/recipes";
import type { RunEvent } from "@brushwork/runs";
import * as tf from "@tensorflow/tfjs-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { startEngine } from "./engines/engines.js";
import { loadNetwork } from "./networks.js";
import { type PaintEvent, type PaintOptions, paint } from "./paint.js";
import { writePicture } from "./pictures/picture-file.js";
import { readPicture } from "./pictures/read-picture.js";

let folder: string;
let content: string;
let style: string;

const stripes = (width: number, height: number, period: number): Picture => ({
  width,
  height,
  data: Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : (Math.floor(i / 4 / period) % 2) * 120 + (i % 4) * 60,
  ),
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
  content = join(folder, "photo.jpg");
  style = join(folder, "painting.jpg");
  await writePicture(content, stripes(48, 32, 5));
  await writePicture(style, stripes(32, 32, 3));
});
afterAll(() => rm(folder, { recursive: true }));

const tiny: Recipe = {
  ...presets.default.recipe,
  network: { name: "compact", pooling: "average" },
  terms: [
    { loss: "content", weight: 1, options: { layers: ["relu2_1"] } },
    { loss: "style", weight: 20, options: { layers: ["relu1_1", "relu2_1"] } },
  ],
  scales: [{ size: 32, steps: 2 }],
  margin: 0,
};

/** One thread: other tests run beside. */
const wasm = { engine: "wasm", engineOptions: { threads: 1 } } as const;

type PictureEvent = Extract<RunEvent, { type: "picture" }>;

async function painted(options: Partial<PaintOptions>): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of paint({ content, style, recipe: tiny, ...wasm, ...options })) events.push(event);
  return events;
}

/** Numbers of the steps among the events. */
const stepsIn = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === "step" ? [event.index] : []));

describe("paint", () => {
  let output: string;
  let count = 0;
  beforeEach(() => {
    output = join(folder, `painted-${count++}.png`);
    return () => vi.restoreAllMocks();
  });

  it("paints from files to a file, and stops the engine", async () => {
    const events = await painted({ output });
    expect(events.map(({ type }) => type)).toEqual(["started", "planned", "step", "step", "picture"]);
    const { width, height } = await readPicture(output);
    expect([width, height]).toEqual([32, 21]);
    expect(tf.getBackend()).toBeFalsy();
  });

  it("needs nothing but pictures, and then paints by the default preset", async () => {
    const painting = paint({ content, style, engine: "wasm" });
    for await (const event of painting) {
      if (event.type === "planned") expect(event.recipe.scales).toEqual(presets.default.recipe.scales);
      if (event.type === "step") painting.stop();
      if (event.type === "picture") expect(event).toMatchObject({ why: "last", index: 1, total: 95 });
    }
  });

  it("writes the last picture before it hands it on", async () => {
    for await (const event of paint({ content, style, recipe: tiny, ...wasm, output })) {
      if (event.type !== "picture") continue;
      expect(await readPicture(output)).toEqual(event.picture);
      break;
    }
  });

  it("takes bytes, pictures and several styles, whose weights the recipe carries", async () => {
    const events = await painted({
      content: await readFile(content),
      style: [{ picture: style, weight: 3 }, { picture: stripes(40, 40, 7) }],
    });
    expect(stepsIn(events)).toEqual([1, 2]);
    expect((events.at(-1) as PictureEvent).recipe?.styles).toEqual([{ weight: 3 }, { weight: 1 }]);
  });

  it("keeps the EXIF and the density of the content beside the recipe, unless they are to be stripped", async () => {
    const photo = await sharp(await readFile(content))
      .withExif({ IFD0: { Artist: "Ada Lovelace" } })
      .withMetadata({ density: 300 })
      .jpeg()
      .toBuffer();
    await painted({ content: photo, output });
    const file = await readFile(output);
    expect((await sharp(file).metadata()).density).toBe(300);
    expect(file.includes("Ada Lovelace")).toBe(true);
    expect(extractRecipe(file)?.scales).toEqual(tiny.scales);
    await painted({ content: photo, output, strip: true });
    const stripped = await readFile(output);
    expect((await sharp(stripped).metadata()).exif).toBeUndefined();
    expect(await readPicture(stripped)).toEqual(await readPicture(file));
  });

  it("embeds the recipe, with the weights of the network that were used, from which it paints the same", async () => {
    await painted({ output });
    const engine = await startEngine("wasm", { threads: 1 });
    const { network, weights } = await loadNetwork("compact");
    network.dispose();
    await engine.stop();
    const recipe = extractRecipe(await readFile(output));
    expect(recipe).toEqual({
      ...tiny,
      network: { name: "compact", pooling: "average", weights },
    });
    const events = await painted({ ...(recipe && { recipe }) });
    expect((events.at(-1) as PictureEvent).picture).toEqual(await readPicture(output));
  });

  it("starts from noise where the recipe does", async () => {
    const pictures: Picture[] = [];
    for (const init of ["content", "noise"] as const)
      for await (const event of paint({
        content,
        style,
        ...wasm,
        recipe: { ...tiny, init },
        wantsPicture: ({ index }) => index === 0,
      }))
        if (event.type === "picture" && event.index === 0) pictures.push(event.picture);
    expect(pictures).toHaveLength(2);
    expect(pictures[0]).not.toEqual(pictures[1]);
  });

  it("paints with a loss of one's own", async () => {
    const darkness: LossPlugin = {
      name: "brushwork-loss-darkness",
      options: { type: "object", additionalProperties: false },
      create: () => ({
        name: "darkness",
        weight: 1,
        layers: ["image"],
        prepare: () => ({}),
        loss: (features) => tf.mean(tf.square(features.image as tf.Tensor)),
      }),
    };
    const recipe = { ...tiny, terms: [{ loss: darkness.name, weight: 1, options: {} }] };
    const events = await painted({ recipe, plugins: [darkness] });
    const [first] = events.filter((event) => event.type === "step");
    expect(first?.losses).toEqual({ [darkness.name]: expect.any(Number), total: expect.any(Number) });
  });

  it("writes nothing and stops the engine when it is left early", async () => {
    for await (const event of paint({ content, style, recipe: tiny, ...wasm, output }))
      if (event.type === "step") break;
    expect(await readdir(folder)).not.toContain(output.slice(folder.length + 1));
    expect(tf.getBackend()).toBeFalsy();
  });

  it("stops the engine when a run cannot be", async () => {
    const terms = [{ loss: "content", weight: 1, options: { layers: ["relu9_9"] } }];
    await expect(painted({ recipe: { ...tiny, terms } })).rejects.toThrow(OptionError);
    expect(tf.getBackend()).toBeFalsy();
    await (await startEngine("wasm", { threads: 1 })).stop();
  });

  it.each<readonly [object, string]>([
    [
      { content: undefined },
      "Expected the option content of paint to be a file's name, a file's bytes or a picture, got nothing.",
    ],
    [{ styel: "b.jpg" }, 'Expected a known option of paint, got "styel"; did you mean style?'],
    [
      { style: ["b.jpg"] },
      'Expected style[0] to be an object such as { picture: "painting.jpg" }, got "b.jpg".',
    ],
    [
      { style: [{ picture: "b.jpg", wieght: 2 }] },
      'Expected a known option of style[0], got "wieght"; did you mean weight?',
    ],
    [
      { recipe: presets.paper },
      "Expected a recipe, got a preset or another object that has one: give its property recipe.",
    ],
    [
      { engineOptions: { threads: "2" } },
      'Expected the option threads of startEngine to be a whole number of at least 1, got "2".',
    ],
  ])("refuses in plain JavaScript what types refuse: %j", async (options, message) => {
    const events = paint({ content, style, ...options } as PaintOptions);
    await expect(events[Symbol.asyncIterator]().next()).rejects.toThrow(new OptionError(message));
  });

  it("ends at once with the reason of its signal", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const aborted = async () => {
      for await (const event of paint({
        content,
        style,
        recipe: tiny,
        ...wasm,
        output,
        signal: controller.signal,
      }))
        if (event.type === "step") controller.abort(reason);
    };
    await expect(aborted()).rejects.toBe(reason);
    expect(await readdir(folder)).not.toContain(output.slice(folder.length + 1));
  });

  it("says which file it has written, and writes one without a format in its name when given the format", async () => {
    const plain = join(folder, "plain");
    const events = await painted({ output: plain, format: "jpeg" });
    expect(events.at(-1)).toMatchObject({ type: "picture", file: plain });
    expect((await readFile(plain)).subarray(0, 3).toString("hex")).toBe("ffd8ff");
  });

  it.skipIf(process.platform === "win32")(
    "keeps a link and the mode of what it leads to (skipped on Windows, which has other rights)",
    async () => {
      const real = join(folder, "real.png");
      await writeFile(real, "old");
      await chmod(real, 0o600);
      await symlink("real.png", output);
      await painted({ output });
      expect((await lstat(output)).isSymbolicLink()).toBe(true);
      expect((await stat(real)).mode & 0o777).toBe(0o600);
      expect((await readPicture(real)).width).toBe(32);
    },
  );

  it("never overwrites an input, whatever name it goes by", async () => {
    const link = join(folder, "link.jpg");
    await rm(link, { force: true });
    await hardLink(style, link);
    const model = join(folder, "model.json");
    await writeFile(model, JSON.stringify({ weightsManifest: [{ paths: ["link.jpg"], weights: [] }] }));
    const before = await Promise.all([readFile(content), readFile(style)]);
    for (const options of [
      { output: content },
      { output: link },
      { output: link, style: [{ picture: stripes(8, 8, 1) }, { picture: style }] },
      { output: link, style: [{ picture: stripes(8, 8, 1), contentMask: style }] },
      { output: link, style: [{ picture: stripes(8, 8, 1), styleMask: style }] },
      { output: link, init: style, style: stripes(8, 8, 1) },
      { output: link, weights: style, style: stripes(8, 8, 1) },
      { output: link, weights: model, style: stripes(8, 8, 1) },
    ])
      await expect(painted(options)).rejects.toThrow(
        new OptionError(`Expected an output that is not an input, got ${options.output}: name another file.`),
      );
    expect(await Promise.all([readFile(content), readFile(style)])).toEqual(before);
  });

  it("reads masks, and says in the recipe which styles have one", async () => {
    const recipes: unknown[] = [];
    const pictures = [];
    for (const masks of [{}, { contentMask: style }, { styleMask: content }]) {
      const events = await painted({ style: [{ picture: style, ...masks }] });
      const last = events.at(-1) as PictureEvent;
      pictures.push(last.picture.data);
      recipes.push(last.recipe?.styles);
    }
    expect(recipes).toEqual([
      undefined,
      [{ weight: 1, contentMask: true }],
      [{ weight: 1, styleMask: true }],
    ]);
    expect(pictures[1]).not.toEqual(pictures[0]);
    expect(pictures[2]).not.toEqual(pictures[0]);
  });

  it("replaces no file when the run fails, and writes the picture that was kept beside it", async () => {
    await writeFile(output, "good");
    const { optimizer } = presets.paper.recipe;
    const wild: Recipe = {
      ...presets.paper.recipe,
      network: { name: "compact", pooling: "average" },
      optimizer: { ...optimizer, options: { ...optimizer.options, learningRate: 1e30 } },
      scales: [{ size: 32, steps: 5 }],
    };
    const events: PaintEvent[] = [];
    const run = async () => {
      for await (const event of paint({ content, style, recipe: wild, ...wasm, output })) events.push(event);
    };
    await expect(run()).rejects.toBeInstanceOf(Diverged);
    const beside = output.replace(".png", "-2.png");
    expect(events.at(-1)).toMatchObject({ why: "kept", file: beside });
    expect(await readFile(output, "utf8")).toBe("good");
    expect((await readPicture(beside)).data.some((byte, i) => i % 4 < 3 && byte > 0)).toBe(true);
  });

  it("writes the picture elsewhere when its folder cannot be written any more, and fails", async () => {
    const inner = await mkdtemp(join(folder, "inner-"));
    const lost = join(inner, "lost.png");
    vi.spyOn(process, "cwd").mockReturnValue(folder);
    const elsewhere = join(folder, "lost.png");
    const files: unknown[] = [];
    const run = async () => {
      for await (const event of paint({
        content,
        style,
        recipe: tiny,
        ...wasm,
        output: lost,
      })) {
        if (event.type === "planned") {
          await rm(inner, { recursive: true });
          await writeFile(inner, "");
        }
        if (event.type === "picture") files.push(event.file);
      }
    };
    await expect(run()).rejects.toThrow(`${inner} is a file. The picture is in ${elsewhere}.`);
    expect(files).toEqual([elsewhere]);
    expect((await readPicture(elsewhere)).width).toBe(32);
  });

  describe("on an engine that it was given", () => {
    let engine: Engine;
    beforeEach(async () => {
      engine = await startEngine("wasm", { threads: 1 });
    });
    afterEach(() => engine.stop());

    it("leaves the engine running, and a network that it was given as it was", async () => {
      const { network } = await loadNetwork("compact");
      const run = () => painted({ engine, network });
      // A network puts its weights on the engine when they are first used.
      await run();
      const before = tf.memory().numTensors;
      await run();
      expect(tf.memory().numTensors).toBe(before);
      network.dispose();
    });

    it("frees a network that it loaded", async () => {
      const before = tf.memory().numTensors;
      await painted({ engine, recipe: { ...tiny, network: { name: "compact", pooling: "max" } } });
      expect(tf.memory().numTensors).toBe(before);
    });

    it("finds out about a bad output or input before it starts anything", async () => {
      const absent = join(folder, "absent", "a.png");
      await expect(painted({ output: "a.bmp" })).rejects.toThrow("Expected a file name that ends in .png");
      await expect(painted({ output: absent })).rejects.toThrow(`Expected the folder of ${absent} to exist`);
      await expect(painted({ content: folder })).rejects.toThrow("to be a picture, but it is a folder.");
      // Without such a fault, the second engine is what is refused.
      await expect(painted({})).rejects.toThrow("Expected no engine to be running, got wasm.");
    });
  });
});

describe("the first example", () => {
  it.each(["../README.md", "../../../README.md"])("of %s runs, at a tiny size", async (page) => {
    const readme = await readFile(new URL(page, import.meta.url), "utf8");
    const [, example = ""] = /```js\n(.*?)```/s.exec(readme) ?? [];
    expect(example.trim().split("\n").length).toBeLessThanOrEqual(10);

    const small = { network: tiny.network, scales: tiny.scales, margin: 0 };
    const packages: Readonly<Record<string, unknown>> = {
      "@brushwork/backend-node": {
        paint: (options: PaintOptions) =>
          paint({
            ...options,
            recipe: { ...(options.recipe ?? presets.default.recipe), ...small },
            ...wasm,
            content,
            style,
            output: join(folder, "readme.png"),
          }),
      },
      "@brushwork/recipes": await import("@brushwork/recipes"),
    };
    const lines: string[] = [];
    const body = example.replaceAll(/^import (\{.+\}) from (".+");$/gm, "const $1 = packages[$2];");
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    await new AsyncFunction("packages", "console", body)(packages, {
      log: (line: string) => lines.push(line),
    });
    expect(lines).toEqual(["1 of 2", "2 of 2"]);
    expect((await readPicture(join(folder, "readme.png"))).width).toBe(32);
  });
});
