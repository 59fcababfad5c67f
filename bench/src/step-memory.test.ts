import { startEngine } from "@brushwork/backend-node";
import { vgg19 } from "@brushwork/networks";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { watchBuffers } from "./buffer-watch.js";
import { brushworkSteps } from "./step.js";
import { randomWeights } from "./vgg19-shape.js";

const size = 128;

/** Float32 numbers of the activations that VGG-19's backward pass needs, to relu5_1: each block's relu outputs. */
const kept = 2 * 128 * 128 * 64 + 2 * 64 * 64 * 128 + 4 * 32 * 32 * 256 + 4 * 16 * 16 * 512 + 8 * 8 * 512;

/** Float32 numbers of each of the largest tensors, those of conv1_1 and conv1_2. */
const largest = 128 * 128 * 64;

const limit = 4 * (kept + 3 * largest);

describe("a step through VGG-19 to relu5_1", () => {
  const buffers = watchBuffers();
  let stop: () => Promise<void>;
  let before: { readonly buffers: number; readonly tensors: number };
  let step: () => Promise<void>;
  beforeAll(async () => {
    const engine = await startEngine("wasm", { threads: 1 });
    const network = vgg19({ weights: randomWeights() });
    const steps = brushworkSteps(engine, network, size);
    // The first step uploads the filters and prepares the targets.
    await steps.next();
    before = { buffers: buffers.bytes(), tensors: tf.memory().numBytes };
    step = steps.next;
    stop = async () => {
      await steps.stop();
      network.dispose();
      await engine.stop();
    };
  });
  afterAll(() => stop());

  it("takes at most the kept activations and three of the largest, in buffers", async () => {
    buffers.reset();
    await step();
    const peak = buffers.peakBytes() - before.buffers;
    expect(peak).toBeGreaterThan(4 * kept);
    expect(peak).toBeLessThanOrEqual(limit);
  });

  it("does so in tensors too, although views count as copies there", async () => {
    // It samples tf.memory() after every kernel.
    const { peakBytes } = await tf.profile(async () => {
      await step();
      return [];
    });
    expect(peakBytes - before.tensors).toBeGreaterThan(4 * kept);
    expect(peakBytes - before.tensors).toBeLessThanOrEqual(limit);
  });
});
