import { type LossPlugin, layerOptions } from "@brushwork/core";
import { type NearestLossOptions, nearestLoss } from "./nearest-loss.js";

/** The plugin that recipes name "nearest". */
export const plugin: LossPlugin = {
  name: "nearest",
  description: "Takes the painting's strokes: cosine distance of each feature to its nearest neighbour there",
  options: {
    type: "object",
    properties: {
      ...layerOptions(["relu1_1", "relu2_1", "relu3_1", "relu4_1"]),
      samples: {
        title: "Samples",
        description:
          "Positions of the painting, evenly spread, among which neighbours are looked for; time grows with them.",
        type: "integer",
        minimum: 1,
        maximum: 16384,
        default: 1024,
      },
    },
    additionalProperties: false,
  },
  // The options fit the schema.
  create: (options) => nearestLoss(options as NearestLossOptions),
};
