export { checkOptions, expectation } from "./checked-options.js";
export { type EngineChoice, onFirstEngine } from "./first-engine.js";
export { PluginError } from "./plugin-error.js";
export { ownLosses, pluginsWith } from "./plugins.js";
export { type FoundNetwork, type Host, type Job, type RunControl, run } from "./run.js";
export { type RunControls, runControls } from "./run-controls.js";
export type { Notice, RunEvent, SkippedEngine } from "./run-event.js";
export { settings } from "./settings.js";
export { checkPlugin } from "./term-of.js";
