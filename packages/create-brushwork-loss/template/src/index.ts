import { activationOf, type LossPlugin, type LossTerm, layerOptions } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";

const usualLayers = ["relu1_1", "relu2_1"];

/** How far the mean of each channel is from the styles': a mean of squares, summed over layers. */
export function exampleLoss({
  weight = 1,
  layers = usualLayers,
}: {
  weight?: number;
  layers?: readonly string[];
} = {}): LossTerm<Record<string, tf.Tensor>> {
  return {
    name: "example loss",
    weight,
    layers,
    // Called once at each size of the picture: what the loss compares with. The styles' weights sum to 1.
    prepare: ({ styles }) => {
      const blend = (layer: string) =>
        tf.addN(styles.map((style) => tf.mul(means(activationOf(style.features, layer)), style.weight)));
      return Object.fromEntries(layers.map((layer) => [layer, blend(layer)]));
    },
    // Called at each step: a scalar, before weighting, made of TensorFlow.js operations alone.
    loss: (features, targets) =>
      tf.addN(layers.map((layer) => distance(activationOf(features, layer), targets[layer]))),
  };
}

/** What the command, recipes and pages load. Its name is the package's. */
const plugin: LossPlugin = {
  name: "brushwork-loss-example",
  description: "Matches the mean of each channel with the painting's",
  // JSON Schema of the options: Brushwork checks, lists and explains them by it.
  options: {
    type: "object",
    properties: { layers: layerOptions(usualLayers).layers ?? true },
    additionalProperties: false,
  },
  create: ({ layers }) => exampleLoss({ ...(Array.isArray(layers) && { layers: layers.map(String) }) }),
};
export default plugin;

function distance(activation: tf.Tensor4D, target: tf.Tensor | undefined): tf.Scalar {
  if (target === undefined) throw new Error("Expected a target for each layer.");
  return tf.mean(tf.squaredDifference(means(activation), target));
}

/** The mean of each channel over all positions, [channels]. */
function means(activation: tf.Tensor4D): tf.Tensor1D {
  return tf.mean(activation, [0, 1, 2]);
}
