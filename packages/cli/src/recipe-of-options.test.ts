import { parseRecipe, type Recipe, termName } from "@brushwork/recipes";
import { settings } from "@brushwork/runs";
import { describe, expect, it } from "vitest";
import { UsageError } from "./failure.js";
import { recipeOfOptions } from "./recipe-of-options.js";

const base: Recipe = {
  version: 2,
  network: { name: "vgg19", pooling: "average", weights: "vgg19@1234" },
  terms: [
    { loss: "content", weight: 1, options: { layers: ["relu4_2"] } },
    {
      loss: "style",
      weight: 8,
      options: { layers: ["relu1_1", "relu2_1"], layerWeights: { relu1_1: 20, relu2_1: 4 } },
    },
  ],
  optimizer: { name: "adam", options: { learningRate: 0.02 } },
  average: { decay: 0.99, carry: "average" },
  clamp: true,
  scales: [
    { size: 128, steps: 10 },
    { size: 256, steps: 20 },
    { size: 512, steps: 30 },
  ],
  fit: "cover",
  styleScale: 1,
  margin: 16,
  seed: 0,
  init: "content",
};

const styleOf = ({ terms }: Recipe) => terms.find((term) => termName(term) === "style");

it("without options, a recipe stays as it is", () => {
  expect(recipeOfOptions(base, {})).toEqual(base);
});

it("kept colours replace the recipe's, or are switched off", () => {
  const colors = { keep: "luma", strength: 0.7 } as const;
  const kept = recipeOfOptions(base, { keepColors: colors });
  expect(kept).toEqual({ ...base, colors });
  expect(recipeOfOptions(kept, {})).toEqual(kept);
  expect(recipeOfOptions(kept, { keepColors: { keep: "match", strength: 1 } }).colors?.keep).toBe("match");
  expect(recipeOfOptions(kept, { keepColors: "none" })).toEqual(base);
});

it("plain options take their places, and the result is a recipe", () => {
  const recipe = recipeOfOptions(base, {
    contentWeight: 2,
    styleWeight: 0,
    learningRate: 0.1,
    fit: "contain",
    styleScale: 1.5,
    pooling: "max",
    seed: 7,
    init: "noise",
  });
  expect(recipe).toEqual({
    ...base,
    network: { name: "vgg19", pooling: "max", weights: "vgg19@1234" },
    terms: [
      { loss: "content", weight: 2, options: { layers: ["relu4_2"] } },
      { ...base.terms[1], weight: 0 },
    ],
    optimizer: { name: "adam", options: { learningRate: 0.1 } },
    fit: "contain",
    styleScale: 1.5,
    seed: 7,
    init: "noise",
  });
  expect(parseRecipe(recipe)).toEqual(recipe);
});

it("a weight of a loss that the recipe does not have adds the loss", () => {
  expect(recipeOfOptions(base, { tvWeight: 3 }).terms.at(-1)).toEqual({ loss: "tv", weight: 3, options: {} });
});

it("gradients are normalized for content and style, whatever their losses", () => {
  const { terms } = recipeOfOptions(base, {
    normalizeGradients: true,
    styleLoss: "wasserstein",
    tvWeight: 1,
  });
  expect(terms.map((term) => [termName(term), term.normalizeGradients])).toEqual([
    ["content", true],
    ["style", true],
    ["tv", undefined],
  ]);
});

describe("the optimizer", () => {
  const lbfgs = { name: "lbfgs", options: { history: 20, learningRate: 0.5 } };

  it("lbfgs comes without average and clamp, and with its own options", () => {
    expect(recipeOfOptions(base, { optimizer: "lbfgs", history: 20, learningRate: 0.5 })).toEqual({
      ...base,
      optimizer: lbfgs,
      average: { decay: 0, carry: "image" },
      clamp: false,
    });
  });

  it("of the recipe stays as it is where it is named again", () => {
    const recipe = { ...base, optimizer: lbfgs };
    expect(recipeOfOptions(recipe, { optimizer: "lbfgs" })).toEqual(recipe);
    expect(recipeOfOptions(base, { optimizer: "adam" })).toEqual(base);
  });

  it("adam instead of lbfgs is that of the default preset", () => {
    const { optimizer, average, clamp } = recipeOfOptions(
      { ...base, optimizer: lbfgs, average: { decay: 0, carry: "image" }, clamp: false },
      { optimizer: "adam" },
    );
    expect({ optimizer, average, clamp }).toEqual({
      optimizer: { name: "adam", options: { learningRate: 0.05 } },
      average: { decay: 0.95, carry: "average" },
      clamp: true,
    });
  });

  it("lbfgs takes a line search, also where the recipe names it", () => {
    const { optimizer } = recipeOfOptions({ ...base, optimizer: lbfgs }, { lineSearch: "strong-wolfe" });
    expect(optimizer).toEqual({ name: "lbfgs", options: { ...lbfgs.options, lineSearch: "strong-wolfe" } });
    expect(() => recipeOfOptions(base, { lineSearch: "strong-wolfe" })).toThrow(
      new UsageError(
        'Expected --line-search only with the optimizer lbfgs, got "adam". Add --optimizer lbfgs.',
      ),
    );
  });

  it("adam has no history", () => {
    expect(() => recipeOfOptions(base, { history: 20 })).toThrow(
      new UsageError('Expected --history only with the optimizer lbfgs, got "adam". Add --optimizer lbfgs.'),
    );
  });
});

it("another network, or other weights, lose the name of the recipe's", () => {
  expect(recipeOfOptions(base, { network: "compact" }).network).toEqual({
    name: "compact",
    pooling: "average",
  });
  expect(recipeOfOptions(base, { weights: "mine.safetensors" }).network).toEqual({
    name: "vgg19",
    pooling: "average",
  });
});

it("options of the network join it, and the input of another network is its own", () => {
  const recipe = recipeOfOptions(base, {
    poolingScale: 2,
    padding: "replicate",
    preprocessing: "caffe-256",
  });
  const { weights: _, ...network } = recipe.network;
  expect(network).toEqual({
    name: "vgg19",
    pooling: "average",
    poolingScale: 2,
    padding: "replicate",
    preprocessing: "caffe-256",
  });
  expect(recipeOfOptions(recipe, { weights: "mine.safetensors" }).network).toEqual(network);
  const { preprocessing: __, ...others } = network;
  expect(recipeOfOptions(recipe, { network: "vgg16" }).network).toEqual({ ...others, name: "vgg16" });
});

it("what is no word for a start is a picture's file", () => {
  expect(recipeOfOptions(base, { init: "style" }).init).toBe("style");
  expect(recipeOfOptions(base, { init: "sketch.png" }).init).toBe("picture");
});

describe("layers", () => {
  it("those that stay keep their weights", () => {
    expect(styleOf(recipeOfOptions(base, { styleLayers: ["relu2_1"] }))?.options).toEqual({
      layers: ["relu2_1"],
      layerWeights: { relu2_1: 4 },
    });
  });

  it("single weights change", () => {
    expect(styleOf(recipeOfOptions(base, { styleLayerWeights: { relu2_1: 0.5 } }))?.options).toEqual({
      layers: ["relu1_1", "relu2_1"],
      layerWeights: { relu1_1: 20, relu2_1: 0.5 },
    });
  });

  it("a new one takes its block's weight, or the last one's, unless it is given one", () => {
    const weightsOf = (...layers: string[]) =>
      styleOf(recipeOfOptions(base, { styleLayers: layers, styleLayerWeights: { relu3_1: 3 } }))?.options
        .layerWeights;
    expect(weightsOf("relu1_2", "relu2_1", "relu3_1", "relu5_1")).toEqual({
      relu1_2: 20,
      relu2_1: 4,
      relu3_1: 3,
      relu5_1: 4,
    });
  });

  it("without weights, layers are simply chosen", () => {
    expect(recipeOfOptions(base, { contentLayers: ["relu3_2"] }).terms[0]?.options).toEqual({
      layers: ["relu3_2"],
    });
  });

  it("are those of the term that is called style, whatever its loss", () => {
    const terms = base.terms.map((term) =>
      term.loss === "style" ? { ...term, loss: "wasserstein", name: "style" } : term,
    );
    const recipe = recipeOfOptions({ ...base, terms }, { styleWeight: 3, styleLayers: ["relu1_1"] });
    expect(recipe.terms.map(({ loss, weight }) => [loss, weight])).toEqual([
      ["content", 1],
      ["wasserstein", 3],
    ]);
    expect(recipe.terms[1]?.options.layers).toEqual(["relu1_1"]);
  });

  it("stay where the style is compared by another loss; weights do where both are relative", () => {
    expect(recipeOfOptions(base, { styleLoss: "wasserstein" }).terms[1]).toEqual({
      loss: "wasserstein",
      name: "style",
      weight: 1,
      options: { layers: ["relu1_1", "relu2_1"], reduction: "relative" },
    });
    const options = { layers: ["relu1_1"], layerWeights: { relu1_1: 2 }, reduction: "relative" };
    // An option that only the loss before has does not stay.
    const before = { ...options, blending: "barycenter" };
    const relative = { ...base, terms: [{ loss: "wasserstein", name: "style", weight: 3, options: before }] };
    expect(recipeOfOptions(relative, { styleLoss: "gram" }).terms).toEqual([
      { loss: "style", weight: 3, options },
    ]);
    expect(recipeOfOptions(base, { styleLoss: "gram" })).toEqual(base);
  });

  it.each(["moments", "histogram", "nearest"] as const)("suit the loss %s, there and back", (styleLoss) => {
    const layerWeights = { relu1_1: 2 };
    const options = { layers: ["relu1_1"], layerWeights, reduction: "relative" };
    const relative = { ...base, terms: [{ loss: "style", weight: 3, options }] };
    const there = recipeOfOptions(relative, { styleLoss });
    expect(there.terms).toMatchObject([
      { loss: styleLoss, name: "style", weight: 3, options: { layers: ["relu1_1"], layerWeights } },
    ]);
    // Its options fit its schema.
    const [term] = settings(there).terms;
    expect(term).toMatchObject({ name: "style", weight: 3, layers: ["relu1_1"] });
    expect(recipeOfOptions(there, { styleLoss: "gram" })).toEqual(relative);
  });

  it("of a loss that is not there are refused", () => {
    const contentOnly = { ...base, terms: base.terms.slice(0, 1) };
    expect(() => recipeOfOptions(contentOnly, { styleLayers: ["relu1_1"] })).toThrow(UsageError);
  });
});

describe("the margin", () => {
  it("of a single scale is as wide as relu5_1 sees, unless there was none or it was wider", () => {
    expect(recipeOfOptions(base, { scales: 1 }).margin).toBe(70);
    expect(recipeOfOptions(base, { scales: 2 }).margin).toBe(16);
    expect(recipeOfOptions({ ...base, margin: 0 }, { scales: 1 }).margin).toBe(0);
    expect(recipeOfOptions({ ...base, margin: 99 }, { scales: 1 }).margin).toBe(99);
  });

  it("of a recipe with one scale stays", () => {
    const one = { ...base, scales: base.scales.slice(-1) };
    expect(recipeOfOptions(one, { scales: 1 })).toEqual(one);
  });
});

describe("scales", () => {
  it.each([
    [{ steps: 5 }, [128, 5, 256, 5, 512, 5]],
    // The coarsest size stays, so a larger picture has more scales.
    [{ size: 1024 }, [128, 10, 256, 10, 512, 20, 1024, 30]],
    [{ size: 256 }, [128, 20, 256, 30]],
    [{ size: 1024, scales: 3 }, [256, 10, 512, 20, 1024, 30]],
    [{ scaleFactor: 1.6 }, [125, 10, 200, 10, 320, 20, 512, 30]],
    [{ scaleFactor: 4 }, [128, 20, 512, 30]],
    [{ scales: 1 }, [512, 30]],
    [{ scales: 4, size: 1024 }, [128, 10, 256, 10, 512, 20, 1024, 30]],
    // What is coarser than 64 pixels is left out.
    [{ size: 100 }, [100, 30]],
  ])("%o", (options, expected) => {
    expect(recipeOfOptions(base, options).scales.flatMap(({ size, steps }) => [size, steps])).toEqual(
      expected,
    );
  });

  it("an exact size halves in both directions", () => {
    expect(recipeOfOptions(base, { size: [600, 301], scales: 2 }).scales).toEqual([
      { size: [300, 151], steps: 20 },
      { size: [600, 301], steps: 30 },
    ]);
  });
});

it("several styles take their weights from the blend", () => {
  expect(recipeOfOptions(base, { styleBlend: [0.7, 0.3] }).styles).toEqual([
    { weight: 0.7 },
    { weight: 0.3 },
  ]);
});
