export { plugin as default } from "./plugin.js";
export { type StyleLossOptions, styleLoss } from "./style-loss.js";
