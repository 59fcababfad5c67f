export { describe as describeAdapter, findAdapter, isSoftware } from "./adapter.js";
export { startWebGPU } from "./engine.js";
