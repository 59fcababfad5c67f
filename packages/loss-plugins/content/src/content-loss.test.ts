import "@tensorflow/tfjs-backend-cpu";
import { type Features, OptionError, type Sources } from "@brushwork/core";
import { testLossTerm } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type ContentLossOptions, contentLoss } from "./content-loss.js";

/** Two rows of two positions, one channel. */
const square = (values: number[]) => tf.tensor4d(values, [1, 2, 2, 1]);
/** One position of one channel. */
const single = (value: number) => tf.tensor4d([value], [1, 1, 1, 1]);

const sources = (content: Features): Sources => ({ content: { features: content }, styles: [] });

function lossOf(options: ContentLossOptions, image: Features, content: Features): number {
  const term = contentLoss(options);
  return term.loss(image, term.prepare(sources(content))).dataSync()[0]!;
}

function gradientOf(options: ContentLossOptions, image: tf.Tensor4D, content: tf.Tensor4D): number[] {
  const term = contentLoss({ ...options, layers: ["a"] });
  const targets = term.prepare(sources({ a: content }));
  const gradient = tf.grad((a) => term.loss({ a: a as tf.Tensor4D }, targets))(image);
  return Array.from(gradient.dataSync());
}

// The differences are 1, 0, −2 and −4, their squares sum to 21.
const image = () => square([2, 2, 1, 0]);
const content = () => square([1, 2, 3, 4]);

describe("contentLoss", () => {
  it("is the mean of the squared differences, or their sum", () => {
    const layers = ["a"];
    expect(lossOf({ layers }, { a: image() }, { a: content() })).toBe(5.25);
    expect(lossOf({ layers, reduction: "sum" }, { a: image() }, { a: content() })).toBe(21);
  });

  it("is the share of the content's own squares where it is relative", () => {
    // 21 over 1 + 4 + 9 + 16 = 30
    expect(lossOf({ layers: ["a"], reduction: "relative" }, { a: image() }, { a: content() })).toBeCloseTo(
      0.7,
      6,
    );
    const gradient = gradientOf({ reduction: "relative" }, image(), content());
    for (const [i, difference] of [1, 0, -2, -4].entries())
      expect(gradient[i]).toBeCloseTo((2 * difference) / 30, 6);
  });

  it.each([1e-8, 1, 1e8])("is the same for features scaled by %d where it is relative", (scale) => {
    const scaled = (features: tf.Tensor4D) => ({ a: tf.mul<tf.Tensor4D>(features, scale) });
    const found = lossOf({ layers: ["a"], reduction: "relative" }, scaled(image()), scaled(content()));
    expect(found).toBeCloseTo(0.7, 5);
  });

  it("ignores a layer at which the content is 0 where it is relative", () => {
    const black = () => tf.zerosLike(content());
    expect(lossOf({ layers: ["a"], reduction: "relative" }, { a: image() }, { a: black() })).toBe(0);
    expect(gradientOf({ reduction: "relative" }, image(), black())).toEqual([0, 0, 0, 0]);
  });

  it("is 0 at the content itself, and so is its gradient", () => {
    expect(lossOf({ layers: ["a"] }, { a: content() }, { a: content() })).toBe(0);
    expect(gradientOf({}, content(), content())).toEqual([0, 0, 0, 0]);
  });

  it("has twice the difference for a gradient, over the number of elements for a mean", () => {
    expect(gradientOf({ reduction: "sum" }, image(), content())).toEqual([2, 0, -4, -8]);
    expect(gradientOf({}, image(), content())).toEqual([0.5, 0, -1, -2]);
    expect(gradientOf({ layerWeights: { a: 10 } }, image(), content())).toEqual([5, 0, -10, -20]);
  });

  it("adds its layers up, each with its weight and its own number of elements", () => {
    const options = { layers: ["a", "b"], layerWeights: { a: 2 } };
    const at = [
      { a: image(), b: single(3) },
      { a: content(), b: single(1) },
    ] as const;
    // 2 · 21/4 + 4
    expect(lossOf(options, ...at)).toBe(14.5);
    expect(lossOf({ ...options, reduction: "sum" }, ...at)).toBe(46);
  });

  it("ignores a layer whose weight is 0", () => {
    const options = { layers: ["a", "b"], layerWeights: { a: 0 } };
    expect(lossOf(options, { a: image(), b: single(3) }, { a: content(), b: single(1) })).toBe(4);
  });

  it("is the paper's with a weight of one half and the sum", () => {
    // ½ (1 + 0 + 4 + 16)
    const options: ContentLossOptions = { layers: ["a"], reduction: "sum", layerWeights: { a: 0.5 } };
    expect(lossOf(options, { a: image() }, { a: content() })).toBe(10.5);
  });

  it("passes its weight on without applying it", () => {
    expect(contentLoss({ weight: 7 }).weight).toBe(7);
    expect(lossOf({ weight: 7, layers: ["a"] }, { a: image() }, { a: content() })).toBe(5.25);
  });

  it("uses relu4_2 by default", () => {
    expect(contentLoss()).toMatchObject({ name: "content", weight: 1, layers: ["relu4_2"] });
  });

  it("does not need TensorFlow.js's gradients", () => {
    expect(tf.getGradient("Square"), "a registry that is empty").toBeUndefined();
    expect(gradientOf({}, image(), content())).toHaveLength(4);
  });

  it.each([
    [
      { relu9_9: 1 },
      'Expected weights for the loss\'s own layers (relu1_1, relu2_1), got one for "relu9_9".',
    ],
    [{ relu1_1: -1 }, 'Expected the weight of the layer "relu1_1" to be 0 or more, got -1.'],
    [{ relu1_1: Number.NaN }, 'Expected the weight of the layer "relu1_1" to be 0 or more, got NaN.'],
  ])("refuses the layer weights %o", (layerWeights, message) => {
    const options = { layers: ["relu1_1", "relu2_1"], layerWeights: layerWeights as Record<string, number> };
    expect(() => contentLoss(options)).toThrow(new OptionError(message));
  });

  it("names the layer that its features lack", () => {
    expect(() => contentLoss().prepare(sources({ a: content() }))).toThrow(
      new RangeError('Expected features of the layer "relu4_2", got those of a.'),
    );
  });
});

const runner = { describe, it };
testLossTerm(runner, {
  name: "contentLoss() that is relative",
  term: () => contentLoss({ layers: ["relu1_1", "relu2_1"], reduction: "relative" }),
});
testLossTerm(runner, { name: "contentLoss()", term: () => contentLoss() });
testLossTerm(runner, {
  name: "contentLoss() of three weighted layers, summed",
  term: () =>
    contentLoss({
      layers: ["image", "relu1_1", "relu3_1"],
      layerWeights: { relu1_1: 0.5, relu3_1: 0 },
      reduction: "sum",
    }),
});
