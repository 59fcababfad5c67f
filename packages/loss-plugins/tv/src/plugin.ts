import type { LossPlugin } from "@brushwork/core";
import { type TvLossOptions, tvLoss } from "./tv-loss.js";

/** The plugin that recipes name "tv". */
export const plugin: LossPlugin = {
  name: "tv",
  description: "Keeps neighbouring pixels alike: total variation",
  options: {
    type: "object",
    properties: {
      reduction: {
        title: "Reduction",
        description:
          "Whether squared differences are averaged, so that a weight holds at every size, or summed.",
        enum: ["mean", "sum"],
        default: "mean",
      },
    },
    additionalProperties: false,
  },
  // The options fit the schema.
  create: (options) => tvLoss(options as TvLossOptions),
};
