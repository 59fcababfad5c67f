export { type StyleLossOptions, styleLoss } from "./style-loss.js";
