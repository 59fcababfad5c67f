import "@tensorflow/tfjs-backend-cpu";
import type { Json } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import plugin, { laplacianLoss } from "./index.js";

/** A row of two grey pixels. */
const pair = (left: number, right: number) =>
  tf.tensor4d([left, left, left, right, right, right], [1, 1, 2, 3]);

/** The loss at an image without an edge, where the content goes from 0 to 1. */
function lossOf(options: { readonly [name: string]: Json }): number {
  const term = plugin.create(options);
  const targets = term.prepare({ content: { features: { image: pair(0, 1) } }, styles: [] });
  return term.loss({ image: pair(0, 0) }, targets).dataSync()[0]!;
}

describe("the plugin laplacian", () => {
  it("is a plain value with the name that recipes use", () => {
    expect(plugin.name).toBe("laplacian");
    expect(JSON.parse(JSON.stringify(plugin))).toEqual({ ...plugin, create: undefined });
  });

  it("describes its options, their defaults and ranges", () => {
    expect(plugin.options).toMatchObject({
      type: "object",
      properties: {
        poolSizes: {
          title: "Pool sizes",
          type: "array",
          items: { type: "integer", minimum: 1, maximum: 256 },
          minItems: 1,
          default: [4],
        },
        reduction: { title: "Reduction", enum: ["relative", "mean", "sum"], default: "relative" },
      },
      additionalProperties: false,
    });
  });

  it("makes the loss with the pool sizes and the reduction that it is given", () => {
    // The content's Laplacian is −3 and 3, the sum of three channels.
    expect(lossOf({ poolSizes: [1], reduction: "sum" })).toBe(18);
    expect(lossOf({ poolSizes: [1], reduction: "mean" })).toBe(9);
    expect(lossOf({ poolSizes: [1], reduction: "relative" })).toBeCloseTo(1, 6);
  });

  it("makes the same loss as its factory without options", () => {
    const { name, weight, layers } = laplacianLoss();
    expect(plugin.create({})).toMatchObject({ name, weight, layers });
  });
});
