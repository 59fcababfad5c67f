import { describe, expect, it } from "vitest";
import { profileOf } from "./profile.js";

describe("profileOf", () => {
  it("adds up kernels by kind, and finds the remainder", () => {
    const kernels = new Map([
      ["Conv2D", 40],
      ["FusedConv2D", 30],
      ["ReluGrad", 2],
      ["Step", 1],
      ["AvgPool", 3],
      ["ResizeNearestNeighbor", 4],
      ["BatchMatMul", 5],
      ["Multiply", 6],
    ]);
    expect(profileOf(kernels, 100)).toEqual({
      convolution: 70,
      "relu and its gradient": 3,
      "pooling and its gradient": 7,
      "matrix products (Gram)": 5,
      "element-wise (bias, losses, optimizer)": 6,
      "outside kernels": 9,
    });
  });
});
