export { compactRecipe } from "./compact-recipe.js";
export { type Preset, type PresetName, presets } from "./presets.js";
export { pyramid } from "./pyramid.js";
export { lossNames, settings } from "./settings.js";
