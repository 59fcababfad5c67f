export { type TvLossOptions, tvLoss } from "./tv-loss.js";
