import { type LossPlugin, layerOptions } from "@brushwork/core";
import { type StyleLossOptions, styleLoss } from "./style-loss.js";

/** The plugin that recipes name "style". */
export const plugin: LossPlugin = {
  name: "style",
  description: "Takes the painting's style: squared distance of Gram matrices",
  options: {
    type: "object",
    properties: {
      ...layerOptions(["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]),
      reduction: {
        title: "Reduction",
        description:
          "What squared differences are divided by: their number, nothing, or the squares of the painting's own Gram matrix.",
        enum: ["mean", "sum", "relative"],
        default: "mean",
      },
    },
    additionalProperties: false,
  },
  // The options fit the schema.
  create: (options) => styleLoss(options as StyleLossOptions),
};
