import "@tensorflow/tfjs-backend-cpu";
import type { Json, Recipe } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { presets } from "./presets.js";
import { lossNames, settings } from "./settings.js";

type Options = Readonly<Record<string, Json>>;

/** A recipe with one loss. */
const withLoss = (name: string, options: Options = {}, weight = 1): Recipe => ({
  ...presets.default.recipe,
  terms: [{ name, weight, options }],
});

/** A recipe with another optimizer. */
const withOptimizer = (name: string, options: Options = {}): Recipe => ({
  ...presets.default.recipe,
  optimizer: { name, options },
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

/** Where a step from 0.5 leads, and what is shown then. */
function stepped(options: Options, gradients: readonly number[]): { image: number; picture: number } {
  const { optimizer } = settings(withOptimizer("adam", options));
  let image = position(0.5);
  let state = optimizer.init(image);
  for (const gradient of gradients)
    ({ image, state } = optimizer.step(image, state, {
      loss: tf.scalar(0),
      gradient: position(gradient),
      terms: {},
    }));
  const picture = optimizer.picture?.(image, state) ?? image;
  return { image: image.dataSync()[0]!, picture: picture.dataSync()[0]! };
}

describe("the losses of a recipe", () => {
  it("are those there are, with their weights", () => {
    expect(lossNames).toEqual(["content", "style", "wasserstein", "tv"]);
    for (const name of lossNames)
      expect(settings(withLoss(name, {}, 7)).terms).toEqual([expect.objectContaining({ name, weight: 7 })]);
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

  it.each<[string, string, Options, string]>([
    ["RangeError", "Style", {}, 'a known loss, got "Style"; there are content, style, wasserstein, tv.'],
    [
      "RangeError",
      "toString",
      {},
      'a known loss, got "toString"; there are content, style, wasserstein, tv.',
    ],
    [
      "RangeError",
      "style",
      { layer: ["relu1_1"] },
      'a known option of "style", got "layer"; there are layers, layerWeights, reduction.',
    ],
    ["RangeError", "tv", { layers: [] }, 'a known option of "tv", got "layers"; there are reduction.'],
  ])("throw a %s for %s %o", (kind, name, options, message) => {
    expect(() => settings(withLoss(name, options))).toThrow(
      expect.objectContaining({ name: kind, message: `Expected the recipe to name ${message}` }),
    );
  });

  it.each<[string, Options, string]>([
    ["TypeError", { layers: "relu1_1" }, '"layers" of "style" to be a list, got "relu1_1".'],
    ["TypeError", { layerWeights: [1, 2] }, '"layerWeights" of "style" to be an object, got [1,2].'],
    ["TypeError", { reduction: 1 }, '"reduction" of "style" to be a text, got 1.'],
    [
      "RangeError",
      { reduction: "median" },
      '"reduction" of "style" to be mean or sum or relative, got "median".',
    ],
  ])("throw a %s for the value %o", (kind, options, message) => {
    expect(() => settings(withLoss("style", options))).toThrow(
      expect.objectContaining({ name: kind, message: `Expected the recipe's option ${message}` }),
    );
  });

  it("say which part of a value is wrong", () => {
    expect(() => settings(withLoss("content", { layers: ["relu1_1", 2] }))).toThrow(
      new TypeError('Expected each entry of the recipe\'s option "layers" of "content" to be a text, got 2.'),
    );
    expect(() => settings(withLoss("content", { layerWeights: { relu4_2: "1" } }))).toThrow(
      new TypeError(
        'Expected "relu4_2" in the recipe\'s option "layerWeights" of "content" to be a number, got "1".',
      ),
    );
  });

  it("leave it to the loss to refuse what it cannot be", () => {
    expect(() => settings(withLoss("content", { layerWeights: { relu4_2: -1 } }))).toThrow(
      new RangeError('Expected the weight of the layer "relu4_2" to be 0 or more, got -1.'),
    );
  });
});

describe("the optimizer of a recipe", () => {
  it("is Adam, clamped and averaged where the recipe says so", () => {
    const named = (options: Options) => settings(withOptimizer("adam", options)).optimizer.name;
    expect(named({})).toBe("adam");
    expect(named({ average: 0, clamp: false })).toBe("adam");
    expect(named({ clamp: true })).toBe("clamped adam");
    expect(named({ average: 0.9 })).toBe("averaged adam");
    expect(named({ average: 0.9, clamp: true })).toBe("averaged clamped adam");
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

  it("clamps", () => {
    expect(stepped({ learningRate: 2 }, [1]).image).toBeCloseTo(-1.5, 5);
    expect(stepped({ learningRate: 2, clamp: true }, [1]).image).toBe(0);
  });

  it("shows the average with its decay", () => {
    // Steps to 0.4 and 0.3, of which the older counts half: (0.2 + 0.3) / 1.5
    const { image, picture } = stepped({ learningRate: 0.1, average: 0.5 }, [1, 1]);
    expect(image).toBeCloseTo(0.3, 5);
    expect(picture).toBeCloseTo(1 / 3, 5);
  });

  it.each<[string, string, Options, string]>([
    ["RangeError", "sgd", {}, 'Expected the recipe to name a known optimizer, got "sgd"; there are adam.'],
    [
      "RangeError",
      "adam",
      { rate: 1 },
      'Expected the recipe to name a known option of "adam", got "rate"; ' +
        "there are learningRate, beta1, beta2, epsilon, average, carry, clamp.",
    ],
    [
      "TypeError",
      "adam",
      { learningRate: "0.02" },
      'Expected the recipe\'s option "learningRate" of "adam" to be a number, got "0.02".',
    ],
    [
      "TypeError",
      "adam",
      { clamp: 1 },
      'Expected the recipe\'s option "clamp" of "adam" to be true or false, got 1.',
    ],
    ["RangeError", "adam", { learningRate: 0 }, "Expected a learning rate above 0, got 0."],
    ["RangeError", "adam", { average: 1 }, "Expected a decay in [0, 1), got 1."],
  ])("throws a %s for %s %o", (kind, name, options, message) => {
    expect(() => settings(withOptimizer(name, options))).toThrow(
      expect.objectContaining({ name: kind, message }),
    );
  });
});

it("hands on the sizes, the margin and the seed", () => {
  const recipe: Recipe = {
    ...presets.default.recipe,
    scales: [{ size: [30, 20], steps: 4 }],
    styleScale: 1.5,
    margin: 3,
    seed: 9,
  };
  const { terms, optimizer, ...rest } = settings(recipe);
  expect(rest).toEqual({ scales: [{ size: [30, 20], steps: 4 }], styleScale: 1.5, margin: 3, seed: 9 });
});
