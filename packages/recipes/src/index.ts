export { compactRecipe } from "./compact-recipe.js";
export { cutWarning, damagedText, greyRows, hasEveryScan, lacksTooMuch } from "./cut-jpeg.js";
export { hasJpegEnd } from "./jpeg-end.js";
export { paintedRecipe, stepsOf, termName, weightsOf } from "./painted-recipe.js";
export { kindBytes, type PictureKind, pictureKind } from "./picture-kind.js";
export { type Preset, type PresetName, presets } from "./presets.js";
export { pyramid, rescaled } from "./pyramid.js";
export {
  formatRecipe,
  keptColors,
  limits as recipeLimits,
  paddings,
  parseRecipe,
  poolings,
  preprocessings,
  type Recipe,
  recipeVersion,
} from "./recipe.js";
export { embedCells, embedRecipe, extractCells, extractRecipe } from "./recipe-file.js";
export { withStyleWeights } from "./style-weights.js";
