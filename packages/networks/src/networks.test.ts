import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { networks, weightsMetadata } from "./networks.js";
import { networkNames, publishedWeights, weightsIdentity } from "./published-weights.js";
import { type NamedArrays, writeSafetensors } from "./safetensors.js";
import { readWeights } from "./weights.js";

const sha256 = "0".repeat(64);
const keras19 = "vgg19/keras@253f8cb515780f3b799900260a226db6";

/** Weights of the smallest network of VGG's kind: every convolution from and to one channel, but the first. */
function thinWeights(blocks: readonly number[]): NamedArrays {
  return Object.fromEntries(
    blocks.flatMap((count, block) =>
      Array.from({ length: count }, (_, i) => {
        const inputs = block === 0 && i === 0 ? 3 : 1;
        const name = `conv${block + 1}_${i + 1}`;
        return [
          [`${name}/kernel`, { shape: [3, 3, inputs, 1], data: new Float32Array(9 * inputs) }],
          [`${name}/bias`, { shape: [1], data: new Float32Array(1) }],
        ] as const;
      }).flat(),
    ),
  );
}

describe("the table of networks", () => {
  it("names three", () => {
    expect(networkNames).toEqual(["compact", "vgg19", "vgg16"]);
  });

  it.each([
    ["vgg19", [2, 2, 4, 4, 4]],
    ["vgg16", [2, 2, 3, 3, 3]],
  ] as const)("lists the layers that %s has", (name, blocks) => {
    const network = networks[name].make({ weights: thinWeights(blocks) });
    expect(network.name).toBe(name);
    expect(network.layers).toEqual(networks[name].layers);
    network.dispose();
  });

  it("lists the layers that compact has with its own weights, whose digest it knows", async () => {
    const { own, weights } = networks.compact;
    const bytes = await readFile(own ?? "");
    const network = networks.compact.make({ weights: await readWeights(bytes) });
    expect(network.layers).toEqual(networks.compact.layers);
    network.dispose();
    const digest = Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
    expect(weightsIdentity("compact", { sha256: digest })).toBe(weights.id);
    expect(tf.memory().numTensors).toBe(0);
  });

  it("has the sizes of VGG-19's convolutions up to conv5_1 for its shards", () => {
    const { arrays } = publishedWeights.vgg19.shards;
    expect(arrays["conv1_1/kernel"]).toEqual([3, 3, 3, 64]);
    expect(arrays["conv3_1/kernel"]).toEqual([3, 3, 128, 256]);
    expect(arrays["conv5_1/kernel"]).toEqual([3, 3, 512, 512]);
    expect(Object.keys(arrays)).toHaveLength(2 * (2 + 2 + 4 + 4 + 1));
  });
});

describe("the name of weights", () => {
  it("is their published source, whichever way they came", () => {
    expect(weightsIdentity("vgg19", { md5: "253f8cb515780f3b799900260a226db6", sha256 })).toBe(keras19);
    expect(weightsIdentity("vgg19", { metadata: { md5: "253f8cb515780f3b799900260a226db6" }, sha256 })).toBe(
      keras19,
    );
    expect(weightsIdentity("vgg19", { metadata: { weights: keras19 } })).toBe(keras19);
  });

  it("is torchvision's for VGG-19 where its file states that", () => {
    const torchvision = "vgg19/torchvision@dcbb9e9d";
    expect(weightsIdentity("vgg19", { metadata: { weights: torchvision }, sha256 })).toBe(torchvision);
    expect(weightsIdentity("vgg16", { metadata: { weights: torchvision }, sha256 })).toBe(`sha256:${sha256}`);
    expect(weightsIdentity("vgg19", { metadata: { weights: "vgg19/other@1" }, sha256 })).toBe(
      `sha256:${sha256}`,
    );
  });

  it("is the digest of their file where the source is not known, or another network's", () => {
    expect(weightsIdentity("vgg19", { sha256 })).toBe(`sha256:${sha256}`);
    expect(weightsIdentity("vgg16", { metadata: { weights: keras19 }, sha256 })).toBe(`sha256:${sha256}`);
    expect(weightsIdentity("vgg19", {})).toBeUndefined();
  });

  it("is read from a file's metadata, which may be absent", () => {
    const file = writeSafetensors({}, { metadata: { weights: keras19 } });
    expect(weightsMetadata(file)).toEqual({ weights: keras19 });
    expect(weightsMetadata(new Uint8Array(20))).toEqual({});
  });
});
