import "@tensorflow/tfjs-backend-cpu";
import { type Features, OptionError, type Sources, type StyleFeatures } from "@brushwork/core";
import { testLossTerm } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type MomentsLossOptions, momentsLoss } from "./moments-loss.js";

/** Positions in a row, from the channels at each. */
const row = (...positions: number[][]) =>
  tf.tensor4d(positions.flat(), [1, 1, positions.length, positions[0]!.length]);

const sources = (styles: readonly Features[], weights: readonly number[] = [1]): Sources => ({
  content: { features: {} },
  styles: styles.map((features, i) => ({ features, weight: weights[i]! })),
});

function lossOf(options: MomentsLossOptions, image: Features, styles: Sources): number {
  const term = momentsLoss({ layers: Object.keys(image), ...options });
  return term.loss(image, term.prepare(styles)).dataSync()[0]!;
}

function gradientOf(options: MomentsLossOptions, image: tf.Tensor4D, style: tf.Tensor4D): number[] {
  const term = momentsLoss({ ...options, layers: ["a"] });
  const targets = term.prepare(sources([{ a: style }]));
  const gradient = tf.grad((a) => term.loss({ a: a as tf.Tensor4D }, targets))(image);
  return Array.from(gradient.dataSync());
}

// Means 3 and 1, standard deviations 1 and 2.
const image = () => row([4, 3], [4, -1], [2, 3], [2, -1]);
// Means 1 and 0, standard deviations 3 and 1; their mean square is 1 + 9 + 0 + 1 = 11.
const style = () => row([4, 1], [4, -1], [-2, 1], [-2, -1]);

describe("momentsLoss", () => {
  it("is the squared distance of means and of standard deviations", () => {
    // (3 − 1)² + (1 − 0)² + (1 − 3)² + (2 − 1)² = 10
    const at = [{ a: image() }, sources([{ a: style() }])] as const;
    expect(lossOf({ reduction: "sum" }, ...at)).toBeCloseTo(10, 4);
    expect(lossOf({ reduction: "mean" }, ...at)).toBeCloseTo(5, 4);
    expect(lossOf({}, ...at)).toBeCloseTo(10 / 11, 5);
  });

  it("is that of a region alone, whatever lies around it, where a style has a content mask", () => {
    const around = tf.concat([image(), row([9, -7], [50, 8])], 2) as tf.Tensor4D;
    const mask = { a: row([1.5], [1.5], [1.5], [1.5], [0], [0]) };
    const given = (masks: Partial<StyleFeatures>): Sources => ({
      content: { features: {} },
      styles: [{ features: { a: style() }, weight: 1, ...masks }],
    });
    expect(lossOf({ reduction: "sum" }, { a: around }, given({ contentMasks: mask }))).toBeCloseTo(10, 4);
    const term = momentsLoss({ layers: ["a"], reduction: "sum" });
    const targets = term.prepare(given({ contentMasks: mask }));
    const found = tf.grad((a) => term.loss({ a: a as tf.Tensor4D }, targets))(around);
    const alone = gradientOf({ reduction: "sum" }, image(), style());
    for (const [i, slope] of [...alone, 0, 0, 0, 0].entries())
      expect(found.dataSync()[i]).toBeCloseTo(slope, 4);
    // The style's mask, in the same way: only the part that it shows is matched.
    const partly = { features: { a: around }, styleMasks: mask };
    expect(lossOf({}, { a: image() }, given(partly))).toBeCloseTo(0, 6);
  });

  it("weighs each position by a soft mask", () => {
    // 0 counts three times as much as 4: mean 1, mean square 4, deviation √3. The style has neither.
    const masked: Sources = {
      content: { features: {} },
      styles: [{ features: { a: row([0]) }, weight: 1, contentMasks: { a: row([1.5], [0.5]) } }],
    };
    expect(lossOf({ reduction: "sum" }, { a: row([0], [4]) }, masked)).toBeCloseTo(1 + 3, 4);
  });

  it("does not see how channels fire together", () => {
    // The same values in each channel, once together and once by turns.
    const [together, apart] = [row([1, 1], [0, 0]), row([1, 0], [0, 1])];
    expect(lossOf({}, { a: together }, sources([{ a: apart }]))).toBe(0);
  });

  it("is 0 at the style itself, in any order of positions and size, and so is its gradient", () => {
    const turned = () => row([-2, -1], [4, 1], [-2, 1], [4, -1]);
    for (const same of [style, turned, () => tf.concat([style(), turned()], 1)]) {
      expect(lossOf({}, { a: same() }, sources([{ a: style() }]))).toBeCloseTo(0, 10);
      for (const slope of gradientOf({}, same(), style())) expect(slope).toBeCloseTo(0, 6);
    }
  });

  it("pulls each channel to the style's mean and deviation", () => {
    // 2/n [(x − μ)(1 − σ'/σ) + μ − μ'] with n = 4: first channel 1/2 [±1 · (1 − 3) + 2], second 1/2 [±2 · ½ + 1].
    const expected = [0, 1, 0, 0, 2, 1, 2, 0];
    for (const [scale, upstream] of [
      [1, { reduction: "sum" }],
      [1 / 11, {}],
      [3 / 2, { reduction: "mean", layerWeights: { a: 3 } }],
    ] as const)
      gradientOf(upstream, image(), style()).forEach((slope, i) => {
        expect(slope).toBeCloseTo(scale * expected[i]!, 4);
      });
  });

  it.each([1e-6, 1, 1e6])("is the same for features scaled by %d, image and style alike", (scale) => {
    const scaled = (features: tf.Tensor4D) => ({ a: tf.mul<tf.Tensor4D>(features, scale) });
    expect(lossOf({}, scaled(image()), sources([scaled(style())]))).toBeCloseTo(10 / 11, 5);
  });

  it("does not amplify the rounding errors of a channel that does not vary", () => {
    // 0.1 has no exact mean in float32. The style's deviation is 1, the mean square of its average channel 1.01.
    const flat = tf.fill([1, 30, 30, 1], 0.1) as tf.Tensor4D;
    const slopes = gradientOf({ reduction: "sum" }, flat, row([1.1], [-0.9]));
    // At most rounding, 1e-7, of 2/900 over the root of the added variance, 1e-3.
    for (const slope of slopes) expect(Math.abs(slope)).toBeLessThan(1e-6);
  });

  it("adds its layers up by their weights", () => {
    const at = [{ a: image(), b: image() }, sources([{ a: style(), b: style() }])] as const;
    expect(lossOf({ layerWeights: { a: 3 } }, ...at)).toBeCloseTo(40 / 11, 4);
    expect(lossOf({ layerWeights: { a: 0 } }, ...at)).toBeCloseTo(10 / 11, 5);
  });

  it("blends styles by averaging their means and their deviations", () => {
    // Means 1 and 6, deviations 1 and 6: ¼ · 1 + ¾ · 6 = 4.75 of both.
    const styles = sources([{ a: row([0], [2]) }, { a: row([0], [12]) }], [0.25, 0.75]);
    expect(lossOf({ reduction: "sum" }, { a: row([4], [6]) }, styles)).toBeCloseTo(0.25 ** 2 + 3.75 ** 2, 3);
  });

  it("ignores a layer at which the style is 0", () => {
    const black = tf.zerosLike(style());
    expect(lossOf({}, { a: image() }, sources([{ a: black }]))).toBe(0);
    expect(gradientOf({}, image(), black)).toEqual(Array(8).fill(0));
  });

  it("has the same gradient whether features are kept or freed after the loss", () => {
    expect(gradientOf({}, tf.keep(image()), style())).toEqual(gradientOf({}, image(), style()));
  });

  it("uses the first layer of each block by default", () => {
    expect(momentsLoss()).toMatchObject({
      name: "moments",
      weight: 1,
      layers: ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
    });
  });

  it("passes its weight on without applying it", () => {
    const at = [{ a: image() }, sources([{ a: style() }])] as const;
    expect(momentsLoss({ weight: 7 }).weight).toBe(7);
    expect(lossOf({ weight: 7 }, ...at)).toBeCloseTo(10 / 11, 5);
  });

  it("does not need TensorFlow.js's gradients", () => {
    expect(tf.getGradient("BatchMatMul"), "a registry that is empty").toBeUndefined();
    expect(gradientOf({}, image(), style())).toHaveLength(8);
  });

  it("refuses the weight of a layer that it does not have, and features that lack a layer", () => {
    expect(() => momentsLoss({ layers: ["a"], layerWeights: { b: 1 } })).toThrow(
      new OptionError('Expected weights for the loss\'s own layers (a), got one for "b".'),
    );
    expect(() => momentsLoss({ layers: ["b"] }).prepare(sources([{ a: style() }]))).toThrow(
      new RangeError('Expected features of the layer "b", got those of a.'),
    );
  });
});

const runner = { describe, it };
testLossTerm(runner, {
  name: "momentsLoss()",
  term: () => momentsLoss({ layers: ["relu1_1", "relu2_1"] }),
});
testLossTerm(runner, {
  name: "momentsLoss() of three weighted layers, summed",
  term: () =>
    momentsLoss({
      layers: ["image", "relu1_1", "relu3_1"],
      layerWeights: { relu1_1: 0.5, relu3_1: 0 },
      reduction: "sum",
    }),
});
