import "@tensorflow/tfjs-backend-cpu";
import type { Json } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import plugin, { tvLoss } from "./index.js";

/** The loss at two rows of three pixels, black and white like a chessboard. */
function lossOf(options: { readonly [name: string]: Json }): number {
  const term = plugin.create(options);
  const image = tf.tile(tf.tensor4d([0, 1, 0, 1, 0, 1], [1, 2, 3, 1]), [1, 1, 1, 3]);
  return term.loss({ image }, undefined as never).dataSync()[0]!;
}

describe("the plugin tv", () => {
  it("is a plain value with the name that recipes use", () => {
    expect(plugin.name).toBe("tv");
    expect(JSON.parse(JSON.stringify(plugin))).toEqual({ ...plugin, create: undefined });
  });

  it("describes its options, their defaults and ranges", () => {
    expect(plugin.options).toMatchObject({
      type: "object",
      properties: {
        reduction: { title: "Reduction", enum: ["mean", "sum"], default: "mean" },
        kind: { title: "Kind", enum: ["squared", "absolute", "inner", "nine-point"], default: "squared" },
      },
      additionalProperties: false,
    });
  });

  it("makes the loss with the reduction that it is given", () => {
    // Two rows of 2 differences and three columns of 1, each of three channels: 12 + 9 differences of 1.
    expect(lossOf({ reduction: "sum" })).toBe(21);
    // A mean of 1 in each direction.
    expect(lossOf({ reduction: "mean" })).toBeCloseTo(2, 6);
    // Two differences to the right and two downwards, of the two pixels that have both.
    expect(lossOf({ reduction: "sum", kind: "inner" })).toBe(12);
  });

  it("makes the same loss as its factory without options", () => {
    const { name, weight, layers } = tvLoss();
    expect(plugin.create({})).toMatchObject({ name, weight, layers });
    expect(lossOf({})).toBeCloseTo(2, 6);
  });
});
