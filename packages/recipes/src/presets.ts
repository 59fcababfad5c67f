import { pyramid } from "./pyramid.js";
import { type Recipe, recipeVersion } from "./recipe.js";

/** A named recipe. */
export interface Preset {
  /** One line that describes the preset in lists. */
  readonly description: string;
  readonly recipe: Recipe;
}

const styleLayers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"];

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
      options: { layers: styleLayers, reduction: "relative", blending: "barycenter" },
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

/** The original weights, trained in Caffe, as Keras publishes them. */
const caffeWeights = "vgg19/keras@253f8cb515780f3b799900260a226db6";

/**
 * The recipe of crowsonkb/style-transfer-pytorch. It departs from that program in what follows: a style smaller than a
 * scale is enlarged; Adam's mean squares are resampled by the same kernel as its means, with a lower bound; the average
 * of a scale does not count the image that it starts from; pictures are reduced by a bicubic kernel instead of Lanczos's.
 *
 * @see https://github.com/crowsonkb/style-transfer-pytorch
 */
const crowsonkbRecipe: Recipe = {
  version: recipeVersion,
  // Torchvision's weights, by the digits in their file's name. On others, total variation weighs more or less.
  network: { name: "vgg19", pooling: "max", padding: "replicate", weights: "vgg19/torchvision@dcbb9e9d" },
  terms: [
    { loss: "content", weight: 0.015, options: { layers: ["relu4_2"], reduction: "mean" } },
    {
      loss: "wasserstein",
      name: "style",
      weight: 1,
      options: {
        layers: styleLayers,
        layerWeights: Object.fromEntries(styleLayers.map((layer, i) => [layer, 4 ** (4 - i) / 341])),
        reduction: "mean",
        epsilon: 1e-4,
        iterations: 12,
      },
    },
    { loss: "tv", weight: 2, options: { kind: "nine-point" } },
  ],
  optimizer: { name: "adam", options: { learningRate: 0.02, beta2: 0.99 } },
  average: { decay: 0.99, carry: "average" },
  clamp: true,
  scales: pyramid({ size: 512, scales: 5, factor: Math.SQRT2, steps: [1000, 500, 500, 500, 500] }),
  fit: "cover",
  styleScale: 1,
  margin: 0,
  seed: 0,
  init: "content",
};

/**
 * The recipe of Gatys et al.'s notebook for PyTorch. It departs from the notebook in what follows: sizes are those of
 * the longer side, not the shorter; L-BFGS keeps its history within a size, and does not evaluate anew after 20 steps;
 * pictures are resampled by a bicubic kernel.
 *
 * @see https://github.com/leongatys/PytorchNeuralStyleTransfer
 */
const gatysRecipe: Recipe = {
  version: recipeVersion,
  network: { name: "vgg19", pooling: "max", weights: caffeWeights },
  terms: [
    { loss: "content", weight: 1, options: { layers: ["relu4_2"], reduction: "mean" } },
    // 1000/C² times the mean over C² entries of Gram matrices divided by positions alone: C² cancels.
    { loss: "style", weight: 1000, options: { layers: styleLayers, reduction: "mean" } },
  ],
  optimizer: { name: "lbfgs", options: { history: 100, range: 255 } },
  average: { decay: 0, carry: "image" },
  clamp: false,
  scales: [
    { size: 512, steps: 500 },
    { size: 800, steps: 200 },
  ],
  fit: "cover",
  styleScale: 1,
  margin: 0,
  seed: 0,
  init: "content",
};

/** What jcjohnson/neural-style and neural-style-pt have in common. Pictures start from the content: `-init image`. */
const neuralStyle = {
  version: recipeVersion,
  average: { decay: 0, carry: "image" },
  clamp: false,
  scales: [{ size: 512, steps: 1000 }],
  fit: "cover",
  styleScale: 1,
  margin: 0,
  seed: 0,
  init: "content",
} as const;

const neuralStyleTerms: Recipe["terms"] = [
  { loss: "content", weight: 5, options: { layers: ["relu4_2"], reduction: "mean" } },
  // A hundred for each layer, each relative to channels and positions.
  { loss: "style", weight: 100, options: { layers: styleLayers, reduction: "mean" } },
];

/**
 * The recipe of jcjohnson/neural-style with `-init image`. It departs from that program in how pictures are resampled.
 * Total variation is part of the reported loss here.
 *
 * @see https://github.com/jcjohnson/neural-style
 */
const jcjohnsonRecipe: Recipe = {
  ...neuralStyle,
  network: { name: "vgg19", pooling: "max", preprocessing: "caffe-256", weights: caffeWeights },
  terms: [
    ...neuralStyleTerms,
    // 0.001 times half the sum, for pixels in 0–256.
    { loss: "tv", weight: (0.001 / 2) * 256 ** 2, options: { kind: "inner", reduction: "sum" } },
  ],
  optimizer: { name: "lbfgs", options: { history: 100, range: 256 } },
};

/**
 * The recipe of neural-style-pt with `-init image`. It departs from that program in how pictures are resampled.
 *
 * @see https://github.com/ProGamerGov/neural-style-pt
 */
const neuralStylePtRecipe: Recipe = {
  ...neuralStyle,
  network: { name: "vgg19", pooling: "max", weights: caffeWeights },
  terms: [
    ...neuralStyleTerms,
    // For pixels in 0–255.
    { loss: "tv", weight: 0.001 * 255, options: { kind: "absolute", reduction: "sum" } },
  ],
  optimizer: { name: "lbfgs", options: { history: 100, range: 255 } },
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
  gatys: {
    description: "As Gatys et al.'s notebook for PyTorch: Gram matrices, L-BFGS, 700 steps at two sizes",
    recipe: gatysRecipe,
  },
  crowsonkb: {
    description: "As style-transfer-pytorch: Wasserstein, five sizes and 3000 steps, torchvision's VGG-19",
    recipe: crowsonkbRecipe,
  },
  jcjohnson: {
    description: "As jcjohnson/neural-style: Gram matrices, L-BFGS, one size and 1000 steps, VGG-19",
    recipe: jcjohnsonRecipe,
  },
  "neural-style-pt": {
    description: "As neural-style-pt: as jcjohnson, but with absolute total variation",
    recipe: neuralStylePtRecipe,
  },
} as const satisfies Readonly<Record<string, Preset>>;

/** The name of a preset. */
export type PresetName = keyof typeof presets;
