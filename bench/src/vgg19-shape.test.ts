import { startEngine } from "@brushwork/backend-node";
import { vgg19 } from "@brushwork/networks";
import { describe, expect, it } from "vitest";
import { convolutions, layers, operationsOf, randomWeights } from "./vgg19-shape.js";

describe("VGG-19's shape", () => {
  it("counts two operations for each product of a small convolution", () => {
    // 9 products for each of 2 · 5 pairs of channels, at 3 · 3 positions: an image of 7 at a stride of 2.
    expect(operationsOf({ name: "small", inputs: 2, outputs: 5, stride: 2 }, 7)).toBe(2 * 9 * 2 * 5 * 3 * 3);
  });

  it("takes 36.24 GFLOP forward at 224²", () => {
    // conv1_1 0.173; conv1_2, conv2_2, conv3_2 to conv3_4, conv4_2 to conv4_4 3.699 each; conv2_1, conv3_1 and
    // conv4_1 half of that, conv5_1 a quarter.
    const total = convolutions.reduce((sum, shape) => sum + operationsOf(shape, 224), 0);
    expect(total / 1e9).toBeCloseTo(0.173 + 3.699 * (8 + 3 / 2 + 1 / 4), 2);
  });

  it("makes weights in VGG-19's shape up to relu5_1, whose cost is forward and backward", async () => {
    const engine = await startEngine("wasm", { threads: 1 });
    const network = vgg19({ weights: randomWeights() });
    expect(network.layers).toEqual(expect.arrayContaining(layers));
    expect((network.cost?.([224, 224], layers).operations ?? 0) / 1e9).toBeCloseTo(72.48, 1);
    network.dispose();
    await engine.stop();
  });
});
