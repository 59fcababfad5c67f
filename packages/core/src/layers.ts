import type { Tensor4D } from "@tensorflow/tfjs-core";
import { OptionError } from "./errors.js";
import type { Features } from "./network.js";
import type { JsonSchema } from "./plugin.js";

/**
 * The activation of one layer.
 * @throws {RangeError} when the features lack it
 */
export function activationOf(features: Features, layer: string): Tensor4D {
  const activation = features[layer];
  if (activation === undefined)
    throw new RangeError(
      `Expected features of the layer "${layer}", got those of ${Object.keys(features).join(", ")}.`,
    );
  return activation;
}

/**
 * The weight of each layer of a loss, in the order of the layers; one that is not given counts 1.
 *
 * @param layers of the loss
 * @param weights by layer
 * @throws {OptionError} when a weight is negative or not finite, or is of a layer that the loss does not have
 */
export function layerWeightsOf(
  layers: readonly string[],
  weights: Readonly<Record<string, number>>,
): readonly number[] {
  for (const [layer, weight] of Object.entries(weights)) {
    if (!layers.includes(layer))
      throw new OptionError(
        `Expected weights of the loss's own layers (${layers.join(", ")}), got one of "${layer}".`,
      );
    if (!(weight >= 0 && Number.isFinite(weight)))
      throw new OptionError(`Expected the weight of the layer "${layer}" to be 0 or more, got ${weight}.`);
  }
  return layers.map((layer) => weights[layer] ?? 1);
}

/** The part of a loss plugin's schema that is about its layers: `layers`, of which there is a default, and `layerWeights`. */
export function layerOptions(layers: readonly string[]): JsonSchema {
  return {
    layers: {
      title: "Layers",
      description: 'Layers of the network that are compared, or "image".',
      type: "array",
      items: { type: "string", format: "layer" },
      minItems: 1,
      default: layers,
    },
    layerWeights: {
      title: "Weights of single layers",
      description: "How much each layer counts, by its name; one that is left out counts 1.",
      type: "object",
      additionalProperties: { type: "number", minimum: 0 },
      default: {},
    },
  };
}
