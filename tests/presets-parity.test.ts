import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { loadNetwork, readPicture, startEngine } from "@brushwork/backend-node";
import { type Engine, type Picture, type Step, stylize } from "@brushwork/core";
import { type NamedArrays, vgg19 } from "@brushwork/networks";
import { presets, type Recipe, termName } from "@brushwork/recipes";
import { settings } from "@brushwork/runs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const shared = new URL("../../shared/", import.meta.url);
const pathOf = (name: string) => fileURLToPath(new URL(name, shared));
const absent =
  !existsSync(pathOf("reference")) || !existsSync(pathOf("networks/vgg19-blocks1-3.safetensors"));

interface Reference {
  readonly losses: readonly number[];
  readonly contentLayer: string;
  readonly styleLayers: readonly string[];
}

/** A preset's recipe at the layers of a reference, whose network has three blocks, with other weights of those. */
function atLayers(
  recipe: Recipe,
  { contentLayer, styleLayers }: Omit<Reference, "losses">,
  layerWeights?: Readonly<Record<string, number>>,
): Recipe {
  const terms = recipe.terms.map((term) => {
    if (termName(term) === "content")
      return { ...term, options: { ...term.options, layers: [contentLayer] } };
    if (termName(term) !== "style") return term;
    const { layerWeights: _, ...options } = term.options;
    return {
      ...term,
      options: { ...options, layers: [...styleLayers], ...(layerWeights && { layerWeights }) },
    };
  });
  return { ...recipe, terms };
}

function withAdam(recipe: Recipe, learningRate: number): Recipe {
  return { ...recipe, optimizer: { name: "adam", options: { learningRate, beta2: 0.999 } } };
}

describe.skipIf(absent)(
  `the curves of other programs${absent ? ", skipped: there is no shared folder beside the repository" : ""}`,
  () => {
    let engine: Engine;
    let content: Picture;
    let style: Picture;
    beforeAll(async () => {
      engine = await startEngine();
      content = await readPicture(pathOf("reference/content.png"));
      style = await readPicture(pathOf("reference/style.png"));
    });
    afterAll(() => engine.stop());

    const readReference = async (name: string): Promise<Reference> =>
      JSON.parse(await readFile(pathOf(`reference/${name}.json`), "utf8"));

    async function* painted(recipe: Recipe, steps: number): AsyncGenerator<Step> {
      const { name: _, weights: __, ...variant } = recipe.network;
      const { network } = await loadNetwork("vgg19", {
        ...variant,
        weights: pathOf("networks/vgg19-blocks1-3.safetensors"),
      });
      try {
        const scales = [{ size: 128, steps }];
        yield* stylize({ ...settings(recipe), engine, network, content, style, scales });
      } finally {
        network.dispose();
      }
    }

    /** Compares each loss and the last picture with a reference's. */
    async function expectToFollow(recipe: Recipe, name: string): Promise<void> {
      const { losses: expected } = await readReference(name);
      const differences: number[] = [];
      let picture: Picture | undefined;
      for await (const step of painted(recipe, expected.length)) {
        const { total } = await step.losses();
        differences.push(Math.abs(total! - expected[step.index - 1]!) / expected[step.index - 1]!);
        if (step.last) picture = await step.picture();
      }
      expect(differences).toHaveLength(expected.length);
      expect(differences[0]).toBeLessThan(1e-4);
      expect(Math.max(...differences)).toBeLessThan(1e-2);
      const found = await readPicture(pathOf(`reference/${name}.png`));
      expect(meanDifference(picture!, found)).toBeLessThan(2);
    }

    it("are followed by neural-style-pt's preset with Adam, which leads to the same picture", async () => {
      const recipe = atLayers(presets["neural-style-pt"].recipe, await readReference("pt-adam"));
      await expectToFollow(withAdam(recipe, 1 / 255), "pt-adam");
    });

    it("are followed by crowsonkb's preset, which leads to the same picture", async () => {
      const reference = await readReference("kc-max");
      // The first three weights of five, which are 341 in all; the program gave these Caffe weights torchvision's input.
      const weights = Object.fromEntries(
        reference.styleLayers.map((layer, i) => [layer, [256, 64, 16][i]! / 336]),
      );
      const recipe = atLayers(presets.crowsonkb.recipe, reference, weights);
      const network = { ...recipe.network, preprocessing: "torchvision" } as const;
      await expectToFollow({ ...recipe, network }, "kc-max");
    });
  },
);

/** Output channels of the tiny network's convolutions, which have the places of VGG-19's first. */
const tinyChannels = { "1_1": 4, "1_2": 4, "2_1": 5, "2_2": 5, "3_1": 6, "3_2": 6 };

/** The weights of data/peers.py, which says how they are made. */
function tinyWeights(): NamedArrays {
  let inputs = 3;
  const arrays = Object.entries(tinyChannels).flatMap(([place, outputs], i) => {
    const factor = Math.sqrt(2 / (9 * inputs));
    const kernel = Float32Array.from(
      { length: 9 * inputs * outputs },
      (_, k) => Math.sin(1.3 * (k + 1) + 0.7 * i) * factor,
    );
    const bias = Float32Array.from({ length: outputs }, (_, k) => 0.1 * Math.cos(k + i));
    const shape = [3, 3, inputs, outputs];
    inputs = outputs;
    return [
      [`conv${place}/kernel`, { shape, data: kernel }],
      [`conv${place}/bias`, { shape: [outputs], data: bias }],
    ] as const;
  });
  return Object.fromEntries(arrays);
}

function tinyPicture(width: number, height: number, a: number, b: number): Picture {
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++)
        data[4 * (y * width + x) + c] = Math.round(127.5 + 127.5 * Math.sin(a * x * (c + 1) + b * y + c));
  return { width, height, data };
}

// Numbers that PyTorch has computed from the programs' formulas.
describe("the losses of other programs on a tiny network, on WebAssembly", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine("wasm", { threads: 1 });
  });
  afterAll(() => engine.stop());

  const layers = { contentLayer: "relu3_2", styleLayers: ["relu1_1", "relu2_1", "relu3_1"] };
  const layerWeights = { relu1_1: 256 / 336, relu2_1: 64 / 336, relu3_1: 16 / 336 };

  it.each([
    ["crowsonkb", atLayers(presets.crowsonkb.recipe, layers, layerWeights), "torchvision"],
    ["gatys", atLayers(presets.gatys.recipe, layers), undefined],
    // L-BFGS overshoots on the tiny network, by an amount that depends on rounding.
    ["jcjohnson", atLayers(withAdam(presets.jcjohnson.recipe, 10 / 256), layers), undefined],
    ["neural-style-pt", atLayers(presets["neural-style-pt"].recipe, layers), undefined],
  ] as const)("are those of the preset %s", async (name, recipe, input) => {
    const expected = JSON.parse(await readFile(new URL("data/peers.json", import.meta.url), "utf8"))[name];
    const { name: _, weights: __, ...variant } = recipe.network;
    const network = vgg19({ preprocessing: input, ...variant, weights: tinyWeights() });
    const losses: number[] = [];
    for await (const step of stylize({
      ...settings(recipe),
      engine,
      network,
      content: tinyPicture(24, 20, 0.31, 0.23),
      style: tinyPicture(18, 24, 0.83, -0.47),
      scales: [{ size: 24, steps: expected.length }],
    }))
      losses.push((await step.losses()).total!);
    network.dispose();
    losses.forEach((loss, i) => {
      expect(loss / expected[i], `step ${i + 1}`).toBeCloseTo(1, i === 0 ? 5 : 3);
    });
  });
});

/** The mean absolute difference of the colours, in levels from 0 to 255. */
function meanDifference(a: Picture, b: Picture): number {
  const differences = Array.from(a.data, (value, i) => Math.abs(value - b.data[i]!));
  return differences.reduce((sum, difference) => sum + difference, 0) / (3 * a.width * a.height);
}
