import { type LossPlugin, layerOptions } from "@brushwork/core";
import { blendings, type WassersteinLossOptions, wassersteinLoss } from "./wasserstein-loss.js";

/** The plugin that recipes name "wasserstein". */
export const plugin: LossPlugin = {
  name: "wasserstein",
  description: "Takes the painting's style: squared Wasserstein-2 distance of feature distributions",
  options: {
    type: "object",
    properties: {
      ...layerOptions(["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]),
      reduction: {
        title: "Reduction",
        description:
          "What a squared distance is divided by: the mean square of the painting's own features, the number of channels, or nothing.",
        enum: ["relative", "mean", "sum"],
        default: "relative",
      },
      blending: {
        title: "Blending",
        description:
          "How several styles become one: the distribution of all their positions together, or the one nearest to theirs.",
        enum: [...blendings],
        default: "moments",
      },
      epsilon: {
        title: "Added variance",
        description:
          "Variance added in every direction, in units of the features; 0 for 0.00002 of the style's mean square.",
        type: "number",
        minimum: 0,
        default: 0,
      },
      iterations: {
        title: "Iterations",
        description:
          "Unscaled Newton–Schulz steps for each matrix root; 0 for as many scaled ones as the roots need.",
        type: "integer",
        minimum: 0,
        maximum: 100,
        default: 0,
      },
    },
    additionalProperties: false,
  },
  // The options fit the schema.
  create: (options) => wassersteinLoss(options as WassersteinLossOptions),
};
