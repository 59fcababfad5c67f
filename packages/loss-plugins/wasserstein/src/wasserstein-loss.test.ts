import "@tensorflow/tfjs-backend-cpu";
import { type Features, OptionError, type Sources, type StyleFeatures } from "@brushwork/core";
import { testLossTerm } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type WassersteinLossOptions, wassersteinLoss } from "./wasserstein-loss.js";

/** Positions in a row, from the channels at each. */
const row = (...positions: number[][]) =>
  tf.tensor4d(positions.flat(), [1, 1, positions.length, positions[0]!.length]);

const sources = (styles: readonly Features[], weights: readonly number[] = [1]): Sources => ({
  content: { features: {} },
  styles: styles.map((features, i) => ({ features, weight: weights[i]! })),
});

function lossOf(options: WassersteinLossOptions, image: Features, styles: Sources): number {
  const term = wassersteinLoss({ layers: Object.keys(image), ...options });
  return term.loss(image, term.prepare(styles)).dataSync()[0]!;
}

function gradientOf(options: WassersteinLossOptions, image: tf.Tensor4D, style: tf.Tensor4D): number[] {
  const term = wassersteinLoss({ ...options, layers: ["a"] });
  const targets = term.prepare(sources([{ a: style }]));
  const gradient = tf.grad((a) => term.loss({ a: a as tf.Tensor4D }, targets))(image);
  return Array.from(gradient.dataSync());
}

// Channels that vary alone: means 3 and 1, standard deviations 1 and 2.
const image = () => row([4, 3], [4, -1], [2, 3], [2, -1]);
// Means 1 and 0, standard deviations 3 and 1; their mean square is 1 + 9 + 0 + 1 = 11.
const style = () => row([4, 1], [4, -1], [-2, 1], [-2, -1]);

describe("wassersteinLoss", () => {
  it("is the distance of means and of standard deviations where channels vary alone", () => {
    // (3 − 1)² + (1 − 0)² + (1 − 3)² + (2 − 1)² = 10
    const at = [{ a: image() }, sources([{ a: style() }])] as const;
    expect(lossOf({ reduction: "sum" }, ...at)).toBeCloseTo(10, 2);
    expect(lossOf({ reduction: "mean" }, ...at)).toBeCloseTo(5, 2);
    expect(lossOf({}, ...at)).toBeCloseTo(10 / 11, 3);
  });

  it("is that of a region alone, whatever lies around it, where a style has a content mask", () => {
    const around = tf.concat([image(), row([9, -7], [50, 8])], 2) as tf.Tensor4D;
    const mask = { a: row([1.5], [1.5], [1.5], [1.5], [0], [0]) };
    const given = (masks: Partial<StyleFeatures>): Sources => ({
      content: { features: {} },
      styles: [{ features: { a: style() }, weight: 1, ...masks }],
    });
    const term = wassersteinLoss({ layers: ["a"], reduction: "sum" });
    const targets = term.prepare(given({ contentMasks: mask }));
    expect(term.loss({ a: around }, targets).dataSync()[0]).toBeCloseTo(10, 2);
    const found = Array.from(
      tf
        .grad((a) => term.loss({ a: a as tf.Tensor4D }, targets))(around)
        .dataSync(),
    );
    const alone = gradientOf({ reduction: "sum" }, image(), style());
    for (const [i, slope] of [...alone, 0, 0, 0, 0].entries()) expect(found[i]).toBeCloseTo(slope, 3);
    // The style's mask, in the same way: only the part that it shows is matched.
    const partly = { features: { a: around }, styleMasks: mask };
    expect(lossOf({ reduction: "sum" }, { a: image() }, given(partly))).toBeCloseTo(0, 3);
  });

  it("is the distance between normal distributions that lie askew", () => {
    // Covariances [[5, 4], [4, 5]] / 2 and [[2, 0], [0, 2]] / 2: the first has the eigenvalues 9/2 and 1/2, and the
    // second is a multiple of the identity, so the distance is (√4.5 − 1)² + (√0.5 − 1)² = 1.2573 + 0.0858.
    const askew = row([3, 3], [-3, -3], [1, -1], [-1, 1], [0, 0], [0, 0], [0, 0], [0, 0]);
    const round = row([2, 0], [-2, 0], [0, 2], [0, -2], [0, 0], [0, 0], [0, 0], [0, 0]);
    // Over eight positions: [[20, 16], [16, 20]] / 8 and [[8, 0], [0, 8]] / 8.
    const found = lossOf({ reduction: "sum" }, { a: askew }, sources([{ a: round }]));
    expect(found).toBeCloseTo((Math.sqrt(4.5) - 1) ** 2 + (Math.sqrt(0.5) - 1) ** 2, 3);
  });

  it("is 0 at the style itself, and at the same positions in another order, and so is its gradient", () => {
    const turned = () => row([-2, -1], [4, 1], [-2, 1], [4, -1]);
    for (const same of [style, turned]) {
      expect(lossOf({}, { a: same() }, sources([{ a: style() }]))).toBeCloseTo(0, 5);
      for (const slope of gradientOf({}, same(), style())) expect(slope).toBeCloseTo(0, 4);
    }
  });

  it("pulls each channel to the style's mean and deviation", () => {
    // 2/n [(x − μ)(1 − σ'/σ) + μ − μ'] with n = 4: first channel 1/2 [±1 · (1 − 3) + 2], second 1/2 [±2 · ½ + 1].
    const expected = [0, 1, 0, 0, 2, 1, 2, 0];
    gradientOf({ reduction: "sum" }, image(), style()).forEach((slope, i) => {
      expect(slope).toBeCloseTo(expected[i]!, 2);
    });
  });

  it.each([1e-6, 1, 1e6])("is the same for features scaled by %d, image and style alike", (scale) => {
    const scaled = (features: tf.Tensor4D) => ({ a: tf.mul<tf.Tensor4D>(features, scale) });
    expect(lossOf({}, scaled(image()), sources([scaled(style())]))).toBeCloseTo(10 / 11, 3);
  });

  it("adds its layers up by their weights", () => {
    const at = [{ a: image(), b: image() }, sources([{ a: style(), b: style() }])] as const;
    expect(lossOf({ layerWeights: { a: 3 } }, ...at)).toBeCloseTo(40 / 11, 2);
    expect(lossOf({ layerWeights: { a: 0 } }, ...at)).toBeCloseTo(10 / 11, 3);
  });

  it("blends styles by averaging their moments", () => {
    // Half of the positions at 0, half at 2: mean 1, deviation 1. Those of the image: mean 3, deviation 0.
    const styles = sources([{ a: row([0]) }, { a: row([2]) }], [0.5, 0.5]);
    expect(lossOf({ reduction: "sum" }, { a: row([3], [3]) }, styles)).toBeCloseTo(4 + 1, 1);
  });

  describe("blending styles by their barycenter", () => {
    const barycenter = { reduction: "sum", blending: "barycenter" } as const;

    it("averages deviations where channels vary alone", () => {
      // Deviations 1 and 2, mean 3 and 1; deviations 3 and 1, mean 1 and 0. With weights of ¼ and ¾: 2½ and 1¼, 1½ and ¼.
      const styles = sources([{ a: image() }, { a: style() }], [0.25, 0.75]);
      const between = () => row([4, 1.5], [4, -1], [-1, 1.5], [-1, -1]);
      expect(lossOf(barycenter, { a: between() }, styles)).toBeCloseTo(0, 3);
      // At the first style: a way of ¾ of (2, 1) for the means, and of (2, 1) for the deviations.
      expect(lossOf(barycenter, { a: image() }, styles)).toBeCloseTo((9 / 16) * 10, 2);
    });

    it("lies between covariances that do not commute, at the same distance from both", () => {
      // With B = [[1, 1], [0, 1]] and a diagonal D, BᵀB is the barycenter of (I ± D) BᵀB (I ± D): the maps to them,
      // I + D and I − D, are positive and average to I. Positions ±√2 times the rows of B have the covariance BᵀB.
      const [a, b] = [0.5, -0.25];
      const positions = (x: number, y: number) => {
        const [s, t] = [Math.SQRT2 * x, Math.SQRT2 * y];
        return row([s, t], [-s, -t], [0, t], [0, -t]);
      };
      const styles = sources([{ a: positions(1 + a, 1 + b) }, { a: positions(1 - a, 1 - b) }], [0.5, 0.5]);
      expect(lossOf(barycenter, { a: positions(1, 1) }, styles)).toBeCloseTo(0, 3);
      // Each is away by tr (D BᵀB D) = a² + 2 b².
      expect(lossOf(barycenter, { a: positions(1 + a, 1 + b) }, styles)).toBeCloseTo(0.375, 2);
      expect(lossOf(barycenter, { a: positions(1 - a, 1 - b) }, styles)).toBeCloseTo(0.375, 2);
      // The positions of both together vary more.
      expect(lossOf({ reduction: "sum" }, { a: positions(1, 1) }, styles)).toBeGreaterThan(0.02);
    });

    it("is the style itself where there is one, or where all are alike", () => {
      for (const styles of [
        sources([{ a: style() }]),
        sources([{ a: style() }, { a: style() }], [0.3, 0.7]),
      ]) {
        expect(lossOf(barycenter, { a: style() }, styles)).toBeCloseTo(0, 4);
        expect(lossOf(barycenter, { a: image() }, styles)).toBeCloseTo(10, 2);
      }
    });
  });

  describe("with a fixed number of iterations and an added variance", () => {
    const fixed = { reduction: "sum", iterations: 30, epsilon: 1e-6 } as const;

    it("is the same distance with the same gradient, once the iterations have converged", () => {
      expect(lossOf(fixed, { a: image() }, sources([{ a: style() }]))).toBeCloseTo(10, 4);
      const expected = [0, 1, 0, 0, 2, 1, 2, 0];
      gradientOf(fixed, image(), style()).forEach((slope, i) => {
        expect(slope).toBeCloseTo(expected[i]!, 4);
      });
    });

    it("adds the variance to both, in the features' own units", () => {
      // Deviations √(1 + 3) and √(4 + 3), √(9 + 3) and √(1 + 3), and the same means.
      const found = lossOf({ ...fixed, epsilon: 3 }, { a: image() }, sources([{ a: style() }]));
      expect(found).toBeCloseTo(4 + 1 + (2 - Math.sqrt(12)) ** 2 + (Math.sqrt(7) - 2) ** 2, 4);
    });

    it("ignores a layer at which the style is 0", () => {
      expect(lossOf(fixed, { a: image() }, sources([{ a: tf.zerosLike(style()) }]))).toBe(0);
    });
  });

  it("takes styles of another size", () => {
    const larger = tf.concat([style(), style()], 1);
    expect(lossOf({}, { a: style() }, sources([{ a: larger }]))).toBeCloseTo(0, 5);
  });

  it("ignores a layer at which the style is 0", () => {
    const black = tf.zerosLike(style());
    expect(lossOf({}, { a: image() }, sources([{ a: black }]))).toBe(0);
    expect(gradientOf({}, image(), black)).toEqual(Array(8).fill(0));
  });

  it("stays right where there are far fewer positions than channels", () => {
    const few = (seed: number) => tf.randomUniform<tf.Rank.R4>([1, 1, 5, 64], 0, 1000, "float32", seed);
    const same = lossOf({}, { a: few(1) }, sources([{ a: few(1) }]));
    expect(same).toBeCloseTo(0, 3);
    for (const slope of gradientOf({}, few(1), few(2))) expect(Math.abs(slope)).toBeLessThan(1);
  });

  it("uses the first layer of each block by default", () => {
    expect(wassersteinLoss()).toMatchObject({
      name: "wasserstein",
      weight: 1,
      layers: ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
    });
  });

  it("passes its weight on without applying it", () => {
    const at = [{ a: image() }, sources([{ a: style() }])] as const;
    expect(wassersteinLoss({ weight: 7 }).weight).toBe(7);
    expect(lossOf({ weight: 7 }, ...at)).toBeCloseTo(10 / 11, 3);
  });

  it("does not need TensorFlow.js's gradients", () => {
    expect(tf.getGradient("BatchMatMul"), "a registry that is empty").toBeUndefined();
    expect(gradientOf({}, image(), style())).toHaveLength(8);
  });

  it("refuses the weight of a layer that it does not have, and features that lack a layer", () => {
    expect(() => wassersteinLoss({ layers: ["a"], layerWeights: { b: 1 } })).toThrow(
      new OptionError('Expected weights for the loss\'s own layers (a), got one for "b".'),
    );
    expect(() => wassersteinLoss({ layers: ["b"] }).prepare(sources([{ a: style() }]))).toThrow(
      new RangeError('Expected features of the layer "b", got those of a.'),
    );
  });
});

const runner = { describe, it };
testLossTerm(runner, {
  name: "wassersteinLoss()",
  term: () => wassersteinLoss({ layers: ["relu1_1", "relu2_1"] }),
});
testLossTerm(runner, {
  name: "wassersteinLoss() of three weighted layers, summed",
  term: () =>
    wassersteinLoss({
      layers: ["image", "relu1_1", "relu3_1"],
      layerWeights: { relu1_1: 0.5, relu3_1: 0 },
      reduction: "sum",
    }),
});
testLossTerm(runner, {
  name: "wassersteinLoss() to a barycenter, with fixed iterations",
  term: () =>
    wassersteinLoss({
      layers: ["relu1_1", "relu2_1"],
      reduction: "mean",
      blending: "barycenter",
      epsilon: 1e-3,
      iterations: 40,
    }),
});
