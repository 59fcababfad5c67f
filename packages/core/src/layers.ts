import type { Tensor4D } from "@tensorflow/tfjs-core";
import { checkWeight } from "./checks.js";
import { OptionError } from "./errors.js";
import type { Features } from "./network.js";
import type { JsonSchema } from "./plugin.js";
import { quoted } from "./printable.js";

/**
 * The activation of one layer.
 * @throws {RangeError} when the features do not include the layer
 */
export function activationOf(features: Features, layer: string): Tensor4D {
  const activation = Object.hasOwn(features, layer) ? features[layer] : undefined;
  if (activation === undefined)
    throw new RangeError(
      `Expected features of the layer ${quoted(layer)}, got those of ${Object.keys(features).join(", ")}.`,
    );
  return activation;
}

/**
 * The weight of each layer of a loss, in the order of the layers; a layer without a given weight counts 1.
 *
 * @param layers the loss's layers
 * @param weights weights by layer name
 * @throws {OptionError} when a weight is negative or not finite, or belongs to a layer that the loss does not have
 */
export function layerWeightsOf(
  layers: readonly string[],
  weights: Readonly<Record<string, number>>,
): readonly number[] {
  for (const [layer, weight] of Object.entries(weights)) {
    if (!layers.includes(layer))
      throw new OptionError(
        `Expected weights for the loss's own layers (${layers.join(", ")}), got one for ${quoted(layer)}.`,
      );
    checkWeight(`the layer ${quoted(layer)}`, weight);
  }
  return layers.map((layer) => (Object.hasOwn(weights, layer) ? weights[layer] : undefined) ?? 1);
}

/** More layers than any network here has. */
const mostLayers = 64;

/**
 * The properties of a loss plugin's schema that concern layers: `layers` and `layerWeights`.
 * @param layers the default of `layers`
 */
export function layerOptions(layers: readonly string[]): JsonSchema {
  return {
    layers: {
      title: "Layers",
      description: 'Layers of the network that are compared, or "image".',
      type: "array",
      items: { type: "string", format: "layer", minLength: 1 },
      minItems: 1,
      maxItems: mostLayers,
      uniqueItems: true,
      default: layers,
    },
    layerWeights: {
      title: "Weights of single layers",
      description: "How much each layer counts, by its name; one that is left out counts 1.",
      type: "object",
      additionalProperties: { type: "number", minimum: 0 },
      maxProperties: mostLayers,
      default: {},
    },
  };
}
