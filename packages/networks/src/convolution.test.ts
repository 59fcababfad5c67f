import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { reluBack } from "./convolution.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

describe("reluBack", () => {
  const gradient = () => tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
  const output = () => tf.tensor4d([0, 5, 0, 0.5], [1, 2, 2, 1]);

  it("lets through what the relu let through", () => {
    expect(Array.from(reluBack(gradient(), output()).dataSync())).toEqual([0, 2, 0, 4]);
  });

  it("uses the engine's own kernel where there is one", () => {
    tf.registerKernel({
      kernelName: "ReluGrad",
      backendName: "cpu",
      kernelFunc: ({ inputs }) => tf.add(inputs.dy as tf.Tensor, inputs.y as tf.Tensor),
    });
    try {
      expect(Array.from(reluBack(gradient(), output()).dataSync())).toEqual([1, 7, 3, 4.5]);
    } finally {
      tf.unregisterKernel("ReluGrad", "cpu");
    }
  });
});
