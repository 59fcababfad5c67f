export { type ContentLossOptions, contentLoss } from "./content-loss.js";
