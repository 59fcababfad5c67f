import "@tensorflow/tfjs-backend-cpu";
import { type Features, OptionError, type Sources, type StyleFeatures } from "@brushwork/core";
import { testLossTerm } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type HistogramLossOptions, histogramLoss } from "./histogram-loss.js";

/** Values of one channel in a row. */
const row = (...values: number[]) => tf.tensor4d(values, [1, 1, values.length, 1]);

const sources = (styles: readonly Features[], weights: readonly number[] = [1]): Sources => ({
  content: { features: {} },
  styles: styles.map((features, i) => ({ features, weight: weights[i]! })),
});

function lossOf(options: HistogramLossOptions, image: Features, styles: Sources): number {
  const term = histogramLoss({ layers: Object.keys(image), ...options });
  return term.loss(image, term.prepare(styles)).dataSync()[0]!;
}

function gradientOf(options: HistogramLossOptions, image: tf.Tensor4D, styles: Sources): number[] {
  const term = histogramLoss({ ...options, layers: ["a"] });
  const targets = term.prepare(styles);
  const gradient = tf.grad((a) => term.loss({ a: a as tf.Tensor4D }, targets))(image);
  return Array.from(gradient.dataSync());
}

/** 0, 1, …, 255, each in the middle of a bin of its own, but for both ends. */
const ramp = (scale = 1, shift = 0) => row(...Array.from({ length: 256 }, (_, i) => scale * i + shift));

describe("histogramLoss", () => {
  it("moves values to those of the same rank in the style", () => {
    // By rank, 2, 0, 1 become 20, 10, 14, up to half of the style's bins: 10 wide, in 256.
    const styles = sources([{ a: row(14, 20, 10) }]);
    const expected = [2 - 20, 0 - 10, 1 - 14];
    const slopes = gradientOf({ reduction: "sum" }, row(2, 0, 1), styles);
    for (const [i, difference] of expected.entries())
      expect(Math.abs(slopes[i]! - 2 * difference)).toBeLessThan(2 * (10 / 512) + 1e-5);
    const squares = 18 ** 2 + 10 ** 2 + 13 ** 2;
    expect(lossOf({ reduction: "sum" }, { a: row(2, 0, 1) }, styles)).toBeCloseTo(squares, -0.5);
    expect(lossOf({ reduction: "sum", bins: 1024 }, { a: row(2, 0, 1) }, styles) / squares).toBeCloseTo(1, 3);
  });

  it("is the squared distance of a shift and a stretch", () => {
    // Half as wide and 10 less: (x/2 + 10)² for x of 0 to 255.
    const styles = sources([{ a: ramp(0.5, -10) }]);
    const squares = Array.from({ length: 256 }, (_, x) => (x / 2 + 10) ** 2);
    const sum = squares.reduce((total, each) => total + each, 0);
    expect(lossOf({ reduction: "sum" }, { a: ramp() }, styles) / sum).toBeCloseTo(1, 2);
    expect(lossOf({ reduction: "mean" }, { a: ramp() }, styles) / (sum / 256)).toBeCloseTo(1, 2);
    const energy = Array.from({ length: 256 }, (_, x) => (x / 2 - 10) ** 2).reduce((a, b) => a + b, 0);
    expect(lossOf({}, { a: ramp() }, styles) / (sum / energy)).toBeCloseTo(1, 2);
  });

  it("is next to 0 at the style itself, in any order of positions and size", () => {
    const style = () => tf.randomNormal<tf.Rank.R4>([1, 8, 16, 3], 2, 1, "float32", 4);
    const twice = tf.concat([tf.reverse(style(), 1), style()], 2);
    for (const same of [style(), twice]) {
      // At most half a bin in 256 of about six deviations, squared, over a mean square of 2² + 1².
      expect(lossOf({}, { a: same }, sources([{ a: style() }]))).toBeLessThan((3 / 256) ** 2 / 5);
    }
  });

  it("is that of a region alone, whatever lies around it, where a style has a content mask", () => {
    const image = row(-900, 2, 0, 1, 4000, 7);
    const mask = { a: row(0, 2, 2, 2, 0, 0) };
    const given = (masks: Partial<StyleFeatures>): Sources => ({
      content: { features: {} },
      styles: [{ features: { a: row(14, 20, 10) }, weight: 1, ...masks }],
    });
    const found = gradientOf({ reduction: "sum" }, image, given({ contentMasks: mask }));
    const alone = gradientOf({ reduction: "sum" }, row(2, 0, 1), sources([{ a: row(14, 20, 10) }]));
    for (const [i, slope] of [0, ...alone, 0, 0].entries()) expect(found[i]).toBeCloseTo(2 * slope, 3);
    // Half of the positions count, twice as much each.
    expect(lossOf({}, { a: image }, given({ contentMasks: mask }))).toBeCloseTo(
      lossOf({}, { a: row(2, 0, 1) }, sources([{ a: row(14, 20, 10) }])),
      4,
    );
    // The style's mask, in the same way: only the part that it shows is matched.
    const partly = given({ features: { a: row(-5000, 14, 20, 10, 90, 33) }, styleMasks: mask });
    const shown = gradientOf({ reduction: "sum" }, row(2, 0, 1), partly);
    for (const [i, slope] of alone.entries()) expect(shown[i]).toBeCloseTo(slope, 3);
  });

  it("counts each value as much as a soft mask says", () => {
    // 0 has three quarters of the ranks, 1 the last quarter: their middles are 3/8 and 7/8 of the style's.
    const masked: Sources = {
      content: { features: {} },
      styles: [{ features: { a: row(...Array(8).keys()) }, weight: 1, contentMasks: { a: row(1.5, 0.5) } }],
    };
    const slopes = gradientOf({ reduction: "sum", bins: 1024 }, row(0, 1), masked);
    // Rank 3/8 is where 3 begins, 7/8 where 7 does.
    expect(slopes[0]! / 1.5).toBeCloseTo(2 * (0 - 3), 1);
    expect(slopes[1]! / 0.5).toBeCloseTo(2 * (1 - 7), 1);
  });

  it("keeps what a style of the same mean and deviation misses", () => {
    // Both have mean 0 and deviation 1: one of two values, one of three.
    const [two, three] = [row(-1, -1, -1, -1, 1, 1, 1, 1), row(-2, 0, 0, 0, 0, 0, 0, 2)];
    // Alike values all become that of their middle rank, a quarter and three quarters, where the style is 0.
    expect(lossOf({ reduction: "sum" }, { a: two }, sources([{ a: three }]))).toBeCloseTo(8, 0);
  });

  it("sends a channel that does not vary to the style's median", () => {
    const styles = sources([{ a: row(0, 1, 1, 1, 8) }]);
    // 8/256 wide: the bin of 1 begins at 1.
    for (const slope of gradientOf({ reduction: "sum" }, row(3, 3), styles))
      expect(Math.abs(slope - 2 * (3 - 1))).toBeLessThan(0.07);
  });

  it("matches each channel alone, with a scale of its own", () => {
    const both = (left: tf.Tensor4D, right: tf.Tensor4D) => tf.concat([left, right], 3);
    const image = both(ramp(), ramp(1000));
    const style = both(ramp(1, 3), ramp(1000));
    // 3² in the first.
    expect(lossOf({ reduction: "sum" }, { a: image }, sources([{ a: style }])) / 256 - 9).toBeLessThan(
      (2 * 1000 * 0.5) ** 2,
    );
    const slopes = gradientOf({ reduction: "sum" }, image, sources([{ a: style }]));
    for (let i = 0; i < 256; i++) expect(Math.abs(slopes[2 * i]! + 6)).toBeLessThan(1.01);
  });

  it("averages the histograms of several styles by their weights", () => {
    // A quarter of the values at 0 and three quarters at 4: the ranks 1/8, 3/8, 5/8 and 7/8.
    const styles = sources([{ a: row(0, 0) }, { a: row(4) }], [0.25, 0.75]);
    const slopes = gradientOf({ reduction: "sum" }, row(0, 1, 2, 3), styles);
    for (const [i, difference] of [0 - 0, 1 - 4, 2 - 4, 3 - 4].entries())
      expect(Math.abs(slopes[i]! - 2 * difference)).toBeLessThan(2 * (4 / 256));
  });

  it.each([1e-6, 1, 1e6])("is the same for features scaled by %d, image and style alike", (scale) => {
    const scaled = (features: tf.Tensor4D) => ({ a: tf.mul<tf.Tensor4D>(features, scale) });
    const found = lossOf({}, scaled(row(2, 0, 1)), sources([scaled(row(14, 20, 10))]));
    expect(found / ((18 ** 2 + 10 ** 2 + 13 ** 2) / (14 ** 2 + 20 ** 2 + 10 ** 2))).toBeCloseTo(1, 2);
  });

  it("adds its layers up by their weights", () => {
    const at = [{ a: ramp(), b: ramp() }, sources([{ a: ramp(1, 5), b: ramp(1, 5) }])] as const;
    const once = lossOf({ layerWeights: { a: 0 } }, ...at);
    expect(lossOf({ layerWeights: { a: 3 } }, ...at) / once).toBeCloseTo(4, 5);
  });

  it("ignores a layer at which the style is 0", () => {
    const black = sources([{ a: row(0, 0) }]);
    expect(lossOf({}, { a: row(1, 2) }, black)).toBe(0);
    expect(gradientOf({}, row(1, 2), black)).toEqual([0, 0]);
  });

  it("is not a number where a feature is not", () => {
    expect(lossOf({}, { a: row(1, Number.NaN, 2) }, sources([{ a: row(1, 2) }]))).toBeNaN();
  });

  it("uses two layers and 256 bins by default", () => {
    expect(histogramLoss()).toMatchObject({ name: "histogram", weight: 1, layers: ["relu1_1", "relu4_1"] });
    const at = [{ a: ramp() }, sources([{ a: ramp(0.5) }])] as const;
    expect(lossOf({}, ...at)).toBe(lossOf({ bins: 256 }, ...at));
  });

  it("passes its weight on without applying it", () => {
    const at = [{ a: ramp() }, sources([{ a: ramp(0.5) }])] as const;
    expect(histogramLoss({ weight: 7 }).weight).toBe(7);
    expect(lossOf({ weight: 7 }, ...at)).toBe(lossOf({}, ...at));
  });

  it("does not need TensorFlow.js's gradients", () => {
    expect(tf.getGradient("GatherNd"), "a registry that is empty").toBeUndefined();
    expect(gradientOf({}, row(1, 2), sources([{ a: row(1, 3) }]))).toHaveLength(2);
  });

  it("refuses the weight of a layer that it does not have, and features that lack a layer", () => {
    expect(() => histogramLoss({ layers: ["a"], layerWeights: { b: 1 } })).toThrow(
      new OptionError('Expected weights for the loss\'s own layers (a), got one for "b".'),
    );
    expect(() => histogramLoss({ layers: ["b"] }).prepare(sources([{ a: row(1) }]))).toThrow(
      new RangeError('Expected features of the layer "b", got those of a.'),
    );
  });
});

/**
 * Features whose values lie so far apart that none passes another, nor shares its bin, where the gradient is measured.
 * Only there is R constant.
 */
function apart(
  layers: readonly string[],
  [height, width]: readonly [number, number],
  seed: number,
): Features {
  const positions = height * width;
  const values = Array.from({ length: positions }, (_, i) => 0.04 * ((11 * i + seed) % positions));
  const channels = [-0.5, -1, 0.1].map((shift) =>
    tf.add<tf.Tensor4D>(tf.tensor4d(values, [1, height, width, 1]), shift),
  );
  return Object.fromEntries(
    layers.map((layer, i) => [layer, tf.mul<tf.Tensor4D>(tf.concat(channels, 3), 1 + i)]),
  );
}

const runner = { describe, it };
testLossTerm(runner, {
  name: "histogramLoss()",
  term: () => histogramLoss({ layers: ["relu1_1", "relu2_1"] }),
  features: apart,
});
testLossTerm(runner, {
  name: "histogramLoss() of three weighted layers, summed",
  term: () =>
    histogramLoss({
      layers: ["image", "relu1_1", "relu3_1"],
      layerWeights: { relu1_1: 0.5, relu3_1: 0 },
      reduction: "sum",
    }),
  features: apart,
});
