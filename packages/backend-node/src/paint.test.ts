import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, extractRecipe, type Picture, type Recipe, type Step } from "@brushwork/core";
import { contentLoss } from "@brushwork/loss-content";
import { styleLoss } from "@brushwork/loss-style";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startEngine } from "./engines.js";
import { loadNetwork } from "./networks.js";
import { type PaintOptions, paint } from "./paint.js";
import { readPicture, writePicture } from "./picture-file.js";

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

const terms = [
  contentLoss({ weight: 1, layers: ["relu2_1"] }),
  styleLoss({ weight: 20, layers: ["relu1_1", "relu2_1"] }),
];
const tiny = { terms, engine: "wasm", scales: [{ size: 32, steps: 2 }], margin: 0 } as const;

async function painted(options: PaintOptions): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for await (const step of paint(options)) steps.push(step);
  return steps;
}

describe("paint", () => {
  let output: string;
  let count = 0;
  beforeEach(() => {
    output = join(folder, `painted-${count++}.png`);
  });

  it("paints from files to a file, and stops the engine", async () => {
    const steps = await painted({ ...tiny, content, style, output });
    expect(steps.map(({ index, last }) => [index, last])).toEqual([
      [1, false],
      [2, true],
    ]);
    const { width, height } = await readPicture(output);
    expect([width, height]).toEqual([32, 21]);
    expect(tf.getBackend()).toBeFalsy();
  });

  it("writes what the last step shows, before it hands the step on", async () => {
    for await (const step of paint({ ...tiny, content, style, output })) {
      if (!step.last) continue;
      expect(await readPicture(output)).toEqual(await step.picture());
      break;
    }
  });

  it("takes bytes, pictures and several styles", async () => {
    const steps = await painted({
      ...tiny,
      content: await readFile(content),
      style: [{ picture: style, weight: 3 }, { picture: stripes(40, 40, 7) }],
    });
    expect(steps).toHaveLength(2);
  });

  it("embeds the recipe, with the weights that were used", async () => {
    const recipe: Recipe = {
      version: 1,
      network: { name: "compact", pooling: "average" },
      terms: [{ name: "content", weight: 1, options: {} }],
      optimizer: { name: "adam", options: {} },
      scales: [{ size: 32, steps: 2 }],
      styleScale: 1,
      margin: 0,
      seed: 0,
      init: "content",
    };
    await painted({ ...tiny, content, style, output, recipe });
    const engine = await startEngine("wasm");
    const { network, sha256 } = await loadNetwork("compact");
    network.dispose();
    await engine.stop();
    expect(extractRecipe(await readFile(output))).toEqual({
      ...recipe,
      network: { name: "compact", pooling: "average", sha256 },
    });
  });

  it("writes nothing and stops the engine when it is left early", async () => {
    for await (const step of paint({ ...tiny, content, style, output })) if (step.index === 1) break;
    expect(await readdir(folder)).not.toContain(output.slice(folder.length + 1));
    expect(tf.getBackend()).toBeFalsy();
  });

  it("stops the engine when a run cannot be", async () => {
    await expect(painted({ ...tiny, content, style, terms: [] })).rejects.toThrow(RangeError);
    expect(tf.getBackend()).toBeFalsy();
    await (await startEngine("wasm")).stop();
  });

  describe("on an engine that it was given", () => {
    let engine: Engine;
    beforeEach(async () => {
      engine = await startEngine("wasm");
    });
    afterEach(() => engine.stop());

    it("leaves the engine running, and a network that it was given as it was", async () => {
      const { network } = await loadNetwork("compact");
      const run = () => painted({ ...tiny, engine, network, content, style });
      // A network puts its weights on the engine when they are first used.
      await run();
      const before = tf.memory().numTensors;
      await run();
      expect(tf.memory().numTensors).toBe(before);
      network.dispose();
    });

    it("frees a network that it loaded", async () => {
      const before = tf.memory().numTensors;
      await painted({ ...tiny, engine, network: { name: "compact", pooling: "max" }, content, style });
      expect(tf.memory().numTensors).toBe(before);
    });

    it("finds out about a bad output or input before it starts anything", async () => {
      const starting = (options: Partial<PaintOptions>) => painted({ ...tiny, content, style, ...options });
      const absent = join(folder, "absent", "a.png");
      await expect(starting({ output: "a.bmp" })).rejects.toThrow("Expected a file name that ends in .png");
      await expect(starting({ output: absent })).rejects.toThrow(`Expected the folder of ${absent} to exist`);
      await expect(starting({ content: folder })).rejects.toThrow("to be a picture, but it is a folder.");
      // Without such a fault, the second engine is what is refused.
      await expect(starting({})).rejects.toThrow("Expected no engine to be running, got wasm.");
    });
  });
});

describe("the first example", () => {
  it.each(["../README.md", "../../../README.md"])("of %s runs, at a tiny size", async (page) => {
    const readme = await readFile(new URL(page, import.meta.url), "utf8");
    const [, example = ""] = /```js\n(.*?)```/s.exec(readme) ?? [];
    expect(example.trim().split("\n").length).toBeLessThanOrEqual(10);

    const packages: Readonly<Record<string, unknown>> = {
      "@brushwork/backend-node": {
        paint: (options: PaintOptions) =>
          paint({
            ...options,
            ...tiny,
            content,
            style,
            terms: options.terms,
            output: join(folder, "readme.png"),
          }),
      },
      "@brushwork/loss-content": await import("@brushwork/loss-content"),
      "@brushwork/loss-style": await import("@brushwork/loss-style"),
      "@brushwork/loss-tv": await import("@brushwork/loss-tv"),
      "@brushwork/loss-wasserstein": await import("@brushwork/loss-wasserstein"),
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
