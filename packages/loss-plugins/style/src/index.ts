export { gramMatrix } from "./gram-matrix.js";
export { type StyleLossOptions, styleLoss } from "./style-loss.js";
