export { type AdamOptions, type AdamState, adam } from "./adam.js";
export { type AveragedState, averaged } from "./averaged.js";
export { withBorder, withoutBorder } from "./border.js";
export { clamped } from "./clamped.js";
export { matchedTo, placedPicture, withChromaOf } from "./colors.js";
export { type DeviceWatch, deviceCheck, deviceWatch } from "./device.js";
export type { Engine } from "./engine.js";
export { DeviceLost, Diverged, messageOf, NoRoom, OptionError, PluginError, TooSmall } from "./errors.js";
export { gradientSum } from "./gradient-sum.js";
export { byChannelMatrix, channelMean, channelMoments, channelSquares, gramMatrix } from "./gram-matrix.js";
export { initialPicture } from "./initial-picture.js";
export { inverseOrZero } from "./inverse.js";
export { isJsonObject, type Json } from "./json.js";
export { activationOf, layerOptions, layerWeightsOf } from "./layers.js";
export { type LbfgsOptions, type LbfgsState, lbfgs } from "./lbfgs.js";
export type {
  Additive,
  LossTerm,
  Masks,
  Measures,
  Site,
  Source,
  Sources,
  StyleFeatures,
  WorkingSize,
} from "./loss.js";
export { type StyleRegion, styleRegions } from "./masks.js";
export {
  type Features,
  type FeaturesCost,
  imageLayer,
  type LayerGeometry,
  type Network,
  type Pass,
  type StepCost,
} from "./network.js";
export type { Evaluation, NextImage, Optimizer } from "./optimizer.js";
export {
  checkPicture,
  NotFinite,
  type Picture,
  pictureTensor,
  tensorPicture,
} from "./picture.js";
export { fittedSize, type Placement } from "./placement.js";
export { type Plan, plan } from "./plan.js";
export type { JsonSchema, LossPlugin } from "./plugin.js";
export type { Recorder } from "./recorder.js";
export { resample } from "./resample.js";
export {
  type Fit,
  fits,
  type Scale,
  type Signal,
  type StyleSource,
  type StylizeOptions,
} from "./run-options.js";
export type { HostArray, RunState, StateTree } from "./run-state.js";
export type { Step } from "./step.js";
export { stylize } from "./stylize.js";
export { sumOfSquares } from "./sum-of-squares.js";
