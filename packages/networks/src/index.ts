export { compact, compactWeights } from "./compact.js";
export type { ShardReader } from "./layers-model.js";
export type { Pooling } from "./pooling.js";
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
