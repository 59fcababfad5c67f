export { type MomentsLossOptions, momentsLoss } from "./moments-loss.js";
export { plugin as default } from "./plugin.js";
