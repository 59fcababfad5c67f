export { compact, compactWeights } from "./compact.js";
export type { Pooling } from "./pooling.js";
export {
  type NamedArray,
  type NamedArrays,
  readSafetensors,
  readSafetensorsMetadata,
  writeSafetensors,
} from "./safetensors.js";
export { type VggOptions, vgg16, vgg19 } from "./vgg.js";
