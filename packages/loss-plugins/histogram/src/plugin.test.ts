import "@tensorflow/tfjs-backend-cpu";
import type { Json } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import plugin, { histogramLoss } from "./index.js";

/** Two positions of one channel. */
const pair = (first: number, second: number) => tf.tensor4d([first, second], [1, 1, 2, 1]);

/** The loss at 1, 3 against a style of 0, 4 at "a"; at 2, 2 against 0, 0 at "b". */
function lossOf(options: { readonly [name: string]: Json }): number {
  const term = plugin.create(options);
  const targets = term.prepare({
    content: { features: {} },
    styles: [{ features: { a: pair(0, 4), b: pair(0, 0) }, weight: 1 }],
  });
  return term.loss({ a: pair(1, 3), b: pair(2, 2) }, targets).dataSync()[0]!;
}

describe("the plugin histogram", () => {
  it("is a plain value with the name that recipes use", () => {
    expect(plugin.name).toBe("histogram");
    expect(JSON.parse(JSON.stringify(plugin))).toEqual({ ...plugin, create: undefined });
  });

  it("describes its options, their defaults and ranges", () => {
    expect(plugin.options).toMatchObject({
      type: "object",
      properties: {
        layers: { title: "Layers", default: ["relu1_1", "relu4_1"] },
        layerWeights: { type: "object", additionalProperties: { type: "number", minimum: 0 }, default: {} },
        bins: { title: "Bins", type: "integer", minimum: 2, maximum: 1024, default: 256 },
        reduction: { title: "Reduction", enum: ["relative", "mean", "sum"], default: "relative" },
      },
      additionalProperties: false,
    });
  });

  it("makes the loss with the layers, their weights, the bins and the reduction that it is given", () => {
    expect(plugin.create({ layers: ["a", "b"] }).layers).toEqual(["a", "b"]);
    // With two bins of 0 to 4, their middles are 1 and 3, where the image already is.
    expect(lossOf({ layers: ["a"], bins: 2, reduction: "sum" })).toBe(0);
    // With four, they are ½ and 3½.
    expect(lossOf({ layers: ["a"], bins: 4, reduction: "sum" })).toBeCloseTo(0.5, 6);
    expect(lossOf({ layers: ["a"], bins: 4, reduction: "mean" })).toBeCloseTo(0.25, 6);
    // Over 0² + 4².
    expect(lossOf({ layers: ["a"], bins: 4 })).toBeCloseTo(0.5 / 16, 6);
    expect(lossOf({ layers: ["a", "b"], layerWeights: { b: 10 }, bins: 4, reduction: "sum" })).toBeCloseTo(
      80.5,
      4,
    );
  });

  it("makes the same loss as its factory without options", () => {
    const { name, weight, layers } = histogramLoss();
    expect(plugin.create({})).toMatchObject({ name, weight, layers });
  });
});
