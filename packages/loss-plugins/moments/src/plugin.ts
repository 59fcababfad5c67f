import { type LossPlugin, layerOptions } from "@brushwork/core";
import { type MomentsLossOptions, momentsLoss } from "./moments-loss.js";

/** The plugin that recipes name "moments". */
export const plugin: LossPlugin = {
  name: "moments",
  description: "Takes the painting's style: squared distance of the channels' means and standard deviations",
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
    },
    additionalProperties: false,
  },
  // The options fit the schema.
  create: (options) => momentsLoss(options as MomentsLossOptions),
};
