export { type NearestLossOptions, nearestLoss } from "./nearest-loss.js";
export { plugin as default } from "./plugin.js";
