import "@tensorflow/tfjs-backend-cpu";
import type { Json } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import plugin, { momentsLoss } from "./index.js";

/** Two positions of two channels. */
const pair = (...channels: readonly number[]) => tf.tensor4d([...channels], [1, 1, 2, 2]);

/** The loss at means 3 and 0, deviations 2 and 0 at "a" against 1 and 0, 1 and 0; at "b" means 2 and 0 against 0, 0. */
function lossOf(options: { readonly [name: string]: Json }): number {
  const term = plugin.create(options);
  const features = { a: pair(0, 0, 2, 0), b: pair(0, 0, 0, 0) };
  const targets = term.prepare({ content: { features }, styles: [{ features, weight: 1 }] });
  return term.loss({ a: pair(1, 0, 5, 0), b: pair(2, 0, 2, 0) }, targets).dataSync()[0]!;
}

describe("the plugin moments", () => {
  it("is a plain value with the name that recipes use", () => {
    expect(plugin.name).toBe("moments");
    expect(JSON.parse(JSON.stringify(plugin))).toEqual({ ...plugin, create: undefined });
  });

  it("describes its options, their defaults and ranges", () => {
    expect(plugin.options).toMatchObject({
      type: "object",
      properties: {
        layers: { title: "Layers", default: ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"] },
        layerWeights: { type: "object", additionalProperties: { type: "number", minimum: 0 }, default: {} },
        reduction: { title: "Reduction", enum: ["relative", "mean", "sum"], default: "relative" },
      },
      additionalProperties: false,
    });
  });

  it("makes the loss with the layers, their weights and the reduction that it is given", () => {
    expect(plugin.create({ layers: ["a", "b"] }).layers).toEqual(["a", "b"]);
    // (3 − 1)² + (2 − 1)²
    expect(lossOf({ layers: ["a"], reduction: "sum" })).toBeCloseTo(5, 4);
    expect(lossOf({ layers: ["a"], reduction: "mean" })).toBeCloseTo(2.5, 4);
    // Over 1² + 1².
    expect(lossOf({ layers: ["a"], reduction: "relative" })).toBeCloseTo(2.5, 4);
    expect(lossOf({ layers: ["a", "b"], layerWeights: { b: 10 }, reduction: "sum" })).toBeCloseTo(45, 3);
  });

  it("makes the same loss as its factory without options", () => {
    const { name, weight, layers } = momentsLoss();
    expect(plugin.create({})).toMatchObject({ name, weight, layers });
    expect(lossOf({ layers: ["a"] })).toBeCloseTo(2.5, 4);
  });
});
