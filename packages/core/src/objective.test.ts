import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { activationOf } from "./layers.js";
import type { LossTerm } from "./loss.js";
import type { Network } from "./network.js";
import { evaluate } from "./objective.js";

/** Its layers "twice" and "thrice" are multiples of the image. */
const multiples: Pick<Network, "forward"> = {
  forward: (image) => ({
    features: { twice: tf.mul(image, 2), thrice: tf.mul(image, 3) },
    backward(take) {
      const [twice, thrice] = [take("twice"), take("thrice")];
      return tf.add(twice ? tf.mul(twice, 2) : 0, thrice ? tf.mul(thrice, 3) : 0);
    },
    dispose() {},
  }),
};

/** Σ c · x over positions at each layer, whose gradient is c. */
function linear(name: string, slopes: Readonly<Record<string, readonly [number, number]>>): LossTerm {
  return {
    name,
    weight: 1,
    layers: Object.keys(slopes),
    prepare: () => undefined,
    loss: (features) => {
      const layers = Object.keys(slopes);
      // Core alone has no gradients of TensorFlow.js's operations.
      return tf.customGrad((...given) => {
        const found = given.slice(0, layers.length) as tf.Tensor[];
        const slope = (i: number) => tf.tensor4d([...slopes[layers[i]!]!], [1, 1, 1, 2]);
        return {
          value: tf.addN(found.map((tensor, i) => tf.sum(tf.mul(tensor, slope(i))))),
          gradFunc: (dy: tf.Tensor) => layers.map((_, i) => tf.mul(slope(i), dy)),
        };
      })(...layers.map((layer) => activationOf(features, layer))) as tf.Scalar;
    },
  };
}

function evaluated(terms: readonly LossTerm[], weights: Readonly<Record<string, number>>) {
  return tf.tidy(() => {
    const scalars = Object.fromEntries(
      Object.entries(weights).map(([name, weight]) => [name, tf.scalar(weight)]),
    );
    const prepared = terms.map((term) => ({ term, targets: undefined }));
    const at = evaluate(multiples, tf.tensor4d([1, 10], [1, 1, 1, 2]), prepared, scalars);
    return {
      gradient: Array.from(at.gradient.dataSync()),
      terms: Object.fromEntries(Object.entries(at.terms).map(([name, loss]) => [name, loss.dataSync()[0]])),
    };
  });
}

const style = { twice: [1, -3], thrice: [0, 5] } as const;

// 2 · (1, −3) + 3 · (0, 5) = (2, 9), at weight 4 (8, 36); the loss is 4 · (2 − 60 + 150).
it("weights the gradients of a term", () => {
  expect(evaluated([linear("style", style)], { style: 4 })).toEqual({
    gradient: [8, 36],
    terms: { style: 368 },
  });
});

// (1, −3) / 4 and (0, 5) / 5: 2 · (0.25, −0.75) + 3 · (0, 1) = (0.5, 1.5), at weight 4 (2, 6). The loss stays.
it("normalises the gradient at each layer on its own, and no loss", () => {
  const normalised = { ...linear("style", style), normalizeGradients: true };
  const { gradient, terms } = evaluated([normalised], { style: 4 });
  expect(gradient[0]).toBeCloseTo(2, 6);
  expect(gradient[1]).toBeCloseTo(6, 6);
  expect(terms).toEqual({ style: 368 });
});

// At "twice": 4 · (0.25, −0.75) of the style and (1, 1) of the other: 2 · (2, −2) + 3 · (0, 4) = (4, 8).
it("normalises the gradients of that term alone, before they are added up", () => {
  const normalised = { ...linear("style", style), normalizeGradients: true };
  const { gradient } = evaluated([normalised, linear("other", { twice: [1, 1] })], { style: 4, other: 1 });
  expect(gradient[0]).toBeCloseTo(4, 6);
  expect(gradient[1]).toBeCloseTo(8, 6);
});

it("has no gradient where a normalised one is 0, or its weight", () => {
  const flat = { ...linear("style", { image: [0, 0] }), normalizeGradients: true };
  expect(evaluated([flat], { style: 4 }).gradient).toEqual([0, 0]);
  const without = { ...linear("style", style), normalizeGradients: true };
  expect(evaluated([without], { style: 0 }).gradient).toEqual([0, 0]);
});
