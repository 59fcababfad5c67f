import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { beforeAll, describe, expect, it } from "vitest";
import { testNetwork } from "./test-network.js";
import { tinyNetwork } from "./tiny-network.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

testNetwork({ describe, it }, { name: "tinyNetwork", network: tinyNetwork });
testNetwork(
  { describe, it },
  {
    name: "tinyNetwork to relu1_1",
    network: () => tinyNetwork({ seed: 5 }),
    layers: ["relu1_1"],
    sizes: [[3, 5]],
  },
);

describe("tinyNetwork", () => {
  it("is the same for the same seed, and different for another", async () => {
    const image = tf.ones<tf.Rank.R4>([1, 4, 4, 3]);
    const [a, b, c] = [1, 1, 2].map((seed) => {
      const { relu2_1 } = tinyNetwork({ seed }).features(image, ["relu2_1"]);
      return Array.from(relu2_1!.dataSync());
    });
    expect(b).toEqual(a);
    expect(c).not.toEqual(a);
  });
});
