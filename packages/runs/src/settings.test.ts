import "@tensorflow/tfjs-backend-cpu";
import { type Json, type LossPlugin, OptionError } from "@brushwork/core";
import { presets, type Recipe } from "@brushwork/recipes";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { settings } from "./settings.js";

type Options = Readonly<Record<string, Json>>;

/** A recipe with one loss. */
const withLoss = (name: string, options: Options = {}, weight = 1): Recipe => ({
  ...presets.default.recipe,
  terms: [{ loss: name, weight, options }],
});

/** A recipe with another optimizer, which neither averages nor clamps unless it says so. */
const withOptimizer = (
  name: string,
  options: Options = {},
  { decay = 0, carry = "image", clamp = false }: Partial<Recipe["average"] & Pick<Recipe, "clamp">> = {},
): Recipe => ({
  ...presets.default.recipe,
  optimizer: { name, options },
  average: { decay, carry },
  clamp,
});

/** One position of the given channels. */
const position = (...channels: number[]) => tf.tensor4d(channels, [1, 1, 1, channels.length]);

/** The loss at an image whose layer "a" is 3, 1 against a content and a style of 1, 0; "b" is 2 against 0. */
function lossOf(name: string, options: Options): number {
  const [term] = settings(withLoss(name, options)).terms;
  const image = { a: position(3, 1), b: position(2), image: position(0.5, 0.5, 0.5) };
  const features = { a: position(1, 0), b: position(0), image: position(0, 0, 0) };
  const targets = term!.prepare({ content: { features }, styles: [{ features, weight: 1 }] });
  return term!.loss(image, targets).dataSync()[0]!;
}

/** The image after steps from 0.5, the picture shown, and what the next scale would start from. */
function stepped(
  options: Options,
  gradients: readonly number[],
  changes?: Parameters<typeof withOptimizer>[2],
  name = "adam",
): { image: number; picture: number; carried: number } {
  const { optimizer } = settings(withOptimizer(name, options, changes));
  let image = position(0.5);
  let state = optimizer.init(image);
  for (const gradient of gradients)
    ({ image, state } = optimizer.step(image, state, {
      loss: tf.scalar(0),
      gradient: position(gradient),
      terms: {},
    }));
  const picture = optimizer.picture?.(image, state) ?? image;
  const carried = optimizer.carried?.(image, state) ?? image;
  return {
    image: image.dataSync()[0]!,
    picture: picture.dataSync()[0]!,
    carried: carried.dataSync()[0]!,
  };
}

describe("the losses of a recipe", () => {
  it("are the recipe's terms, with their weights", () => {
    for (const name of [
      "content",
      "style",
      "wasserstein",
      "tv",
      "moments",
      "histogram",
      "nearest",
      "laplacian",
    ])
      expect(settings(withLoss(name, {}, 7)).terms).toEqual([expect.objectContaining({ name, weight: 7 })]);
  });

  it("have the labels that the recipe gives them", () => {
    const terms = [
      { loss: "style", name: "coarse", weight: 2, options: { layers: ["relu4_1"] } },
      { loss: "style", name: "fine", weight: 3, options: { layers: ["relu1_1"] } },
      { loss: "tv", weight: 0, options: {} },
    ];
    expect(
      settings({ ...presets.default.recipe, terms }).terms.map(({ name, weight, layers }) => ({
        name,
        weight,
        layers,
      })),
    ).toEqual([
      { name: "coarse", weight: 2, layers: ["relu4_1"] },
      { name: "fine", weight: 3, layers: ["relu1_1"] },
      { name: "tv", weight: 0, layers: ["image"] },
    ]);
  });

  it("may come from a plugin that is not ours, with the recipe's options", () => {
    const plugin: LossPlugin = {
      name: "brushwork-loss-foo",
      options: { type: "object", properties: { layer: { type: "string" } }, additionalProperties: false },
      create: ({ layer = "image" }) => ({
        name: "foo",
        weight: 1,
        layers: [String(layer)],
        prepare: () => undefined,
        loss: () => tf.scalar(0),
      }),
    };
    const recipe = withLoss("brushwork-loss-foo", { layer: "relu3_1" }, 5);
    expect(settings(recipe, [plugin]).terms).toEqual([
      expect.objectContaining({ name: "brushwork-loss-foo", weight: 5, layers: ["relu3_1"] }),
    ]);
    expect(() => settings(recipe)).toThrow(
      new OptionError(
        'Expected the recipe to name a known loss, got "brushwork-loss-foo"; there are content, style, wasserstein, tv, moments, histogram, nearest, laplacian.',
      ),
    );
    expect(() => settings(withLoss("bar"), [plugin])).toThrow(
      new OptionError(
        'Expected the recipe to name a known loss, got "bar"; ' +
          "there are content, style, wasserstein, tv, moments, histogram, nearest, laplacian, brushwork-loss-foo.",
      ),
    );
    expect(() => settings(withLoss("brushwork-loss-foo", { layer: 3 }), [plugin])).toThrow(
      new OptionError('Expected the option "layer" of the loss "brushwork-loss-foo" to be a text, got 3.'),
    );
  });

  it("take their layers, their weights by layer and what they do with the sum", () => {
    expect(settings(withLoss("content", { layers: ["a", "b"] })).terms[0]?.layers).toEqual(["a", "b"]);
    // Content: 2² + 1² at a, 2² at b.
    expect(lossOf("content", { layers: ["a"], reduction: "sum" })).toBe(5);
    expect(lossOf("content", { layers: ["a"], reduction: "mean" })).toBe(2.5);
    expect(lossOf("content", { layers: ["a", "b"], layerWeights: { b: 10 }, reduction: "sum" })).toBe(45);
    expect(lossOf("content", { layers: ["a"], reduction: "relative" })).toBe(5);
    // Style: [[9, 3], [3, 1]] − [[1, 0], [0, 0]] at a, whose squares sum to 83; 4 − 0 at b.
    expect(lossOf("style", { layers: ["a"], reduction: "sum" })).toBe(83);
    expect(lossOf("style", { layers: ["a", "b"], layerWeights: { a: 0 }, reduction: "sum" })).toBe(16);
    expect(lossOf("style", { layers: ["a"], reduction: "relative" })).toBe(83);
    // Wasserstein: a single position has no covariance; (3 − 1)² + (1 − 0)² over 1² + 0².
    expect(lossOf("wasserstein", { layers: ["a"] })).toBeCloseTo(5, 2);
    expect(lossOf("wasserstein", { layers: ["a"], reduction: "sum" })).toBeCloseTo(5, 2);
  });

  it("have the defaults of their factories for what the recipe leaves out", () => {
    expect(settings(withLoss("content")).terms[0]?.layers).toEqual(["relu4_2"]);
    expect(lossOf("content", { layers: ["a"] })).toBe(2.5);
  });

  it.each<[string, Options, string]>([
    [
      "Style",
      {},
      'Expected the recipe to name a known loss, got "Style"; there are content, style, wasserstein, tv, moments, histogram, nearest, laplacian.',
    ],
    [
      "toString",
      {},
      'Expected the recipe to name a known loss, got "toString"; there are content, style, wasserstein, tv, moments, histogram, nearest, laplacian.',
    ],
    [
      "style",
      { layer: ["relu1_1"] },
      'Expected the options of the loss "style" to be among layers, layerWeights, reduction, got "layer".',
    ],
    [
      "tv",
      { layers: [] },
      'Expected the options of the loss "tv" to be among reduction, kind, got "layers".',
    ],
    [
      "style",
      { layers: "relu1_1" },
      'Expected the option "layers" of the loss "style" to be a list of 1 to 64, got "relu1_1".',
    ],
    [
      "style",
      { layers: [] },
      'Expected the option "layers" of the loss "style" to be a list of 1 to 64, got [].',
    ],
    [
      "style",
      { layerWeights: [1, 2] },
      'Expected the option "layerWeights" of the loss "style" to be an object, got [1,2].',
    ],
    [
      "style",
      { reduction: 1 },
      'Expected the option "reduction" of the loss "style" to be one of mean, sum, relative, got 1.',
    ],
    [
      "style",
      { reduction: "median" },
      'Expected the option "reduction" of the loss "style" to be one of mean, sum, relative, got "median".',
    ],
    [
      "tv",
      { reduction: "relative" },
      'Expected the option "reduction" of the loss "tv" to be one of mean, sum, got "relative".',
    ],
  ])("cannot be %s with %o", (name, options, message) => {
    expect(() => settings(withLoss(name, options))).toThrow(new OptionError(message));
  });

  it("say which part of a value is wrong", () => {
    expect(() => settings(withLoss("content", { layers: ["relu1_1", 2] }))).toThrow(
      new OptionError(
        'Expected the option "layers[1]" of the loss "content" to be a text that is not empty, got 2.',
      ),
    );
    expect(() => settings(withLoss("content", { layerWeights: { relu4_2: "1" } }))).toThrow(
      new OptionError(
        'Expected the option "layerWeights.relu4_2" of the loss "content" to be a number of at least 0, got "1".',
      ),
    );
    expect(() => settings(withLoss("content", { layerWeights: { relu4_2: -1 } }))).toThrow(
      new OptionError(
        'Expected the option "layerWeights.relu4_2" of the loss "content" to be a number of at least 0, got -1.',
      ),
    );
  });

  it("normalize their gradients where the recipe says so", () => {
    const recipe = withLoss("content");
    const terms = recipe.terms.map((term) => ({ ...term, normalizeGradients: true }));
    expect(settings({ ...recipe, terms }).terms[0]?.normalizeGradients).toBe(true);
    expect(settings(recipe).terms[0]?.normalizeGradients).toBeUndefined();
  });

  it("leave it to the loss to refuse what no schema can", () => {
    expect(() => settings(withLoss("content", { layerWeights: { relu3_2: 1 } }))).toThrow(
      new OptionError('Expected weights for the loss\'s own layers (relu4_2), got one for "relu3_2".'),
    );
  });
});

describe("the optimizer of a recipe", () => {
  it("is Adam, clamped and averaged where the recipe says so", () => {
    const named = (changes: Parameters<typeof withOptimizer>[2]) =>
      settings(withOptimizer("adam", {}, changes)).optimizer.name;
    expect(named({ decay: 0, clamp: false })).toBe("adam");
    expect(named({ clamp: true })).toBe("clamped adam");
    expect(named({ decay: 0.9 })).toBe("averaged adam");
    expect(named({ decay: 0.9, clamp: true })).toBe("averaged clamped adam");
  });

  it("steps at the learning rate", () => {
    expect(stepped({ learningRate: 0.125 }, [1]).image).toBeCloseTo(0.375, 6);
  });

  it("forgets as its betas say", () => {
    // Rate 0.1, both betas 0.5, gradients 2 and −1: the mean is back at 0, so the second step does not move.
    expect(stepped({ learningRate: 0.1, beta1: 0.5, beta2: 0.5 }, [2, -1]).image).toBeCloseTo(0.4, 6);
  });

  it("takes an epsilon", () => {
    // At first the step is rate · g / (|g| + ε): 0.1 · 1/2.
    expect(stepped({ learningRate: 0.1, epsilon: 1 }, [1]).image).toBeCloseTo(0.45, 6);
  });

  it("is L-BFGS with its learning rate and range", () => {
    // The first step is −g / (range · max(|g|, range)) times the rate: 0.5 · 4 / (2 · 4).
    expect(stepped({ learningRate: 0.5, range: 2 }, [4], {}, "lbfgs").image).toBeCloseTo(0.25, 6);
  });

  it("searches lines, and leaves the images on them", () => {
    const searching = (clamp: boolean) =>
      settings(withOptimizer("lbfgs", { lineSearch: "strong-wolfe" }, { decay: 0, clamp })).optimizer.name;
    expect(searching(false)).toBe("lbfgs strong-wolfe");
    expect(() => searching(true)).toThrow(
      'Expected a line search without clamping, which moves images off the line that is searched: set "clamp" to false.',
    );
  });

  it("clamps", () => {
    expect(stepped({ learningRate: 2 }, [1]).image).toBeCloseTo(-1.5, 5);
    expect(stepped({ learningRate: 2 }, [1], { clamp: true }).image).toBe(0);
  });

  it("shows the average with its decay", () => {
    // Steps to 0.4 and 0.3, of which the older counts half: (0.2 + 0.3) / 1.5
    const { image, picture } = stepped({ learningRate: 0.1 }, [1, 1], { decay: 0.5 });
    expect(image).toBeCloseTo(0.3, 5);
    expect(picture).toBeCloseTo(1 / 3, 5);
  });

  it("carries the average or the image to the next scale, as the recipe says", () => {
    const carried = (carry: Recipe["average"]["carry"]) =>
      stepped({ learningRate: 0.1 }, [1, 1], { decay: 0.5, carry }).carried;
    expect(carried("average")).toBeCloseTo(1 / 3, 5);
    expect(carried("image")).toBeCloseTo(0.3, 5);
  });

  it.each<[string, Options, string]>([
    [
      "lbfgs",
      { history: 0 },
      'Expected the option "history" of the optimizer "lbfgs" to be a whole number from 1 to 1000, got 0.',
    ],
    [
      "lbfgs",
      { lineSearch: "armijo" },
      'Expected the option "lineSearch" of the optimizer "lbfgs" to be one of none, strong-wolfe, got "armijo".',
    ],
    ["sgd", {}, 'Expected the recipe to name a known optimizer, got "sgd"; there are adam, lbfgs.'],
    ["toString", {}, 'Expected the recipe to name a known optimizer, got "toString"; there are adam, lbfgs.'],
    [
      "adam",
      { rate: 1 },
      'Expected the options of the optimizer "adam" to be among learningRate, beta1, beta2, epsilon, got "rate".',
    ],
    [
      "adam",
      { average: 0.9 },
      'Expected the options of the optimizer "adam" to be among learningRate, beta1, beta2, epsilon, got "average".',
    ],
    [
      "adam",
      { learningRate: "0.02" },
      'Expected the option "learningRate" of the optimizer "adam" to be a number above 0, got "0.02".',
    ],
    [
      "adam",
      { learningRate: 0 },
      'Expected the option "learningRate" of the optimizer "adam" to be a number above 0, got 0.',
    ],
    [
      "adam",
      { beta1: 1 },
      'Expected the option "beta1" of the optimizer "adam" to be a number from 0 to less than 1, got 1.',
    ],
    [
      "adam",
      { beta2: -0.5 },
      'Expected the option "beta2" of the optimizer "adam" to be a number from 0 to less than 1, got -0.5.',
    ],
    [
      "adam",
      { epsilon: null },
      'Expected the option "epsilon" of the optimizer "adam" to be a number above 0, got null.',
    ],
  ])("cannot be %s with %o", (name, options, message) => {
    expect(() => settings(withOptimizer(name, options))).toThrow(new OptionError(message));
  });
});

it("passes on the sizes, the margin and the seed", () => {
  const recipe: Recipe = {
    ...presets.default.recipe,
    scales: [{ size: [30, 20], steps: 4 }],
    styleScale: 1.5,
    margin: 3,
    seed: 9,
  };
  const { terms, optimizer, ...rest } = settings(recipe);
  expect(rest).toEqual({
    scales: [{ size: [30, 20], steps: 4 }],
    fit: "cover",
    styleScale: 1.5,
    margin: 3,
    seed: 9,
  });
});
