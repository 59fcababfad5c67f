export { type ContentLossOptions, contentLoss } from "./content-loss.js";
export { plugin as default } from "./plugin.js";
