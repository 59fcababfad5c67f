import { type LossPlugin, layerOptions } from "@brushwork/core";
import { type HistogramLossOptions, histogramLoss } from "./histogram-loss.js";

/** The plugin that recipes name "histogram". */
export const plugin: LossPlugin = {
  name: "histogram",
  description: "Adds to a style loss: squared distance from features with the painting's histograms",
  options: {
    type: "object",
    properties: {
      ...layerOptions(["relu1_1", "relu4_1"]),
      bins: {
        title: "Bins",
        description: "Bins of each channel's histogram.",
        type: "integer",
        minimum: 2,
        maximum: 1024,
        default: 256,
      },
      reduction: {
        title: "Reduction",
        description:
          "What squared differences are divided by: the squares of the painting's own features, their number, or nothing.",
        enum: ["relative", "mean", "sum"],
        default: "relative",
      },
    },
    additionalProperties: false,
  },
  // The options fit the schema.
  create: (options) => histogramLoss(options as HistogramLossOptions),
};
