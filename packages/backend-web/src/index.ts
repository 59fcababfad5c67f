export { DeviceLost, Diverged, NoRoom, OptionError, PluginError } from "@brushwork/core";
export type { LossDescription, Notice, RunControls, RunEvent } from "@brushwork/runs";
export { checkRecipe } from "./check-recipe.js";
export { type EncodingOptions, encodePicture, type PictureFormat } from "./encode-picture.js";
export { type EngineName, type EngineReport, engineNames } from "./engine-names.js";
export { engineReports } from "./engine-reports.js";
export { lossSupport } from "./loss-support.js";
export type { LossSupport } from "./losses-and-layers.js";
export { type PaintedStyle, type Painting, type PaintOptions, paint } from "./paint.js";
export type { PictureSource } from "./protocol.js";
export { type ReadingOptions, readPicture } from "./read-picture.js";
export { readRecipe } from "./read-recipe.js";
export { type PublishedWeights, type WeightCatalogue, weightCatalogue } from "./weights/catalogue.js";
export {
  type DownloadProgress,
  type PulledWeights,
  type PullOptions,
  type WeightStore,
  weightStore,
} from "./weights/store.js";
