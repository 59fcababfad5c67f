import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Engine, OptionError } from "@brushwork/core";
import type { NetworkName } from "@brushwork/networks";
import { compactWeights } from "@brushwork/networks";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startEngine } from "./engines/engines.js";
import { loadNetwork } from "./networks.js";

const vggBlocks = fileURLToPath(
  new URL("../../../../shared/networks/vgg19-blocks1-3.safetensors", import.meta.url),
);

describe("loadNetwork", () => {
  let engine: Engine;
  let folder: string;
  beforeAll(async () => {
    engine = await startEngine("wasm", { threads: 1 });
    folder = await mkdtemp(join(tmpdir(), "brushwork-"));
  });
  afterAll(async () => {
    await engine.stop();
    await rm(folder, { recursive: true });
  });

  it("loads the compact network with the weights that come with it", async () => {
    const { network, sha256 } = await loadNetwork("compact");
    expect(network.name).toBe("compact");
    expect(network.layers).toContain("relu4_2");
    expect(sha256).toBe(
      createHash("sha256")
        .update(await readFile(compactWeights))
        .digest("hex"),
    );
    network.dispose();
  });

  it("pools as asked for", async () => {
    const image = tf.randomUniform([1, 32, 32, 3], 0, 1, "float32", 1) as tf.Tensor4D;
    const sums: number[] = [];
    for (const pooling of ["average", "max"] as const) {
      const { network } = await loadNetwork("compact", { pooling });
      const { relu3_1 } = network.features(image, ["relu3_1"]);
      sums.push((await tf.sum(relu3_1 ?? image).data())[0] ?? 0);
      network.dispose();
    }
    expect(sums[0]).not.toBeCloseTo(sums[1] ?? 0, 3);
  });

  it("pads and scales its pooling as asked for, and refuses compact another input", async () => {
    const image = tf.ones<tf.Rank.R4>([1, 8, 8, 3]);
    const { network } = await loadNetwork("compact", { padding: "replicate", poolingScale: 2 });
    const usual = (await loadNetwork("compact")).network;
    const sumOf = async ({ features }: typeof network, layer: string) =>
      (await tf.sum(features(image, [layer])[layer]!).data())[0]!;
    // Each position sees the same nine pixels, as it does nowhere but in the middle with zeros around the image.
    const { relu1_1 } = network.features(image, ["relu1_1"]);
    const [first, middle] = [0, 3].map((at) => tf.slice(relu1_1!, [0, at, at, 0], [1, 1, 1, -1]).dataSync());
    expect(first).toEqual(middle);
    expect(await sumOf(network, "relu2_1")).toBeGreaterThan(await sumOf(usual, "relu2_1"));
    await expect(loadNetwork("compact", { preprocessing: "caffe" })).rejects.toThrow(
      new OptionError(
        'Expected no preprocessing for compact, which has an input of its own, got "caffe": leave it out, or choose vgg19.',
      ),
    );
    network.dispose();
    usual.dispose();
  });

  it.skipIf(!existsSync(vggBlocks))(
    "loads VGG-19 as far as the file goes (skipped where there is no shared folder with its weights)",
    async () => {
      const { network, sha256 } = await loadNetwork("vgg19", { weights: vggBlocks });
      expect(network.name).toBe("vgg19");
      expect(network.layers).toContain("relu3_4");
      expect(network.layers).not.toContain("relu4_1");
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      network.dispose();
    },
  );

  it("says what to do where VGG-19 has no weights", async () => {
    vi.stubEnv("BRUSHWORK_CACHE", folder);
    await expect(loadNetwork("vgg19")).rejects.toMatchObject({
      remedy: { kind: "pull weights", network: "vgg19", half: false, again: false },
    });
    vi.unstubAllEnvs();
  });

  it("names a weight file that is not there, or is none", async () => {
    const absent = join(folder, "absent.safetensors");
    await expect(loadNetwork("vgg19", { weights: absent })).rejects.toThrow(
      `Expected ${absent} to be a weight file, but there is no such file.`,
    );
    const text = join(folder, "text.safetensors");
    await writeFile(text, "Not weights at all.");
    await expect(loadNetwork("vgg19", { weights: text })).rejects.toThrow(
      `${text} does not hold the weights of vgg19. `,
    );
  });

  it("refuses a name it does not know", async () => {
    await expect(loadNetwork("resnet" as NetworkName)).rejects.toThrow(
      new OptionError('Expected the network to be one of compact, vgg19, vgg16, got "resnet".'),
    );
  });
});
