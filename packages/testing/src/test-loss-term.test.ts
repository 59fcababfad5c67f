import { activationOf, type Features, type LossTerm } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import { failuresOf } from "./failures.js";
import { testLossTerm } from "./test-loss-term.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

type Means = Record<string, tf.Tensor>;

const layers = ["image", "relu1_1"];

/** Squared distance of the channels' means from the styles': a sound term of two layers. */
function means(change: Partial<LossTerm<Means>> = {}): LossTerm<Means> {
  return {
    name: "means",
    weight: 1,
    layers,
    prepare: ({ styles }) =>
      Object.fromEntries(
        layers.map((layer) => [
          layer,
          tf.addN(styles.map(({ features, weight }) => tf.mul(meanOf(features, layer), weight))),
        ]),
      ),
    loss: (features, targets) =>
      tf.addN(layers.map((layer) => distance(features, targets, layer))) as tf.Scalar,
    ...change,
  };
}

function meanOf(features: Features, layer: string): tf.Tensor {
  return tf.mean(activationOf(features, layer), [0, 1, 2]);
}

function distance(features: Features, targets: Means, layer: string): tf.Scalar {
  return tf.mean(tf.squaredDifference(meanOf(features, layer), targets[layer]!));
}

/** The mean square of the image, with a gradient that may be wrong. */
function meanSquare(gradient: (image: tf.Tensor, dy: tf.Tensor) => tf.Tensor): LossTerm {
  return {
    name: "mean square",
    weight: 1,
    layers: ["image"],
    prepare: () => undefined,
    loss: ({ image }) =>
      tf.customGrad<tf.Scalar>((...[x]) => ({
        value: tf.mean(tf.square(x as tf.Tensor)),
        gradFunc: (dy: tf.Tensor) => gradient(x as tf.Tensor, dy),
      }))(image!),
  };
}

const broken: Readonly<Record<string, { term: () => LossTerm; failure: RegExp }>> = {
  "a gradient that is 5% too large": {
    term: () => meanSquare((x, dy) => tf.mul(x, tf.mul(dy, 2.1 / x.size))),
    failure:
      /gradient with respect to every layer is right.* Expected the gradient with respect to image to be .* at index/,
  },
  "a gradient that ignores the one that comes to it": {
    term: () => meanSquare((x) => tf.mul(x, 2 / x.size)),
    failure: /Expected the gradient with respect to image for an upstream gradient of 3 to be/,
  },
  "a gradient of another shape": {
    term: () => meanSquare((x, dy) => tf.mul(tf.reshape(x, [-1]), tf.mul(dy, 2 / x.size))),
    failure: /shape/,
  },
  "a gradient that is kept": {
    term: () => meanSquare((x, dy) => tf.keep(tf.mul(x, tf.mul(tf.keep(tf.mul(dy, 2)), 1 / x.size)))),
    failure: /Expected the gradient of loss to leave 0 more tensors than before, got 1/,
  },
  "a gradient that is one of the features": {
    term: () => meanSquare((x) => x),
    failure: /Expected the features to remain the caller's, got one of them freed/,
  },
  "a name that is empty": { term: () => means({ name: "" }), failure: /have a name, got an empty one/ },
  "a weight below 0": { term: () => means({ weight: -1 }), failure: /weight to be 0 or more, got -1/ },
  "a layer that is named but not used": {
    term: () => means({ layers: [...layers, "relu2_1"] }),
    failure: /Expected the loss to be computed from every layer that the term names/,
  },
  "a layer that is used but not named": {
    term: () => means({ layers: ["image"] }),
    failure: /Expected features of the layer "relu1_1", got those of image/,
  },
  "a loss that is not a scalar": {
    term: () => means({ loss: (features) => meanOf(features, "image") as tf.Scalar }),
    failure: /Expected the loss to have the shape \[\], got \[3\]/,
  },
  "a loss of whatever layers there are": {
    term: () =>
      means({
        loss: (features) =>
          tf.addN(Object.keys(features).map((layer) => tf.sum(meanOf(features, layer)))) as tf.Scalar,
      }),
    failure: /Expected the loss beside features of other layers to be/,
  },
  "a loss that counts styles instead of their weights": {
    term: () =>
      means({
        prepare: ({ styles }) =>
          Object.fromEntries(
            layers.map((layer) => [layer, tf.addN(styles.map(({ features }) => meanOf(features, layer)))]),
          ),
      }),
    failure: /Expected the loss of a style given twice, with weights that sum to 1 to be/,
  },
  "a loss that remembers": {
    term: () => {
      let calls = 0;
      return means({
        loss: (features, targets) => tf.mul(means().loss(features, targets), ++calls),
      });
    },
    failure: /Expected the loss at the same features, a second time to be/,
  },
  "a square root of zero": {
    term: () =>
      means({
        loss: (features, targets) =>
          tf.addN(layers.map((layer) => tf.sqrt(distance(features, targets, layer)))) as tf.Scalar,
      }),
    failure:
      /Expected the gradient with respect to image where all features are 0 to be finite, got (NaN|Infinity) at index 0/,
  },
  "targets that are kept": {
    term: () =>
      means({
        prepare(sources) {
          tf.keep(tf.scalar(1));
          return means().prepare(sources);
        },
      }),
    failure: /Expected prepare to leave 2 more tensors than before, got 3/,
  },
  "features that are freed": {
    term: () =>
      means({
        prepare(sources) {
          sources.content.features.image!.dispose();
          return means().prepare(sources);
        },
      }),
    failure: /Expected the features to remain the caller's, got one of them freed/,
  },
};

describe("testLossTerm", () => {
  it("finds nothing in a sound term", async () => {
    expect(await failuresOf((runner) => testLossTerm(runner, { name: "means", term: means }))).toEqual([]);
  });

  for (const [what, { term, failure }] of Object.entries(broken))
    it(`finds ${what}`, async () => {
      const failures = await failuresOf((runner) => testLossTerm(runner, { name: "broken", term }));
      expect(failures.join("\n")).toMatch(failure);
    });
});
