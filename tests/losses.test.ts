import { type EngineName, startEngine } from "@brushwork/backend-node";
import { channelMean, type Engine, gramMatrix } from "@brushwork/core";
import { contentLoss } from "@brushwork/loss-content";
import { histogramLoss } from "@brushwork/loss-histogram";
import { laplacianLoss } from "@brushwork/loss-laplacian";
import { momentsLoss } from "@brushwork/loss-moments";
import { nearestLoss } from "@brushwork/loss-nearest";
import { styleLoss } from "@brushwork/loss-style";
import { tvLoss } from "@brushwork/loss-tv";
import { wassersteinLoss } from "@brushwork/loss-wasserstein";
import { temporalLoss } from "@brushwork/runs";
import { testLossTerm } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { absenceOfEngine } from "./absence-of-engine.js";

const absence: Partial<Record<EngineName, string | undefined>> = {
  native: await absenceOfEngine("native", async () => (await startEngine("native")).stop()),
};

it.each<(options: object) => unknown>([
  contentLoss,
  histogramLoss,
  laplacianLoss,
  momentsLoss,
  nearestLoss,
  styleLoss,
  tvLoss,
  wassersteinLoss,
])("%o refuses options that it does not have, and a weight that is none", (loss) => {
  expect(() => loss({ wieght: 5 })).toThrow(
    `Expected a known option of ${loss.name}, got "wieght"; did you mean weight?`,
  );
  expect(() => loss({ weight: "5" })).toThrow(
    `Expected the option weight of ${loss.name} to be a number of at least 0, got "5".`,
  );
});

// Each engine has kernels of its own, and the Gram matrix takes another way on wasm.
describe.each(["wasm", "native"] as const)("on the engine %s", (name) => {
  const missing = absence[name];
  describe.skipIf(missing !== undefined)(missing ? `skipped: ${missing}` : "the losses", () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await startEngine(name, name === "wasm" ? { threads: 1 } : {});
    });
    afterAll(() => engine.stop());

    const runner = { describe, it };
    const layers = ["relu1_1", "relu2_1", "relu3_1"];
    testLossTerm(runner, { name: "contentLoss", term: () => contentLoss({ layers }) });
    testLossTerm(runner, { name: "styleLoss", term: () => styleLoss({ layers }) });
    testLossTerm(runner, {
      name: "contentLoss, relative",
      term: () => contentLoss({ layers, reduction: "relative" }),
    });
    testLossTerm(runner, {
      name: "styleLoss, relative",
      term: () => styleLoss({ layers, reduction: "relative" }),
    });
    testLossTerm(runner, { name: "wassersteinLoss", term: () => wassersteinLoss({ layers }) });
    testLossTerm(runner, { name: "momentsLoss", term: () => momentsLoss({ layers }) });
    testLossTerm(runner, {
      name: "histogramLoss",
      term: () => histogramLoss({ layers }),
      // Values so far apart that none passes another where the gradient is measured.
      features: (names, [height, width], seed) => {
        const positions = height * width;
        const values = Array.from({ length: positions }, (_, i) => 0.04 * ((11 * i + seed) % positions));
        const activation = () => tf.tensor4d(values, [1, height, width, 1]);
        return Object.fromEntries(names.map((name) => [name, activation()]));
      },
    });
    testLossTerm(runner, {
      name: "nearestLoss",
      term: () => nearestLoss({ layers }),
      // Long features, beside which the steps are small by which the gradient is measured.
      features: (names, [height, width], seed) =>
        Object.fromEntries(
          names.map((name, i) => [
            name,
            tf.randomNormal<tf.Rank.R4>([1, height, width, 3 + i], 6, 3, "float32", seed + i),
          ]),
        ),
    });
    testLossTerm(runner, {
      name: "laplacianLoss",
      term: () => laplacianLoss({ poolSizes: [1, 2, 3] }),
    });
    testLossTerm(runner, { name: "tvLoss", term: () => tvLoss() });
    const frame = {
      picture: {
        width: 4,
        height: 3,
        data: Uint8ClampedArray.from({ length: 48 }, (_, i) => (i % 4 === 3 ? 255 : (37 * i) % 256)),
      },
      mask: Float32Array.from({ length: 12 }, (_, i) => i % 2),
    };
    testLossTerm(runner, { name: "temporalLoss", term: () => temporalLoss(frame) });

    // Covariances of rank 8 and of rank 1 in 128 channels, at as many positions as 512×512 pixels have at relu3_1.
    it.each([
      ["few patterns", 8],
      ["one pattern", 1],
    ])("find the distance of features that vary in %s alone", async (_, rank) => {
      const [side, channels] = [128, 128];
      const patterned = (seed: number, spread: number) =>
        tf.tidy(() => {
          const amounts = tf.randomNormal([side * side, rank], 0, spread, "float32", seed);
          const patterns = tf.randomNormal([rank, channels], 0, 1, "float32", 99);
          return tf.reshape(tf.add(tf.matMul(amounts, patterns), 3), [
            1,
            side,
            side,
            channels,
          ]) as tf.Tensor4D;
        });
      const [style, twice] = [patterned(1, 1), patterned(1, 2)];
      const term = wassersteinLoss({ layers: ["a"], reduction: "sum" });
      const targets = tf.tidy(() =>
        term.prepare({ content: { features: {} }, styles: [{ features: { a: style }, weight: 1 }] }),
      );
      const { value, grads } = tf.valueAndGrads((a) => term.loss({ a: a as tf.Tensor4D }, targets))([twice]);
      // Twice the deviation in every direction, the means alike but for chance: the distance is the style's variance.
      const { mean, variance } = tf.moments(style, [1, 2]);
      const means = tf.sub(tf.moments(twice, [1, 2]).mean, mean);
      const expected = tf.add(tf.sum(variance), tf.sum(tf.square(means))).dataSync()[0] as number;
      expect(value.dataSync()[0]).toBeGreaterThan(0.98 * expected);
      expect(value.dataSync()[0]).toBeLessThan(1.02 * expected);
      // 2/n (F − μ) (1 − ½) where they vary, and its sum over positions is that of the means.
      const gradient = grads[0] as tf.Tensor4D;
      const centred = tf.sub(twice, tf.moments(twice, [1, 2], true).mean);
      const wanted = tf.mul(centred, 1 / (side * side));
      const error = tf.div(tf.norm(tf.sub(gradient, wanted)), tf.norm(wanted)).dataSync()[0];
      expect(error).toBeLessThan(0.1);
      tf.dispose([style, twice, targets, value, grads, mean, variance, means, gradient, centred, wanted]);
    });

    it("multiply channels, not positions, for a Gram matrix", async () => {
      // 1·1 + 3·3 + 5·5, 1·2 + 3·4 + 5·6 and 2·2 + 4·4 + 6·6
      const activation = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 3, 1, 2]);
      expect(await gramMatrix(activation).array()).toEqual([
        [35, 44],
        [44, 56],
      ]);
    });

    it.each([
      [5, 3],
      [6, 8],
      [12, 8],
      [12, 16],
    ])("keep %i×%i positions apart in a Gram matrix", async (height, width) => {
      // One of three channels fires at each position, by turns.
      const fires = Array.from({ length: 3 * height * width }, (_, i) =>
        Math.floor(i / 3) % 3 === i % 3 ? 1 : 0,
      );
      const third = (height * width) / 3;
      expect(await gramMatrix(tf.tensor4d(fires, [1, height, width, 3])).array()).toEqual([
        [third, 0, 0],
        [0, third, 0],
        [0, 0, third],
      ]);
    });

    it("lose no digits in the sums of many positions", async () => {
      const side = 600;
      const activation = tf.fill([1, side, side, 4], 0.1) as tf.Tensor4D;
      for (const value of await channelMean(activation).data()) expect(value / 0.1).toBeCloseTo(1, 5);
      const sums = await gramMatrix(activation).data();
      for (const value of sums) expect(value / (side * side * 0.01)).toBeCloseTo(1, name === "wasm" ? 5 : 4);
    });

    it("have the gradient of a Gram matrix at many positions", async () => {
      // For G = FᵀF and a loss Σ M G, it is F (M + Mᵀ): at (1, 2), with M = [[1, 2], [0, 3]], (1·2 + 2·2, 1·2 + 2·6).
      const [height, width] = [200, 201];
      const activation = tf.tile(tf.tensor4d([1, 2], [1, 1, 1, 2]), [1, height, width, 1]) as tf.Tensor4D;
      const gradient = tf.grad((found) =>
        tf.sum(
          tf.mul(gramMatrix(found as tf.Tensor4D), [
            [1, 2],
            [0, 3],
          ]),
        ),
      )(activation);
      expect(gradient.shape).toEqual(activation.shape);
      const values = await gradient.data();
      expect([...new Set(values.filter((_, i) => i % 2 === 0))]).toEqual([6]);
      expect([...new Set(values.filter((_, i) => i % 2 === 1))]).toEqual([14]);
    });

    it("keep 64 channels apart at as many positions as are added block by block", async () => {
      const [height, width, channels] = [257, 128, 64];
      // Channel c fires c + 1 strong, at every 64th position.
      const fires = new Float32Array(height * width * channels);
      for (let position = 0; position < height * width; position++) {
        const channel = position % channels;
        fires[position * channels + channel] = channel + 1;
      }
      const gram = await gramMatrix(tf.tensor4d(fires, [1, height, width, channels])).array();
      const times = (height * width) / channels; // 514
      expect(gram).toEqual(
        Array.from({ length: channels }, (_, i) =>
          Array.from({ length: channels }, (_, j) => (i === j ? times * (i + 1) ** 2 : 0)),
        ),
      );
    });
  });
});
