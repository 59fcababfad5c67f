import type { LossPlugin } from "@brushwork/core";
import { type LaplacianLossOptions, laplacianLoss } from "./laplacian-loss.js";

/** The plugin that recipes name "laplacian". */
export const plugin: LossPlugin = {
  name: "laplacian",
  description: "Keeps the photograph's edges and details: squared distance of Laplacians",
  options: {
    type: "object",
    properties: {
      poolSizes: {
        title: "Pool sizes",
        description:
          "Pixels along a side of the squares that are averaged before edges are found: small ones keep fine details.",
        type: "array",
        items: { type: "integer", minimum: 1, maximum: 256 },
        minItems: 1,
        maxItems: 8,
        uniqueItems: true,
        default: [4],
      },
      reduction: {
        title: "Reduction",
        description:
          "What squared differences are divided by: the squares of the photograph's own Laplacian, their number, or nothing.",
        enum: ["relative", "mean", "sum"],
        default: "relative",
      },
    },
    additionalProperties: false,
  },
  // The options fit the schema.
  create: (options) => laplacianLoss(options as LaplacianLossOptions),
};
