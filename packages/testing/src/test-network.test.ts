import type { Network, Pass } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { beforeAll, describe, expect, it } from "vitest";
import { failuresOf } from "./failures.js";
import { testNetwork } from "./test-network.js";
import { tinyNetwork } from "./tiny-network.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** The tiny network with changes. */
function changed(change: (network: Network) => Partial<Network>): Network {
  const network = tinyNetwork();
  return { ...network, ...change(network) };
}

/** The tiny network with changes to its passes. */
function withPass(change: (pass: Pass, image: tf.Tensor4D) => Partial<Pass>): Network {
  return changed(({ forward }) => ({
    forward(image, layers) {
      const pass = forward(image, layers);
      return { ...pass, ...change(pass, image) };
    },
  }));
}

function scaled(gradient: tf.Tensor4D, factor: number): tf.Tensor4D {
  const product = tf.mul<tf.Tensor4D>(gradient, factor);
  gradient.dispose();
  return product;
}

const broken: Readonly<Record<string, { network: () => Network; failure: RegExp }>> = {
  "a gradient that is 5% too large": {
    network: () => withPass(({ backward }) => ({ backward: (of) => scaled(backward(of), 1.05) })),
    failure: /gradient is right.* Expected the gradient from relu1_1 to be .* at index/,
  },
  "a backward pass that forgets a layer in the middle": {
    network: () =>
      withPass(({ backward }) => ({
        backward: (of) =>
          backward((layer) => {
            const gradient = of(layer);
            if (layer !== "pool1") return gradient;
            gradient?.dispose();
            return undefined;
          }),
      })),
    failure: /gradient is right.* Expected the gradient from pool1/,
  },
  "a backward pass that forgets a layer where a deeper one is there": {
    network: () =>
      withPass(({ backward, features }) => ({
        backward: (of) =>
          backward((layer) => {
            const gradient = of(layer);
            if (layer !== "relu1_1" || Object.keys(features).length === 1) return gradient;
            gradient?.dispose();
            return undefined;
          }),
      })),
    failure: /gradient is right.* Expected the gradient from relu1_1, pool1, relu2_1/,
  },
  "a pass that keeps the gradients it is given": {
    network: () =>
      withPass(({ backward }) => ({
        backward: (of) =>
          backward((layer) => {
            const gradient = of(layer);
            return gradient && tf.clone(gradient);
          }),
      })),
    failure: /frees every tensor of a pass: .*Expected backward to leave 1 more tensors than before, got 4/,
  },
  "features that leak": {
    network: () =>
      changed(({ features }) => ({
        features(image, layers) {
          tf.keep(tf.scalar(1));
          return features(image, layers);
        },
      })),
    failure: /frees every tensor of a pass: .*Expected features to leave 3 more tensors than before, got 4/,
  },
  "a pass whose dispose does nothing": {
    network: () => withPass(() => ({ dispose: () => undefined })),
    failure: /frees every tensor of a pass: .*Expected dispose without backward to leave 0 more/,
  },
  "gradients asked for shallow to deep": {
    network: () =>
      withPass(({ backward, features }) => ({
        backward(of) {
          const gradients = new Map(Object.keys(features).map((layer) => [layer, of(layer)]));
          return backward((layer) => gradients.get(layer));
        },
      })),
    failure: /in the order relu2_1, pool1, relu1_1, got relu1_1, pool1, relu2_1/,
  },
  "a pass to the end, whatever is asked for": {
    network: () =>
      changed(({ forward, layers }) => ({
        forward(image, asked) {
          const pass = forward(image, layers);
          const features = Object.fromEntries(asked.map((layer) => [layer, pass.features[layer]!]));
          return {
            ...pass,
            features,
            backward: (of) => pass.backward((layer) => (asked.includes(layer) ? of(layer) : undefined)),
          };
        },
      })),
    failure: /Expected forward to make fewer tensors for relu1_1 than for relu2_1/,
  },
  "features of more layers than asked for": {
    network: () => changed(({ features, layers }) => ({ features: (image) => features(image, layers) })),
    failure: /Expected the features of relu1_1, got relu1_1, pool1, relu2_1/,
  },
  "features that differ with a way back": {
    network: () =>
      changed(({ features }) => ({
        features: (image, layers) => features(tf.mul(image, 1.01), layers),
      })),
    failure: /Expected the features of a pass at relu1_1 to be/,
  },
  "a reach that is too short": {
    network: () => changed(({ geometry }) => ({ geometry: (layer) => ({ ...geometry!(layer), reach: 1 }) })),
    failure: /Expected relu2_1 at \[.*\] to see 1 pixels beyond its 2×2, got a change from the pixel/,
  },
  "a stride that is wrong": {
    network: () => changed(({ geometry }) => ({ geometry: (layer) => ({ ...geometry!(layer), stride: 1 }) })),
    failure: /Expected pool1 to have a position every 1 pixels and 5 channels for 6×8 pixels, got the shape/,
  },
  "a cost that is too low": {
    network: () => changed(() => ({ cost: () => ({ bytes: 9, largestTensorBytes: 1e9, operations: 1 }) })),
    failure: /Expected a cost of at least 1392 bytes, got 9/,
  },
  "a cost of features that is too low": {
    network: () =>
      changed(() => ({
        featuresCost: () => ({ bytes: 9, peakBytes: 1e9, largestTensorBytes: 1e9, operations: 1 }),
      })),
    failure: /Expected features of at least \d+ bytes, got 9/,
  },
  "an unknown layer refused with the wrong kind of error": {
    network: () =>
      changed(({ features, layers }) => ({
        features(image, asked) {
          if (!asked.every((layer) => layers.includes(layer))) throw new TypeError("No.");
          return features(image, asked);
        },
      })),
    failure: /Expected a RangeError for an unknown layer, got TypeError: No\./,
  },
  "an image too small that is refused with the wrong kind of error": {
    network: () =>
      changed(({ features }) => ({
        features(image, asked) {
          if (image.shape[1] < 2) throw new Error("Too small.");
          return features(image, asked);
        },
      })),
    failure: /Expected a gradient or a RangeError for an image of 1×1 pixels, got Error: Too small\./,
  },
  "weights that stay": {
    network: () => changed(() => ({ dispose: () => undefined })),
    failure: /Expected dispose of the network to leave 0 more tensors than before, got 6/,
  },
  "an image that is freed": {
    network: () =>
      withPass(({ backward }, image) => ({
        backward(of) {
          const gradient = backward(of);
          image.dispose();
          return gradient;
        },
      })),
    failure: /leaves the image alone/,
  },
};

describe("testNetwork", () => {
  it("finds nothing in a sound network", async () => {
    const failures = await failuresOf((runner) =>
      testNetwork(runner, { name: "tiny", network: tinyNetwork }),
    );
    expect(failures).toEqual([]);
  });

  for (const [what, { network, failure }] of Object.entries(broken))
    it(`finds ${what}`, async () => {
      const failures = await failuresOf((runner) => testNetwork(runner, { name: "broken", network }));
      expect(failures.join("\n")).toMatch(failure);
    });
});
