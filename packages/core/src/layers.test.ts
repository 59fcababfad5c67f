import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { OptionError } from "./errors.js";
import { activationOf, layerOptions, layerWeightsOf } from "./layers.js";

describe("the activation of a layer", () => {
  it("is the one of its name", () => {
    const [a, b] = [tf.zeros<tf.Rank.R4>([1, 1, 1, 1]), tf.ones<tf.Rank.R4>([1, 1, 1, 1])];
    expect(activationOf({ a, b }, "b")).toBe(b);
  });

  it("is an error where the features lack it, which names the available layers", () => {
    const a = tf.zeros<tf.Rank.R4>([1, 1, 1, 1]);
    expect(() => activationOf({ a, image: a }, "b")).toThrow(
      new RangeError('Expected features of the layer "b", got those of a, image.'),
    );
  });
});

describe("the weights of layers", () => {
  it("come in the order of the layers, and are 1 where none is given", () => {
    expect(layerWeightsOf(["c", "a", "b"], { a: 2, b: 0 })).toEqual([1, 2, 0]);
    expect(layerWeightsOf(["a"], {})).toEqual([1]);
  });

  it.each([
    [{ c: 1 }, 'Expected weights for the loss\'s own layers (a, b), got one for "c".'],
    [{ a: -1 }, 'Expected the weight of the layer "a" to be 0 or more, got -1.'],
    [{ b: Number.NaN }, 'Expected the weight of the layer "b" to be 0 or more, got NaN.'],
    [{ b: Number.POSITIVE_INFINITY }, 'Expected the weight of the layer "b" to be 0 or more, got Infinity.'],
  ])("are not %o", (weights, message) => {
    expect(() => layerWeightsOf(["a", "b"], weights as Record<string, number>)).toThrow(
      new OptionError(message),
    );
  });
});

describe("the options about layers in a plugin's schema", () => {
  it("are a list of at least one layer, and a weight of 0 or more by layer", () => {
    expect(layerOptions(["relu4_2"])).toMatchObject({
      layers: { type: "array", items: { type: "string", format: "layer" }, minItems: 1 },
      layerWeights: { type: "object", additionalProperties: { type: "number", minimum: 0 } },
    });
  });

  it("have the layers that they are given, and no weights, as defaults", () => {
    const { layers, layerWeights } = layerOptions(["relu1_1", "relu2_1"]);
    expect(layers).toHaveProperty("default", ["relu1_1", "relu2_1"]);
    expect(layerWeights).toHaveProperty("default", {});
  });

  it("have a title and a description", () => {
    for (const option of Object.values(layerOptions(["relu4_2"])))
      expect(option).toMatchObject({
        title: expect.stringMatching(/^[A-Z].*[^.]$/),
        description: expect.stringMatching(/^[A-Z].*\.$/),
      });
  });
});
