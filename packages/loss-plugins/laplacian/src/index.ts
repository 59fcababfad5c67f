export { type LaplacianLossOptions, laplacianLoss } from "./laplacian-loss.js";
export { plugin as default } from "./plugin.js";
