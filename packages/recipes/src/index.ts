export { compactRecipe } from "./compact-recipe.js";
export { type Preset, type PresetName, presets } from "./presets.js";
export { pyramid, rescaled } from "./pyramid.js";
export { lossNames, settings, styleLosses } from "./settings.js";
