export { plugin as default } from "./plugin.js";
export { type WassersteinLossOptions, wassersteinLoss } from "./wasserstein-loss.js";
