export { type HistogramLossOptions, histogramLoss } from "./histogram-loss.js";
export { plugin as default } from "./plugin.js";
