export type { EngineOptions } from "./engine-entry.js";
export { type EngineName, type EngineSupport, engineNames, engineSupport, startEngine } from "./engines.js";
export {
  type LoadedNetwork,
  loadNetwork,
  type NetworkName,
  type NetworkOptions,
  networkNames,
} from "./networks.js";
export { type PaintOptions, type PictureSource, paint } from "./paint.js";
export {
  type EncodingOptions,
  encodePicture,
  readPicture,
  type WritingOptions,
  writePicture,
} from "./picture-file.js";
export { formatOf, type PictureFormat, pictureFormats } from "./picture-format.js";
export { cacheFolder } from "./weights/cache.js";
export type { DownloadProgress } from "./weights/download.js";
export type { WeightRecord } from "./weights/record.js";
export {
  type ListedWeights,
  type LoadedWeights,
  type PullOptions,
  type WeightStore,
  weightStore,
} from "./weights/store.js";
export { checkWritable, writeFileAtomically } from "./write-file.js";
