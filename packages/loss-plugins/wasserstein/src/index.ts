export { type WassersteinLossOptions, wassersteinLoss } from "./wasserstein-loss.js";
