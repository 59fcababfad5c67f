import { startEngine } from "@brushwork/backend-node";
import {
  type Engine,
  type LossTerm,
  type Optimizer,
  type Picture,
  type StyleSource,
  stylize,
} from "@brushwork/core";
import { histogramLoss } from "@brushwork/loss-histogram";
import { momentsLoss } from "@brushwork/loss-moments";
import { nearestLoss } from "@brushwork/loss-nearest";
import { styleLoss } from "@brushwork/loss-style";
import { wassersteinLoss } from "@brushwork/loss-wasserstein";
import { tinyNetwork } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

type Color = readonly [number, number, number];

function pictureOf(width: number, height: number, pixel: (x: number, y: number) => Color): Picture {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) data.set([...pixel(i % width, Math.floor(i / width)), 255], 4 * i);
  return { width, height, data };
}

const [width, height] = [32, 8];
const content = pictureOf(width, height, (x, y) => [(x * 37) % 200, (y * 53) % 250, (x * y * 11) % 230]);
const waves = pictureOf(12, 12, (x, y) => ((x + y) % 4 < 2 ? [20, 40, 160] : [240, 240, 250]));
const sand = pictureOf(12, 12, (x, y) => [200, 160 + ((x * y) % 40), 90]);
const coals = pictureOf(12, 12, (x) => (x % 3 === 0 ? [250, 90, 10] : [20, 10, 10]));
const half = (side: "left" | "right") =>
  pictureOf(width, height, (x) => (x < width / 2 === (side === "left") ? [255, 255, 255] : [0, 0, 0]));

describe("two styles in two halves", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine("wasm", { threads: 1 });
  });
  afterAll(() => engine.stop());

  /** The gradient of the first step, [height, width, 3]. */
  async function gradientOf(
    style: readonly StyleSource[],
    term: (options: { readonly layers: readonly string[] }) => LossTerm = styleLoss,
  ): Promise<Float32Array> {
    const before = tf.memory().numTensors;
    let gradient: tf.Tensor | undefined;
    const optimizer: Optimizer = {
      name: "looking",
      init: () => undefined,
      step(image, state, evaluation) {
        gradient = tf.keep(tf.clone(evaluation.gradient));
        return { image, state };
      },
    };
    const network = tinyNetwork();
    const terms = [term({ layers: ["image", "relu1_1", "relu2_1"] })];
    const scales = [{ size: width, steps: 1 }];
    for await (const step of stylize({
      engine,
      network,
      content,
      style,
      terms,
      optimizer,
      scales,
      margin: 0,
    }))
      expect(step.last).toBe(true);
    network.dispose();
    const values = (await gradient?.data()) as Float32Array;
    gradient?.dispose();
    expect(tf.memory().numTensors).toBe(before);
    return values;
  }

  const column = (gradient: Float32Array, x: number) =>
    Array.from(
      { length: 3 * height },
      (_, i) => gradient[(Math.floor(i / 3) * width + x) * 3 + (i % 3)] ?? 0,
    );

  // Deep positions lie on pairs of pixels and see 3 pixels further, so those of the left half see up to 18.
  const reached = width / 2 + 3;

  it.each([
    ["Gram matrices", styleLoss],
    ["Wasserstein distances", wassersteinLoss],
    ["means and deviations", momentsLoss],
    ["histograms", histogramLoss],
    ["nearest neighbours", nearestLoss],
  ] as const)("leave each other alone, by %s", async (_, term) => {
    const right = { picture: sand, contentMask: half("right") };
    const first = await gradientOf([{ picture: waves, contentMask: half("left") }, right], term);
    const other = await gradientOf([{ picture: coals, contentMask: half("left") }, right], term);
    for (let x = 0; x < width; x++) {
      if (x < width / 2) expect(column(first, x)).not.toEqual(column(other, x));
      if (x >= reached) {
        expect(column(first, x)).toEqual(column(other, x));
        expect(column(first, x).some((value) => value !== 0)).toBe(true);
      }
    }
  });

  it("are not pulled at where no style acts", async () => {
    const gradient = await gradientOf([{ picture: waves, contentMask: half("left") }]);
    for (let x = reached; x < width; x++)
      expect(column(gradient, x).map(Math.abs)).toEqual(Array(24).fill(0));
    expect(column(gradient, 3).some((value) => value !== 0)).toBe(true);
  });

  it("are the same styles wherever a style's mask hides the rest of its picture", async () => {
    const both = pictureOf(24, 12, (x, y) => {
      const { data } = x < 12 ? waves : coals;
      const at = 4 * (12 * y + (x % 12));
      return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
    });
    const beside = pictureOf(24, 12, (x, y) => {
      const { data } = x < 12 ? waves : sand;
      const at = 4 * (12 * y + (x % 12));
      return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
    });
    // Six columns away from the seam: what is hidden is out of sight.
    const styleMask = pictureOf(24, 12, (x) => (x < 6 ? [255, 255, 255] : [0, 0, 0]));
    const [first, other] = [
      await gradientOf([{ picture: both, styleMask }]),
      await gradientOf([{ picture: beside, styleMask }]),
    ];
    expect(Array.from(first)).toEqual(Array.from(other));
    const seen = await gradientOf([{ picture: both }]);
    expect(Array.from(first)).not.toEqual(Array.from(seen));
  });
});
