export { plugin as default } from "./plugin.js";
export { type TvLossOptions, tvLoss } from "./tv-loss.js";
