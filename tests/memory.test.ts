import { loadNetwork, startEngine } from "@brushwork/backend-node";
import { type Engine, type LossTerm, type Network, type Step, stylize } from "@brushwork/core";
import { contentLoss } from "@brushwork/loss-content";
import { styleLoss } from "@brushwork/loss-style";
import { tvLoss } from "@brushwork/loss-tv";
import { wassersteinLoss } from "@brushwork/loss-wasserstein";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { disc, stripes } from "./pictures.js";

describe("a run frees every tensor", () => {
  let engine: Engine;
  let network: Network;
  let before: number;
  beforeAll(async () => {
    engine = await startEngine("wasm", { threads: 1 });
  });
  afterAll(() => engine.stop());
  beforeEach(async () => {
    before = tf.memory().numTensors;
    ({ network } = await loadNetwork("compact"));
  });
  afterEach(() => {
    // A network makes its filters when they are first needed, and keeps them.
    network.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  /** Two sizes, two styles, a margin, averages and transparent pixels: all that holds tensors. */
  function run(
    steps: number,
    signal?: AbortSignal,
    additional: readonly LossTerm[] = [],
  ): AsyncGenerator<Step> {
    const content = disc(64, 48);
    content.data[3] = 100;
    return stylize({
      engine,
      network,
      content,
      style: [{ picture: stripes(48, 64) }, { picture: disc(64, 64), weight: 2 }],
      terms: [
        contentLoss(),
        styleLoss({ weight: 10 }),
        wassersteinLoss(),
        tvLoss({ weight: 1e6 }),
        ...additional,
      ],
      scales: [
        { size: 32, steps: 2 },
        { size: 64, steps },
      ],
      margin: 16,
      ...(signal && { signal }),
    });
  }

  it("at its end, however often it was read", async () => {
    let count = 0;
    for await (const step of run(3)) {
      count++;
      if (count % 2 === 0) await Promise.all([step.picture(), step.picture(), step.losses()]);
    }
    expect(count).toBe(5);
  });

  it("after a break", async () => {
    for await (const step of run(3)) if (step.index === 4) break;
  });

  it("after a break at the first size, with a reading under way", async () => {
    let reading: Promise<unknown> | undefined;
    for await (const step of run(3)) {
      reading = step.picture();
      break;
    }
    await expect(reading).resolves.toMatchObject({ width: 32, height: 24 });
  });

  it("after an abort that a timer triggers", async () => {
    const controller = new AbortController();
    let count = 0;
    const painting = (async () => {
      for await (const _ of run(10_000, controller.signal))
        if (++count === 4) setTimeout(() => controller.abort(), 20);
    })();
    await expect(painting).rejects.toMatchObject({ name: "AbortError" });
    expect(count).toBeGreaterThanOrEqual(4);
    expect(count).toBeLessThan(1000);
  });

  it("after an error in the loop's body", async () => {
    const failure = new Error("The disk is full.");
    const painting = (async () => {
      for await (const _ of run(3)) throw failure;
    })();
    await expect(painting).rejects.toBe(failure);
  });

  /** A loss that fails at one place, at the third step: on the second size. */
  const failing = (where: "prepare" | "value" | "gradient"): LossTerm => {
    let [preparations, evaluations] = [0, 0];
    const fail = (): never => {
      throw new Error("A broken loss.");
    };
    return {
      name: "failing",
      weight: 1,
      layers: ["relu2_1"],
      prepare({ content }) {
        const target = tf.mean(content.features.relu2_1 as tf.Tensor4D);
        return ++preparations === 2 && where === "prepare" ? fail() : target;
      },
      loss(features) {
        const late = ++evaluations === 3;
        const differentiated = tf.customGrad((x, save) => {
          (save as tf.GradSaveFunc)([x as tf.Tensor]);
          return {
            value: tf.mean(x as tf.Tensor),
            gradFunc: () => (late && where === "gradient" ? fail() : tf.zerosLike(x as tf.Tensor)),
          };
        });
        const value = differentiated(features.relu2_1 as tf.Tensor4D) as tf.Scalar;
        return late && where === "value" ? fail() : value;
      },
    };
  };

  it.each(["prepare", "value", "gradient"] as const)("after a loss whose %s throws", async (where) => {
    const painting = (async () => {
      for await (const _ of run(3, undefined, [failing(where)]));
    })();
    await expect(painting).rejects.toThrow("A broken loss.");
  });
});
