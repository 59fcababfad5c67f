import { pyramid } from "./pyramid.js";
import { type Recipe, recipeVersion } from "./recipe.js";

/** A named recipe. */
export interface Preset {
  /** One line that describes the preset in lists. */
  readonly description: string;
  readonly recipe: Recipe;
}

/**
 * The recipe of the preset "default". It was found by painting all pairs of four photographs and four paintings, at
 * three sizes and with three networks, and looking at the results. Every loss is relative, so that no layer drowns
 * another and the weights hold for every network and painting: relative to a style weight of 1, a weight of 0.3 shows
 * more of the photograph, one of 3 more of the painting. Two shallower content layers preserve faces. The factor
 * between scales is not a whole number: with exact halves the pooling grids of all scales coincide, and show as a
 * lattice.
 */
const defaultRecipe: Recipe = {
  version: recipeVersion,
  network: { name: "vgg19", pooling: "average" },
  terms: [
    {
      loss: "content",
      weight: 0.5,
      options: {
        layers: ["relu2_2", "relu3_2", "relu4_2"],
        layerWeights: { relu2_2: 0.5 },
        reduction: "relative",
      },
    },
    {
      loss: "wasserstein",
      name: "style",
      weight: 1,
      options: { layers: ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"], reduction: "relative" },
    },
    { loss: "tv", weight: 10, options: {} },
  ],
  optimizer: { name: "adam", options: { learningRate: 0.05 } },
  average: { decay: 0.95, carry: "average" },
  clamp: true,
  scales: pyramid({ size: 512, scales: 4, factor: 1.6, steps: [30, 25, 20, 20] }),
  fit: "cover",
  styleScale: 1,
  margin: 32,
  seed: 0,
  init: "content",
};

/** Smaller steps, and more of them, at sizes closer together. */
const fineRecipe: Recipe = {
  ...defaultRecipe,
  optimizer: { name: "adam", options: { learningRate: 0.03 } },
  average: { decay: 0.97, carry: "average" },
  scales: pyramid({ size: 512, scales: 5, factor: 1.4, steps: [80, 80, 70, 60, 60] }),
};

/** A few large steps, to try out a pair of pictures or a setting. */
const sketchRecipe: Recipe = {
  ...defaultRecipe,
  optimizer: { name: "adam", options: { learningRate: 0.1 } },
  average: { decay: 0.8, carry: "average" },
  scales: pyramid({ size: 512, scales: 4, factor: 1.6, steps: [12, 10, 7, 5] }),
};

/** Channels and positions of each style layer at 224×224: Gatys et al. divide the layer's loss by them. */
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
    // Gatys et al. halve the content's sum, and give style a thousand times the weight of content.
    { loss: "content", weight: 0.5, options: { layers: ["relu4_2"], reduction: "sum" } },
    {
      loss: "style",
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
    // For pixels in 0–255, where a squared difference is 255² times ours.
    { loss: "tv", weight: 10 * 255 ** 2, options: { reduction: "sum" } },
  ],
  // A step of 5 of 255 levels.
  optimizer: { name: "adam", options: { learningRate: 5 / 255, beta2: 0.999 } },
  average: { decay: 0, carry: "image" },
  clamp: false,
  scales: [{ size: [224, 224], steps: 1000 }],
  fit: "stretch",
  styleScale: 1,
  margin: 0,
  seed: 0,
  init: "content",
};

/**
 * The presets by name. Each recipe is complete.
 *
 * @example
 * const recipe: Recipe = { ...presets.default.recipe, seed: 1 };
 */
export const presets = {
  default: {
    description: "Ours: relative losses, Wasserstein for the style, four sizes, averaged pictures",
    recipe: defaultRecipe,
  },
  fine: {
    description: "As default, with smaller and more steps: better, and three times slower",
    recipe: fineRecipe,
  },
  sketch: {
    description: "As default, with a few large steps: a first look in seconds",
    recipe: sketchRecipe,
  },
  paper: {
    description: "The paper's: sums, both pictures stretched to 224×224, no margin, no averaging",
    recipe: paperRecipe,
  },
} as const satisfies Readonly<Record<string, Preset>>;

/** The name of a preset. */
export type PresetName = keyof typeof presets;
