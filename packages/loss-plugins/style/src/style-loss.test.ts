import "@tensorflow/tfjs-backend-cpu";
import { type Features, OptionError, type Sources, type StyleFeatures } from "@brushwork/core";
import { testLossTerm } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type StyleLossOptions, styleLoss } from "./style-loss.js";

/** Channels at one position. */
const position = (...channels: number[]) => tf.tensor4d(channels, [1, 1, 1, channels.length]);
/** Two rows of two positions, two channels. Its Gram matrix is [[84, 100], [100, 120]]. */
const square = () => tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]);

/** The styles' features, weights equal unless given. */
const sources = (styles: readonly Features[], weights?: readonly number[]): Sources => ({
  content: { features: {} },
  styles: styles.map((features, i) => ({ features, weight: weights?.[i] ?? 1 / styles.length })),
});

function lossOf(options: StyleLossOptions, image: Features, given: Sources): number {
  const term = styleLoss({ layers: Object.keys(image), ...options });
  return term.loss(image, term.prepare(given)).dataSync()[0]!;
}

function gradientOf(options: StyleLossOptions, image: tf.Tensor4D, style: tf.Tensor4D): number[] {
  const term = styleLoss({ layers: ["a"], ...options });
  const targets = term.prepare(sources([{ a: style }]));
  const gradient = tf.grad((a) => term.loss({ a: a as tf.Tensor4D }, targets))(image);
  return Array.from(gradient.dataSync());
}

describe("styleLoss", () => {
  it("has the same gradient whether features are kept, freed after the loss, or made inside it", () => {
    // F = [1, 2], G − A = FᵀF − 0 = [[1, 2], [2, 4]]: 4 F (G − A) = 4 [5, 10]
    const style = position(0, 0);
    const image = position(1, 2);
    expect(gradientOf({ reduction: "sum" }, image, style)).toEqual([20, 40]);
    expect(gradientOf({ reduction: "sum" }, tf.keep(image), style)).toEqual([20, 40]);
    const term = styleLoss({ layers: ["a"], reduction: "sum" });
    const targets = term.prepare(sources([{ a: style }]));
    const half = tf.customGrad((x) => ({
      value: tf.mul<tf.Tensor4D>(x as tf.Tensor4D, 0.5),
      gradFunc: (dy: tf.Tensor4D) => tf.mul<tf.Tensor4D>(dy, 0.5),
    }));
    const throughHalf = tf.grad((x) => term.loss({ a: half(x) as tf.Tensor4D }, targets));
    expect(Array.from(throughHalf(position(2, 4)).dataSync())).toEqual([10, 20]);
  });

  it("sums the squared differences of Gram matrices", () => {
    // The style's Gram matrix is [[4, 0], [0, 0]]: 80² + 100² + 100² + 120²
    const style = sources([{ a: position(2, 0) }]);
    expect(lossOf({ reduction: "sum" }, { a: square() }, style)).toBe(40800);
  });

  it("divides each Gram matrix by its picture's own elements, and the squares by theirs, for a mean", () => {
    // [[84, 100], [100, 120]] / 8 − [[4, 0], [0, 0]] / 2 = [[8.5, 12.5], [12.5, 15]]; the squares sum to 609.75.
    const style = sources([{ a: position(2, 0) }]);
    expect(lossOf({}, { a: square() }, style)).toBe(152.4375);
  });

  it("divides the squares by those of the style's own matrix where it is relative", () => {
    // As above: 8.5² + 2 · 12.5² + 15² = 609.75, over 2².
    const style = sources([{ a: position(2, 0) }]);
    expect(lossOf({ reduction: "relative" }, { a: square() }, style)).toBeCloseTo(152.4375, 3);
    // 4 F (G − A) / (8 · 2²) with F = [1, 2] at the first position
    const [first, second] = gradientOf({ reduction: "relative" }, square(), position(2, 0));
    expect(first).toBeCloseTo((4 * (8.5 + 2 * 12.5)) / 32, 4);
    expect(second).toBeCloseTo((4 * (12.5 + 2 * 15)) / 32, 4);
  });

  it.each([1e-8, 1, 1e8])("is the same for features scaled by %d where it is relative", (scale) => {
    const scaled = (features: tf.Tensor4D) => ({ a: tf.mul<tf.Tensor4D>(features, scale) });
    const found = lossOf({ reduction: "relative" }, scaled(square()), sources([scaled(position(2, 0))]));
    expect(found).toBeCloseTo(152.4375, 2);
  });

  it("ignores a layer at which the style is 0 where it is relative", () => {
    const black = position(0, 0);
    expect(lossOf({ reduction: "relative" }, { a: square() }, sources([{ a: black }]))).toBe(0);
    expect(gradientOf({ reduction: "relative" }, square(), black)).toEqual(new Array(8).fill(0));
  });

  it("is 0 at the style itself, and so is its gradient", () => {
    expect(lossOf({}, { a: square() }, sources([{ a: square() }]))).toBe(0);
    expect(gradientOf({}, square(), square())).toEqual(new Array(8).fill(0));
  });

  it("does not see how often a pattern repeats, nor where, when it takes means", () => {
    const tiled = tf.tile(tf.reverse(square(), [1, 2]), [1, 3, 2, 1]);
    expect(lossOf({}, { a: square() }, sources([{ a: tiled }]))).toBeCloseTo(0, 8);
  });

  it("has the gradient of (f² − a²)² in one channel at one position", () => {
    // f = 3, a = 2: 4 · 3 · (9 − 4)
    expect(gradientOf({ reduction: "sum" }, position(3), position(2))).toEqual([60]);
    expect(gradientOf({}, position(3), position(2))).toEqual([60]);
    expect(gradientOf({ layerWeights: { a: 0.5 } }, position(3), position(2))).toEqual([30]);
  });

  it("has the gradient of (x² + y²)² in two channels, against a black style", () => {
    // 4x (x² + y²) and 4y (x² + y²) at (1, 2); a mean halves each Gram matrix, and takes a quarter of four squares.
    expect(gradientOf({ reduction: "sum" }, position(1, 2), position(0, 0))).toEqual([20, 40]);
    expect(gradientOf({}, position(1, 2), position(0, 0))).toEqual([1.25, 2.5]);
  });

  it("has the gradient of (Σ f²)² over the positions of one channel", () => {
    // 4 · f · (1 + 4 + 9) against a black style
    const image = tf.tensor4d([1, 2, 3], [1, 3, 1, 1]);
    expect(gradientOf({ reduction: "sum" }, image, position(0))).toEqual([56, 112, 168]);
  });

  it("adds its layers up, each with its weight", () => {
    const image = { a: position(3), b: position(1, 2) };
    const style = sources([{ a: position(2), b: position(0, 0) }]);
    // (9 − 4)² = 25 and (1 + 4)² = 25
    expect(lossOf({ reduction: "sum" }, image, style)).toBe(50);
    expect(lossOf({ reduction: "sum", layerWeights: { a: 3 } }, image, style)).toBe(100);
    expect(lossOf({ reduction: "sum", layerWeights: { a: 3, b: 0 } }, image, style)).toBe(75);
    // A mean divides the second by its 2² elements and, squared, by its 4 squares.
    expect(lossOf({ layerWeights: { a: 3 } }, image, style)).toBe(76.5625);
  });

  it("blends styles by the weighted average of their Gram matrices", () => {
    const styles = [{ a: position(2) }, { a: position(4) }];
    // ¼ · 4 + ¾ · 16 = 13, and (9 − 13)² = 16
    const options: StyleLossOptions = { reduction: "sum" };
    expect(lossOf(options, { a: position(3) }, sources(styles, [0.25, 0.75]))).toBe(16);
    // ½ · 4 + ½ · 16 = 10
    expect(lossOf(options, { a: position(3) }, sources(styles))).toBe(1);
  });

  it("takes styles of different sizes", () => {
    // The square's Gram matrix over 8 is [[10.5, 12.5], [12.5, 15]], the position's over 2 [[2, 0], [0, 0]].
    // Their average is [[6.25, 6.25], [6.25, 7.5]]; squared against black: 3 · 39.0625 + 56.25 = 173.4375.
    const styles = sources([{ a: square() }, { a: position(2, 0) }]);
    expect(lossOf({}, { a: position(0, 0) }, styles)).toBe(173.4375 / 4);
  });

  describe("with masks", () => {
    /** Two positions in a row, and a mask of each. */
    const pair = (first: number, second: number) => tf.tensor4d([first, second], [1, 1, 2, 1]);
    const [left, right] = [{ a: pair(2, 0) }, { a: pair(0, 2) }];
    const styles = (first: Partial<StyleFeatures>, second: Partial<StyleFeatures>): Sources => ({
      content: { features: {} },
      styles: [
        { features: { a: position(2) }, weight: 0.25, ...first },
        { features: { a: position(4) }, weight: 0.75, ...second },
      ],
    });
    const gradient = (given: Sources) => {
      const term = styleLoss({ layers: ["a"] });
      const targets = term.prepare(given);
      return Array.from(
        tf
          .grad((a) => term.loss({ a: a as tf.Tensor4D }, targets))(pair(3, 5))
          .dataSync(),
      );
    };

    it("compares each style within its region, whose area makes no difference", () => {
      const given = styles({ contentMasks: left }, { contentMasks: right });
      // ¼ (9 − 4)² + ¾ (25 − 16)²
      expect(lossOf({}, { a: pair(3, 5) }, given)).toBeCloseTo(25 / 4 + (3 * 81) / 4, 3);
      // Of (f² − a²)²: 4 f (f² − a²), each in its own region.
      const [first, second] = gradient(given);
      expect(first).toBeCloseTo((4 * 3 * 5) / 4, 3);
      expect(second).toBeCloseTo((3 * 4 * 5 * 9) / 4, 3);
    });

    it("leaves what lies outside a style's region alone", () => {
      const nowhere = { contentMasks: { a: pair(0, 0) }, styleMasks: { a: position(0) } };
      expect(gradient(styles({ contentMasks: left }, nowhere))[1]).toBe(0);
      expect(lossOf({}, { a: pair(3, 5) }, styles({ contentMasks: left }, nowhere))).toBeCloseTo(25 / 4, 4);
    });

    it("blends the styles without a region everywhere", () => {
      // ¾ ((9 + 25)/2 − 16)² everywhere, and ¼ (9 − 4)² on the left.
      expect(lossOf({}, { a: pair(3, 5) }, styles({ contentMasks: left }, {}))).toBeCloseTo(0.75 + 25 / 4, 4);
    });

    it("counts the part of a style that its mask shows", () => {
      const half = { features: { a: pair(2, 100) }, styleMasks: left };
      // As without masks: ¼ · 4 + ¾ · 16 = 13, and ((9 + 25)/2 − 13)² = 16
      expect(lossOf({}, { a: pair(3, 5) }, styles(half, {}))).toBeCloseTo(16, 4);
    });

    it("weighs soft masks", () => {
      const soft = { contentMasks: { a: pair(0.5, 1.5) } };
      const given = { ...styles({}, {}), styles: [{ features: { a: position(2) }, weight: 1, ...soft }] };
      // (¼ · 9 + ¾ · 25 − 4)² = 17²
      expect(lossOf({}, { a: pair(3, 5) }, given)).toBeCloseTo(289, 2);
    });
  });

  it("is the paper's with layer weights of 1 / 4C²M²", () => {
    // Two channels, four positions: 40800 / (4 · 4 · 16)
    const style = sources([{ a: position(2, 0) }]);
    const options: StyleLossOptions = { reduction: "sum", layerWeights: { a: 1 / 256 } };
    expect(lossOf(options, { a: square() }, style)).toBe(159.375);
  });

  it("passes its weight on without applying it", () => {
    expect(styleLoss({ weight: 7 }).weight).toBe(7);
    expect(lossOf({ weight: 7 }, { a: position(3) }, sources([{ a: position(2) }]))).toBe(25);
  });

  it("uses the first layer of each block by default", () => {
    expect(styleLoss()).toMatchObject({
      name: "style",
      weight: 1,
      layers: ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
    });
  });

  it("does not need TensorFlow.js's gradients", () => {
    expect(tf.getGradient("BatchMatMul"), "a registry that is empty").toBeUndefined();
    expect(gradientOf({}, square(), position(1, 1))).toHaveLength(8);
  });

  it.each([
    [
      { relu9_9: 1 },
      'Expected weights for the loss\'s own layers (relu1_1, relu2_1), got one for "relu9_9".',
    ],
    [{ relu1_1: -1 }, 'Expected the weight of the layer "relu1_1" to be 0 or more, got -1.'],
    [{ relu2_1: Infinity }, 'Expected the weight of the layer "relu2_1" to be 0 or more, got Infinity.'],
  ])("refuses the layer weights %o", (layerWeights, message) => {
    const options = { layers: ["relu1_1", "relu2_1"], layerWeights: layerWeights as Record<string, number> };
    expect(() => styleLoss(options)).toThrow(new OptionError(message));
  });

  it("names the layer that its features lack", () => {
    expect(() => styleLoss({ layers: ["b"] }).prepare(sources([{ a: square() }]))).toThrow(
      new RangeError('Expected features of the layer "b", got those of a.'),
    );
  });
});

const runner = { describe, it };
testLossTerm(runner, {
  name: "styleLoss() that is relative",
  term: () => styleLoss({ layers: ["relu1_1", "relu2_1"], reduction: "relative" }),
});
testLossTerm(runner, { name: "styleLoss()", term: () => styleLoss({ layers: ["relu1_1", "relu2_1"] }) });
testLossTerm(runner, {
  name: "styleLoss() of three weighted layers, summed",
  term: () =>
    styleLoss({
      layers: ["image", "relu1_1", "relu3_1"],
      layerWeights: { relu1_1: 0.5, relu3_1: 0 },
      reduction: "sum",
    }),
});
