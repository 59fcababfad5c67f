export { compact, compactWeights } from "./compact.js";
export type { Padding } from "./convolution.js";
export { type ShardReader, shardPaths } from "./layers-model.js";
export {
  checkVariant,
  isNetworkName,
  type NetworkEntry,
  type NetworkVariant,
  networks,
  weightsMetadata,
} from "./networks.js";
export type { Pooling } from "./pooling.js";
export {
  type NetworkName,
  networkNames,
  type PublishedWeights,
  publishedWeights,
  type ShardedWeights,
  weightsIdentity,
} from "./published-weights.js";
export {
  type NamedArray,
  type NamedArrays,
  readSafetensors,
  readSafetensorsMetadata,
  writeSafetensors,
} from "./safetensors.js";
export { type VggOptions, vgg16, vgg19 } from "./vgg.js";
export type { Preprocessing } from "./weight-names.js";
export { readWeights } from "./weights.js";
