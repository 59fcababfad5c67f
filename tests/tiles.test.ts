import { type EngineName, loadNetwork, startEngine } from "@brushwork/backend-node";
import {
  type Engine,
  type LossTerm,
  type Network,
  NoRoom,
  type Optimizer,
  plan,
  type RunState,
  type StyleSource,
  type StylizeOptions,
  stylize,
} from "@brushwork/core";
import { contentLoss } from "@brushwork/loss-content";
import { laplacianLoss } from "@brushwork/loss-laplacian";
import { momentsLoss } from "@brushwork/loss-moments";
import { nearestLoss } from "@brushwork/loss-nearest";
import { styleLoss } from "@brushwork/loss-style";
import { tvLoss } from "@brushwork/loss-tv";
import { wassersteinLoss } from "@brushwork/loss-wasserstein";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { absenceOfEngine } from "./absence-of-engine.js";
import { disc, stripes } from "./pictures.js";

const absence: Partial<Record<EngineName, string | undefined>> = {
  native: await absenceOfEngine("native", async () => (await startEngine("native")).stop()),
};

describe.each(["wasm", "native"] as const)("tiles on the engine %s", (name) => {
  const missing = absence[name];
  describe.skipIf(missing !== undefined)(
    missing ? `skipped: ${missing}` : "give what one piece gives",
    () => {
      let engine: Engine;
      let network: Network;
      beforeAll(async () => {
        engine = await startEngine(name);
        ({ network } = await loadNetwork("compact"));
      });
      afterAll(async () => {
        network.dispose();
        await engine.stop();
      });

      const optionsOf = (changes: Partial<StylizeOptions>): StylizeOptions => ({
        engine,
        network,
        content: disc(151, 117),
        style: stripes(90, 101),
        terms: [styleLoss()],
        scales: [{ size: 151, steps: 1 }],
        margin: 0,
        ...changes,
      });
      // Tiles of 64 pixels see 12 more on each side.
      const layers = ["relu1_1", "relu2_1", "relu3_1"];
      const style = (weight = 1) => styleLoss({ weight, layers });
      // In one piece, WebAssembly adds all positions one after another, which costs digits.
      const exactness = name === "wasm" ? 2e-5 : 1e-6;
      const terms: Record<string, () => readonly LossTerm[]> = {
        content: () => [contentLoss({ layers: ["relu3_1"] })],
        "content, relative": () => [contentLoss({ layers: ["image", "relu2_1"], reduction: "relative" })],
        style: () => [style()],
        wasserstein: () => [wassersteinLoss({ layers })],
        moments: () => [momentsLoss({ layers })],
        // Losses of the image alone need no tiles: these are next to nothing beside them.
        tv: () => [tvLoss({ weight: 100 }), style(1e-6)],
        "tv, nine-point": () => [tvLoss({ weight: 100, kind: "nine-point" }), style(1e-6)],
        laplacian: () => [laplacianLoss({ weight: 100, poolSizes: [4, 16] }), style(1e-6)],
      };

      it.each(Object.entries(terms))("the gradient of %s", async (term, make) => {
        // The inverse of the covariance's root multiplies rounding errors.
        const most = term === "wasserstein" ? 1e-4 : exactness;
        expect(await difference(optionsOf({ terms: make() }))).toBeLessThan(most);
      });

      // Its many pixels take long on WebAssembly, whose tiles the others test.
      it.skipIf(name === "wasm")(
        "the gradient of deep layers, which see 80 pixels around a tile",
        async () => {
          const changes = { terms: [contentLoss(), styleLoss()], scales: [{ size: 400, steps: 1 }] };
          expect(await difference(optionsOf(changes))).toBeLessThan(exactness);
        },
      );

      const mask = disc(40, 30);
      const styles: StyleSource[] = [
        { picture: stripes(90, 101), weight: 1, contentMask: mask, styleMask: disc(30, 30) },
        { picture: disc(120, 61), weight: 2 },
      ];
      it.each<[string, Partial<StylizeOptions>]>([
        ["a margin", { margin: 37 }],
        ["masks", { style: styles }],
        [
          "a picture that is smaller than a tile",
          { content: disc(40, 150), scales: [{ size: 150, steps: 1 }] },
        ],
        ["grey pictures", { content: grey(150, 117), style: grey(70, 90) }],
      ])("the gradient of several losses, with %s", async (_, changes) => {
        const all = [
          contentLoss({ layers: ["relu3_1"] }),
          style(10),
          momentsLoss({ layers }),
          tvLoss({ weight: 10 }),
        ];
        const known = changes.style === styles ? all.filter((term) => term.masks) : all;
        expect(await difference(optionsOf({ terms: known, ...changes }))).toBeLessThan(exactness);
      });

      // Its channels hardly vary, and rounding must not make their variances negative.
      it.each(["wasserstein", "moments"])("the loss of %s at pictures of one color", async (term) => {
        const one = (width: number, height: number) => {
          return { width, height, data: new Uint8ClampedArray(width * height * 4).fill(200) };
        };
        const changes = { content: one(320, 320), style: one(300, 280), scales: [{ size: 320, steps: 1 }] };
        const options = optionsOf({ ...changes, terms: terms[term]?.() ?? [] });
        const lossOf = async (asked: StylizeOptions) => {
          for await (const step of stylize(asked)) return (await step.losses()).total ?? Number.NaN;
          throw new Error("Expected a step.");
        };
        const whole = await lossOf(options);
        expect(await lossOf({ ...options, memoryBytes: leastMemory(options) })).toBeCloseTo(whole, 6);
      });

      it("at borders no less exactly than elsewhere, and frees every tensor", async () => {
        const options = optionsOf({ terms: [contentLoss({ layers: ["relu3_1"] }), style(10)] });
        const tight = { ...options, memoryBytes: leastMemory(options) };
        const pictureOf = async (asked: StylizeOptions) => {
          for await (const step of stylize({ ...asked, scales: [{ size: 151, steps: 5 }] }))
            if (step.last) return (await step.picture()).data;
          throw new Error("Expected a last step.");
        };
        const whole = await pictureOf(options);
        const before = tf.memory().numTensors;
        const tiled = await pictureOf(tight);
        expect(tf.memory().numTensors).toBe(before);
        // Of 255 levels, everywhere.
        expect(
          whole.reduce((most, level, i) => Math.max(most, Math.abs(level - (tiled[i] ?? 0))), 0),
        ).toBeLessThanOrEqual(1);
      });

      it("and free every tensor when aborted between two of them", async () => {
        const options = optionsOf({ terms: [contentLoss({ layers }), style(), laplacianLoss()] });
        const before = tf.memory().numTensors;
        let calls = 0;
        // Among the tiles of the first step: those of the targets are fewer.
        const signal = {
          get aborted() {
            return ++calls > 12;
          },
        };
        const run = stylize({ ...options, memoryBytes: leastMemory(options), signal });
        await expect(run.next()).rejects.toThrow("aborted");
        expect(tf.memory().numTensors).toBe(before);
      });

      it("the same, to the last bit, when the run goes on from a state with more or less memory", async () => {
        const options = optionsOf({
          terms: [contentLoss({ layers: ["relu3_1"] }), style(10)],
          scales: [{ size: 151, steps: 4 }],
        });
        const memoryBytes = leastMemory(options);
        let resume: RunState | undefined;
        const run = async (asked: StylizeOptions) => {
          for await (const step of stylize(asked)) {
            if (step.index === 2) resume = await step.state();
            if (step.last) return step.picture();
          }
          throw new Error("Expected a last step.");
        };
        const whole = await run({ ...options, memoryBytes });
        for (const left of [engine.memoryBytes, memoryBytes / 2]) {
          const less = { ...engine, memoryBytes: left };
          const state = resume as RunState;
          expect(plan({ ...options, engine: less, resume: state }).scales[0]?.tiles?.memoryBytes).toBe(
            memoryBytes,
          );
          expect(await run({ ...options, engine: less, resume: state })).toEqual(whole);
        }
      });

      it("unless a loss has to see the whole picture", () => {
        const options = optionsOf({ terms: [style(), nearestLoss({ layers })] });
        const { bytes = 0 } = plan(options);
        expect(() => plan({ ...options, memoryBytes: bytes - 1 })).toThrow(
          /^Expected a .* that fits the engine .* in one piece, as the loss "nearest" needs, got /,
        );
      });
    },
  );
});

/** The relative distance of the gradient in tiles from that in one piece. */
async function difference(options: StylizeOptions): Promise<number> {
  const whole = await gradientOf(options);
  const tiled = await gradientOf({ ...options, memoryBytes: leastMemory(options) });
  const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return norm(whole.map((value, i) => value - (tiled[i] ?? 0))) / norm(whole);
}

async function gradientOf(options: StylizeOptions): Promise<Float32Array> {
  let found = new Float32Array();
  const optimizer: Optimizer = {
    name: "recording",
    init: () => [],
    step(image, state, { gradient }) {
      found = gradient.dataSync<"float32">() as Float32Array<ArrayBuffer>;
      return { image: tf.clone(image), state };
    },
  };
  for await (const step of stylize({ ...options, optimizer, init: "noise" })) await step.losses();
  return found;
}

/** The least memory that a run fits into, in the smallest tiles. */
function leastMemory(options: StylizeOptions): number {
  let [low, high] = [1, plan(options).bytes ?? 0];
  while (high - low > 1e4) {
    const middle = (low + high) / 2;
    try {
      plan({ ...options, memoryBytes: middle });
      high = middle;
    } catch (error) {
      if (!(error instanceof NoRoom)) throw error;
      low = middle;
    }
  }
  expect(plan({ ...options, memoryBytes: high }).scales.at(-1)?.tiles?.count).toBeGreaterThan(1);
  return high;
}

function grey(width: number, height: number) {
  const picture = disc(width, height);
  return { ...picture, data: picture.data.map((_, i, all) => (i % 4 === 3 ? 255 : (all[i - (i % 4)] ?? 0))) };
}
