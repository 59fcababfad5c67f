import "@tensorflow/tfjs-backend-cpu";
import type { Json } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import plugin, { wassersteinLoss } from "./index.js";

/** One position of two channels. */
const position = (...channels: readonly [number, number]) => tf.tensor4d([...channels], [1, 1, 1, 2]);

/** The loss at an image whose layer "a" is 3, 1 against pictures at which it is 1, 0. */
function lossOf(options: { readonly [name: string]: Json }): number {
  const term = plugin.create(options);
  const features = { a: position(1, 0) };
  const targets = term.prepare({ content: { features }, styles: [{ features, weight: 1 }] });
  return term.loss({ a: position(3, 1) }, targets).dataSync()[0]!;
}

describe("the plugin wasserstein", () => {
  it("is a plain value with the name that recipes use", () => {
    expect(plugin.name).toBe("wasserstein");
    expect(JSON.parse(JSON.stringify(plugin))).toEqual({ ...plugin, create: undefined });
  });

  it("describes its options, their defaults and ranges", () => {
    expect(plugin.options).toMatchObject({
      type: "object",
      properties: {
        layers: {
          title: "Layers",
          type: "array",
          items: { type: "string", format: "layer" },
          minItems: 1,
          default: ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
        },
        layerWeights: { type: "object", additionalProperties: { type: "number", minimum: 0 }, default: {} },
        reduction: { title: "Reduction", enum: ["relative", "mean", "sum"], default: "relative" },
        blending: { title: "Blending", enum: ["moments", "barycenter"], default: "moments" },
        epsilon: { title: "Added variance", type: "number", minimum: 0, default: 0 },
        iterations: { title: "Iterations", type: "integer", minimum: 0, maximum: 100, default: 0 },
      },
      additionalProperties: false,
    });
  });

  it("makes the loss with the layers, their weights and the reduction that it is given", () => {
    expect(plugin.create({ layers: ["a", "b"] }).layers).toEqual(["a", "b"]);
    // A single position has no covariance: 2² + 1² between the means.
    expect(lossOf({ layers: ["a"], reduction: "sum" })).toBeCloseTo(5, 2);
    expect(lossOf({ layers: ["a"], reduction: "mean" })).toBeCloseTo(2.5, 2);
    // Over the painting's own mean square, 1².
    expect(lossOf({ layers: ["a"], reduction: "relative" })).toBeCloseTo(5, 2);
    expect(lossOf({ layers: ["a"], layerWeights: { a: 10 }, reduction: "sum" })).toBeCloseTo(50, 1);
  });

  it("makes the same loss as its factory without options", () => {
    const { name, weight, layers } = wassersteinLoss();
    expect(plugin.create({})).toMatchObject({ name, weight, layers });
    expect(layers).toEqual(["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]);
  });

  it("refuses the weight of a layer that the loss does not have, which no schema can", () => {
    expect(() => plugin.create({ layers: ["a"], layerWeights: { c: 1 } })).toThrow(
      expect.objectContaining({
        name: "OptionError",
        message: 'Expected weights for the loss\'s own layers (a), got one for "c".',
      }),
    );
  });
});
