import { type LossPlugin, layerOptions } from "@brushwork/core";
import { type ContentLossOptions, contentLoss } from "./content-loss.js";

/** The plugin that recipes name "content". */
export const plugin: LossPlugin = {
  name: "content",
  description: "Keeps what the photograph shows: squared distance of its features",
  options: {
    type: "object",
    properties: {
      ...layerOptions(["relu4_2"]),
      reduction: {
        title: "Reduction",
        description:
          "What squared differences are divided by: their number, nothing, or the squares of the photograph's own features.",
        enum: ["mean", "sum", "relative"],
        default: "mean",
      },
    },
    additionalProperties: false,
  },
  // The options fit the schema.
  create: (options) => contentLoss(options as ContentLossOptions),
};
