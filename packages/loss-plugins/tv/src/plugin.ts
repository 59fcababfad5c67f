import type { LossPlugin } from "@brushwork/core";
import { type TvLossOptions, tvKinds, tvLoss } from "./tv-loss.js";

/** The plugin that recipes name "tv". */
export const plugin: LossPlugin = {
  name: "tv",
  description: "Keeps neighbouring pixels alike: total variation",
  options: {
    type: "object",
    properties: {
      reduction: {
        title: "Reduction",
        description: "Whether differences are averaged, so that a weight holds at every size, or summed.",
        enum: ["mean", "sum"],
        default: "mean",
      },
      kind: {
        title: "Kind",
        description:
          "Which differences count: squared or absolute ones between neighbours, only those of inner pixels, or squared ones to all eight neighbours.",
        enum: [...tvKinds],
        default: "squared",
      },
    },
    additionalProperties: false,
  },
  // The options fit the schema.
  create: (options) => tvLoss(options as TvLossOptions),
};
