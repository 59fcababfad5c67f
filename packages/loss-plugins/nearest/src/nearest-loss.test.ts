import "@tensorflow/tfjs-backend-cpu";
import { type Features, OptionError, type Sources, type StyleFeatures } from "@brushwork/core";
import { testLossTerm } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type NearestLossOptions, nearestLoss } from "./nearest-loss.js";

/** Positions in a row, from the channels at each. */
const row = (...positions: number[][]) =>
  tf.tensor4d(positions.flat(), [1, 1, positions.length, positions[0]!.length]);

const sources = (styles: readonly Features[], weights: readonly number[] = [1]): Sources => ({
  content: { features: {} },
  styles: styles.map((features, i) => ({ features, weight: weights[i]! })),
});

function lossOf(options: NearestLossOptions, image: Features, styles: Sources): number {
  const term = nearestLoss({ layers: Object.keys(image), ...options });
  return term.loss(image, term.prepare(styles)).dataSync()[0]!;
}

function gradientOf(options: NearestLossOptions, image: tf.Tensor4D, style: tf.Tensor4D): number[] {
  const term = nearestLoss({ ...options, layers: ["a"] });
  const targets = term.prepare(sources([{ a: style }]));
  const gradient = tf.grad((a) => term.loss({ a: a as tf.Tensor4D }, targets))(image);
  return Array.from(gradient.dataSync());
}

// Around their mean, (5, 5), they point along both axes.
const style = () => row([6, 5], [4, 5], [5, 6], [5, 4]);

describe("nearestLoss", () => {
  it("is one minus the cosine to the nearest of the style's features, both without their means", () => {
    // (3, 4)/5 is nearer to (0, 1), and (−3, −4)/5 to (0, −1): 4/5 each.
    expect(lossOf({}, { a: row([3, 4], [-3, -4]) }, sources([{ a: style() }]))).toBeCloseTo(0.2, 3);
    // (4, 3)/5 to (1, 0). The means are subtracted.
    expect(lossOf({}, { a: row([14, 3], [6, -3]) }, sources([{ a: style() }]))).toBeCloseTo(0.2, 3);
  });

  it("averages over positions", () => {
    // (1, 0) and (−1, 0) are in the style, (1, 1) and (−1, −1) are 45° from it.
    const image = row([1, 0], [-1, 0], [1, 1], [-1, -1]);
    expect(lossOf({}, { a: image }, sources([{ a: style() }]))).toBeCloseTo((1 - Math.SQRT1_2) / 2, 3);
  });

  it("is that of a region alone, whatever lies around it, where a style has a content mask", () => {
    const around = row([90, -7], [3, 4], [-3, -4], [5, 80]);
    const given = (masks: Partial<StyleFeatures>): Sources => ({
      content: { features: {} },
      styles: [{ features: { a: style() }, weight: 1, ...masks }],
    });
    const masked = given({ contentMasks: { a: row([0], [2], [2], [0]) } });
    expect(lossOf({}, { a: around }, masked)).toBeCloseTo(0.2, 3);
    const term = nearestLoss({ layers: ["a"] });
    const targets = term.prepare(masked);
    const found = tf
      .grad((a) => term.loss({ a: a as tf.Tensor4D }, targets))(around)
      .dataSync();
    const alone = gradientOf({}, row([3, 4], [-3, -4]), style());
    for (const [i, slope] of [0, 0, ...alone, 0, 0].entries()) expect(found[i]).toBeCloseTo(slope, 4);
  });

  it("averages over positions as a soft mask weighs them", () => {
    // 1.5 · (0 and 0) and 0.5 · (1 − √½), twice each; both pairs are opposite, so the mean is 0.
    const image = row([1, 0], [-1, 0], [1, 1], [-1, -1]);
    const masked: Sources = {
      content: { features: {} },
      styles: [{ features: { a: style() }, weight: 1, contentMasks: { a: row([1.5], [1.5], [0.5], [0.5]) } }],
    };
    expect(lossOf({}, { a: image }, masked)).toBeCloseTo((0.5 * (1 - Math.SQRT1_2)) / 2, 3);
  });

  it.each([
    ["all positions", 1024],
    ["a few samples", 5],
  ])("looks for no neighbour where a style's mask is black, among %s", (_, samples) => {
    // The left half points along the first axis; the right half, which is hidden, along the second.
    const ahead = tf.tile(row([1, 0], [-1, 0]), [1, 6, 1, 1]);
    const aside = tf.tile(row([0, 1], [0, -1]), [1, 6, 1, 1]);
    const shown = tf.tile(row([2], [2], [0], [0]), [1, 6, 1, 1]) as tf.Tensor4D;
    const features = { a: tf.concat([ahead, aside], 2) as tf.Tensor4D };
    const styles: Sources = {
      content: { features: {} },
      styles: [{ features, weight: 1, styleMasks: { a: shown } }],
    };
    // At right angles to all that is shown.
    expect(lossOf({ samples }, { a: row([0, 1], [0, -1]) }, styles)).toBeCloseTo(1, 3);
    expect(lossOf({ samples }, { a: row([1, 0], [-1, 0]) }, styles)).toBeCloseTo(0, 3);
  });

  it("takes samples as densely as a style's mask is bright", () => {
    // Each row has a value of its own, so that samples say where they are from; 1:3 in brightness.
    const features = { a: tf.reshape<tf.Rank.R4>(tf.tensor1d([1, 1, -1, -1]), [1, 4, 1, 1]) };
    const wide = { a: tf.tile(features.a, [1, 50, 100, 1]) as tf.Tensor4D };
    const bright = tf.tile(tf.reshape(tf.tensor1d([0.5, 0.5, 1.5, 1.5]), [1, 4, 1, 1]), [1, 50, 100, 1]);
    const [target] = nearestLoss({ layers: ["a"], samples: 400 }).prepare({
      content: { features: {} },
      styles: [{ features: wide, weight: 1, styleMasks: { a: bright as tf.Tensor4D } }],
    });
    // Their mean is −½, so signs stay.
    const high = Array.from(target!.rows.dataSync()).filter((value) => value > 0).length;
    expect(Math.abs(high - 100)).toBeLessThan(8);
  });

  it("is 0 at the style itself, in any order of positions, contrast and size, and so is its gradient", () => {
    const turned = () => row([5, 4], [6, 5], [5, 6], [4, 5]);
    const stronger = () => tf.mul<tf.Tensor4D>(style(), 3);
    for (const same of [style, turned, stronger, () => tf.concat([style(), turned()], 1)]) {
      expect(lossOf({}, { a: same() }, sources([{ a: style() }]))).toBeCloseTo(0, 3);
      for (const slope of gradientOf({}, same(), style())) expect(slope).toBeCloseTo(0, 4);
    }
  });

  it("turns each feature towards its neighbour, in inverse proportion to its length", () => {
    // (4/5 · (3, 4)/5 − (0, 1)) / 5 / 2 positions, and the opposite; both sum to 0 as they are.
    const pull = [(0.8 * 0.6) / 10, (0.8 * 0.8 - 1) / 10];
    const expected = [...pull, ...pull.map((each) => -each)];
    gradientOf({}, row([3, 4], [-3, -4]), style()).forEach((slope, i) => {
      expect(slope).toBeCloseTo(expected[i]!, 4);
    });
    gradientOf({ layerWeights: { a: 3 } }, row([6, 8], [-6, -8]), style()).forEach((slope, i) => {
      expect(slope).toBeCloseTo((3 * expected[i]!) / 2, 4);
    });
  });

  it.each([1e-6, 1, 1e6])("is the same for features scaled by %d, image and style alike", (scale) => {
    const scaled = (features: tf.Tensor4D) => ({ a: tf.mul<tf.Tensor4D>(features, scale) });
    const found = lossOf({}, scaled(row([3, 4], [-3, -4])), sources([scaled(style())]));
    expect(found).toBeCloseTo(0.2, 3);
  });

  it("has bounded gradients where features do not differ but by rounding", () => {
    const flat = tf.fill([1, 30, 30, 2], 0.1) as tf.Tensor4D;
    // One over the root of what is added to the style's mean square of 51, over 900 positions.
    for (const slope of gradientOf({}, flat, style()))
      expect(Math.abs(slope)).toBeLessThan(1 / Math.sqrt(51e-6) / 900 + 1e-3);
  });

  it("finds the neighbours of many positions block by block", () => {
    // 3000 directions to look for among 2000, in more than one block.
    const angles = (count: number) =>
      Array.from({ length: count }, (_, i) => (2 * Math.PI * (i + 0.5)) / count);
    const circle = (count: number) =>
      row(...angles(count).map((angle) => [Math.cos(angle), Math.sin(angle)]));
    // Three of the image's to two of the style's, 2π/2000 = w apart: a third of them are w/12 … apart.
    const nearestAngle = (angle: number) => Math.min(...angles(2000).map((other) => Math.abs(other - angle)));
    const mean = angles(3000).reduce((sum, angle) => sum + 1 - Math.cos(nearestAngle(angle)), 0) / 3000;
    const found = lossOf({ samples: 2000 }, { a: circle(3000) }, sources([{ a: circle(2000) }]));
    expect(Math.abs(found - mean)).toBeLessThan(2e-6);
  });

  it("takes that many samples, spread over the whole style", () => {
    // Each quarter of the style has a direction of its own, which its samples point to.
    const quarter = (x: number, y: number) =>
      tf.tile(tf.tensor4d([x, y], [1, 1, 1, 2]), [1, 20, 20, 1]) as tf.Tensor4D;
    const quarters = tf.concat(
      [tf.concat([quarter(1, 0), quarter(-1, 0)], 2), tf.concat([quarter(0, 1), quarter(0, -1)], 2)],
      1,
    ) as tf.Tensor4D;
    const image = row([1, 0], [-1, 0], [0, 1], [0, -1]);
    expect(lossOf({ samples: 16 }, { a: image }, sources([{ a: quarters }]))).toBeCloseTo(0, 4);
    const [target] = nearestLoss({ layers: ["a"], samples: 16 }).prepare(sources([{ a: quarters }]));
    expect([target!.rows.shape, target!.columns.shape]).toEqual([
      [16, 2],
      [2, 16],
    ]);
  });

  it("shares the samples among several styles by their weights", () => {
    const styles = sources([{ a: tf.ones([1, 9, 9, 2]) }, { a: tf.zeros([1, 9, 9, 2]) }], [0.25, 0.75]);
    const [target] = nearestLoss({ layers: ["a"], samples: 8 }).prepare(styles);
    // Two of the first, above the mean of a quarter, and six of the second, below it.
    const signs = Array.from(target!.rows.dataSync(), Math.sign);
    expect(signs).toEqual([...Array(4).fill(1), ...Array(12).fill(-1)]);
  });

  it("has no gradient where the style is the same everywhere", () => {
    const flat = tf.fill([1, 3, 3, 2], 0.7) as tf.Tensor4D;
    for (const slope of gradientOf({}, row([3, 4], [-3, -4]), flat))
      expect(Math.abs(slope)).toBeLessThan(1e-3);
  });

  it("uses four layers and 1024 samples by default", () => {
    expect(nearestLoss()).toMatchObject({
      name: "nearest",
      weight: 1,
      layers: ["relu1_1", "relu2_1", "relu3_1", "relu4_1"],
    });
    const large = sources([{ a: tf.randomNormal<tf.Rank.R4>([1, 40, 40, 2]) }]);
    const [target] = nearestLoss({ layers: ["a"] }).prepare(large);
    expect(target!.rows.shape).toEqual([1024, 2]);
  });

  // TensorFlow.js counts a reshaped tensor twice, up to two at a time, though it takes no memory of its own.
  it.each([
    ["its features", 384, 8],
    ["a block of similarities", 96, 1024],
  ])("states the memory that it works with, most of it for %s", async (_, side, samples) => {
    const term = nearestLoss({ layers: ["a"], samples });
    const image = tf.randomNormal<tf.Rank.R4>([1, side, side, 8], 3, 1, "float32", 1);
    const style = { a: tf.randomNormal<tf.Rank.R4>([1, 40, 40, 8], 3, 1, "float32", 2) };
    const mask = { a: tf.ones<tf.Rank.R4>([1, side, side, 1]) };
    const styles = [{ features: style, weight: 1, contentMasks: mask }];
    const targets = term.prepare({ content: { features: {} }, styles });
    const before = tf.memory().numBytes;
    const slope = tf.grad((a) => term.loss({ a: a as tf.Tensor4D }, targets));
    const { peakBytes } = await tf.profile(() => slope(image));
    const stated = term.workingBytes?.({ featureBytes: { a: image.size * 4 }, regions: 1 }) ?? 0;
    const counted = peakBytes - before - 2 * image.size * 4;
    expect(stated / counted).toBeGreaterThan(0.9);
    expect(stated / counted).toBeLessThan(1.15);
  });

  it("passes its weight on without applying it", () => {
    expect(nearestLoss({ weight: 7 }).weight).toBe(7);
    const at = [{ a: row([3, 4], [-3, -4]) }, sources([{ a: style() }])] as const;
    expect(lossOf({ weight: 7 }, ...at)).toBeCloseTo(0.2, 3);
  });

  it("does not need TensorFlow.js's gradients", () => {
    expect(tf.getGradient("GatherNd"), "a registry that is empty").toBeUndefined();
    expect(gradientOf({}, row([3, 4], [-3, -4]), style())).toHaveLength(4);
  });

  it("refuses the weight of a layer that it does not have, and features that lack a layer", () => {
    expect(() => nearestLoss({ layers: ["a"], layerWeights: { b: 1 } })).toThrow(
      new OptionError('Expected weights for the loss\'s own layers (a), got one for "b".'),
    );
    expect(() => nearestLoss({ layers: ["b"] }).prepare(sources([{ a: style() }]))).toThrow(
      new RangeError('Expected features of the layer "b", got those of a.'),
    );
  });
});

/** Features that are long beside the steps by which the gradient is measured: it bends where they are short. */
function long(layers: readonly string[], [height, width]: readonly [number, number], seed: number): Features {
  return Object.fromEntries(
    layers.map((layer, i) => [
      layer,
      tf.randomNormal<tf.Rank.R4>([1, height, width, 3 + i], 20, 10, "float32", seed + i),
    ]),
  );
}

const runner = { describe, it };
testLossTerm(runner, {
  name: "nearestLoss()",
  term: () => nearestLoss({ layers: ["relu1_1", "relu2_1"] }),
  features: long,
});
testLossTerm(runner, {
  name: "nearestLoss() of three weighted layers",
  term: () =>
    nearestLoss({ layers: ["image", "relu1_1", "relu3_1"], layerWeights: { relu1_1: 0.5, relu3_1: 0 } }),
  features: long,
});
