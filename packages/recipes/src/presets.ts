import { type Recipe, recipeVersion } from "@brushwork/core";
import { pyramid } from "./pyramid.js";

/** A named recipe. */
export interface Preset {
  /** One line for a list. */
  readonly description: string;
  readonly recipe: Recipe;
}

/**
 * Found by painting all pairs of four photographs and four paintings and looking at them. Shallow style layers weigh
 * more, since their Gram matrices are smaller and carry the colours; a second, shallower content layer keeps faces.
 */
const defaultRecipe: Recipe = {
  version: recipeVersion,
  network: { name: "vgg19", pooling: "average" },
  terms: [
    {
      name: "content",
      weight: 1,
      options: { layers: ["relu3_2", "relu4_2"], layerWeights: { relu3_2: 0.3, relu4_2: 1 } },
    },
    {
      name: "style",
      weight: 8,
      options: {
        layers: ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
        layerWeights: { relu1_1: 20, relu2_1: 4, relu3_1: 1, relu4_1: 0.2, relu5_1: 10 },
      },
    },
    { name: "tv", weight: 3e6, options: {} },
  ],
  optimizer: { name: "adam", options: { learningRate: 0.02, average: 0.99, clamp: true } },
  scales: pyramid({ size: 512, scales: 3, steps: 100 }),
  styleScale: 1,
  margin: 16,
  seed: 0,
  init: "content",
};

/** Positions of each style layer at 224×224, and its channels: what Gatys et al. divide a layer's loss by. */
const paperLayers = [
  { layer: "relu1_1", channels: 64, positions: 224 ** 2 },
  { layer: "relu2_1", channels: 128, positions: 112 ** 2 },
  { layer: "relu3_1", channels: 256, positions: 56 ** 2 },
  { layer: "relu4_1", channels: 512, positions: 28 ** 2 },
  { layer: "relu5_1", channels: 512, positions: 14 ** 2 },
];

const paperRecipe: Recipe = {
  version: recipeVersion,
  network: { name: "vgg19", pooling: "average" },
  terms: [
    // Gatys et al. halve the content's sum, and weigh style a thousand times content.
    { name: "content", weight: 0.5, options: { layers: ["relu4_2"], reduction: "sum" } },
    {
      name: "style",
      weight: 1000,
      options: {
        layers: paperLayers.map(({ layer }) => layer),
        layerWeights: Object.fromEntries(
          paperLayers.map(({ layer, channels, positions }) => [
            layer,
            1 / (paperLayers.length * 4 * channels ** 2 * positions ** 2),
          ]),
        ),
        reduction: "sum",
      },
    },
    // Counted in 0–255, where a squared difference is 255² times ours.
    { name: "tv", weight: 10 * 255 ** 2, options: { reduction: "sum" } },
  ],
  // A step of 5 of 255 levels.
  optimizer: { name: "adam", options: { learningRate: 5 / 255, beta2: 0.999, average: 0 } },
  scales: [{ size: [224, 224], steps: 1000 }],
  styleScale: 1,
  margin: 0,
  seed: 0,
  init: "content",
};

/** The presets by name; each recipe is complete. */
export const presets = {
  default: { description: "Ours: means, three sizes, a margin, averaged pictures", recipe: defaultRecipe },
  paper: {
    description: "The paper's: sums, both pictures stretched to 224×224, no margin, no averaging",
    recipe: paperRecipe,
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;
