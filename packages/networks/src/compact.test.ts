import "@tensorflow/tfjs-backend-cpu";
import { readFileSync } from "node:fs";
import { testNetwork } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { sampleArray, sampleWeights } from "./chain.fixture.js";
import { compact, compactWeights } from "./compact.js";
import { readWeights } from "./weights.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const narrow = {
  ...sampleWeights([[2, 3], [3, 2], [2, 3, 2, 3], [4, 2, 3, 2], [3]]),
  "relu1_1/readout": sampleArray([2, 2], 1),
  "relu4_2/readout": sampleArray([2, 2], 2),
  "relu5_1/readout": sampleArray([3, 4], 3),
};

testNetwork(
  { describe, it },
  { name: "compact", network: () => compact({ weights: narrow }), sizes: [[17, 16]] },
);

describe("compact", () => {
  it("offers the layers that have readouts", async () => {
    const network = compact({ weights: await readWeights(readFileSync(compactWeights)) });
    expect(network.layers.join(" ")).toBe(
      "relu1_1 relu1_2 relu2_1 relu2_2 relu3_1 relu3_2 relu3_4 relu4_1 relu4_2 relu4_4 relu5_1",
    );
    expect(network.geometry?.("relu5_1")).toEqual({ stride: 16, reach: 70, channels: 128 });
    network.dispose();
  });

  // From an independent implementation in NumPy, in float64.
  it.each([
    ["relu1_1", 15.132998, [-0.558881, 7.721081, 15.453]],
    ["relu3_1", 127.055662, [123.05243, 21.112729, -42.217719]],
    ["relu4_2", 138.79807, [0, 45.495407, 0]],
    ["relu5_1", 11.178608, [15.01717, 0, 0.333966]],
  ] as const)("sees at %s what it should in an odd-sized image", async (layer, mean, entries) => {
    const network = compact({ weights: await readWeights(readFileSync(compactWeights)) });
    const pixels = Float32Array.from({ length: 37 * 33 * 3 }, (_, i) => {
      const [y, x, c] = [Math.floor(i / 99), Math.floor(i / 3) % 33, i % 3];
      const texture = ((y * 31 + x * 17 + c * 7) % 23) / 22;
      const squares = (Math.floor(y / 8) + Math.floor(x / 8) + c) % 2;
      return 0.5 * texture + 0.5 * squares;
    });
    const feature = network.features(tf.tensor4d(pixels, [1, 37, 33, 3]), [layer])[layer]!;
    const [, height, width, channels] = feature.shape;
    const at = (y: number, x: number, channel: number) => feature.bufferSync().get(0, y, x, channel);
    expect(tf.mean(feature).dataSync()[0]).toBeCloseTo(mean, 2);
    expect(at(0, 0, 1)).toBeCloseTo(entries[0], 2);
    expect(at(Math.floor(height / 2), Math.floor(width / 2), channels / 2)).toBeCloseTo(entries[1], 2);
    expect(at(height - 1, width - 1, 5)).toBeCloseTo(entries[2], 2);
    network.dispose();
  });

  it("refuses weights without readouts", () => {
    expect(() => compact({ weights: sampleWeights([[2]]) })).toThrow(
      "Expected weights of compact with readouts, got none: choose the network they are of.",
    );
  });
});
