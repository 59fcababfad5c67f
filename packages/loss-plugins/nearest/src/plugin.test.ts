import "@tensorflow/tfjs-backend-cpu";
import type { Json } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import plugin, { nearestLoss } from "./index.js";

/** Two positions of two channels. */
const pair = (...channels: readonly number[]) => tf.tensor4d([...channels], [1, 1, 2, 2]);

/** The loss at features that differ along the first channel, where the style's differ along the second, at "a". */
function lossOf(options: { readonly [name: string]: Json }): number {
  const term = plugin.create(options);
  const style = { a: pair(0, 1, 0, -1), b: pair(0, 1, 0, -1) };
  const targets = term.prepare({ content: { features: {} }, styles: [{ features: style, weight: 1 }] });
  return term.loss({ a: pair(1, 0, -1, 0), b: pair(0, 3, 0, 0) }, targets).dataSync()[0]!;
}

describe("the plugin nearest", () => {
  it("is a plain value with the name that recipes use", () => {
    expect(plugin.name).toBe("nearest");
    expect(JSON.parse(JSON.stringify(plugin))).toEqual({ ...plugin, create: undefined });
  });

  it("describes its options, their defaults and ranges", () => {
    expect(plugin.options).toMatchObject({
      type: "object",
      properties: {
        layers: { title: "Layers", default: ["relu1_1", "relu2_1", "relu3_1", "relu4_1"] },
        layerWeights: { type: "object", additionalProperties: { type: "number", minimum: 0 }, default: {} },
        samples: { title: "Samples", type: "integer", minimum: 1, maximum: 16384, default: 1024 },
      },
      additionalProperties: false,
    });
  });

  it("makes the loss with the layers, their weights and the samples that it is given", () => {
    expect(plugin.create({ layers: ["a", "b"] }).layers).toEqual(["a", "b"]);
    // At right angles.
    expect(lossOf({ layers: ["a"] })).toBeCloseTo(1, 6);
    // Both samples have a feature that points their way; a single one only one of them, and the other the opposite.
    expect(lossOf({ layers: ["b"] })).toBeCloseTo(0, 5);
    expect(lossOf({ layers: ["b"], samples: 1 })).toBeCloseTo(1, 5);
    expect(lossOf({ layers: ["a", "b"], layerWeights: { a: 5 } })).toBeCloseTo(5, 5);
  });

  it("makes the same loss as its factory without options", () => {
    const { name, weight, layers } = nearestLoss();
    expect(plugin.create({})).toMatchObject({ name, weight, layers });
  });
});
