export { type NumericGradientOptions, numericGradient } from "./numeric-gradient.js";
export type { Runner } from "./runner.js";
export { testAdditiveTerm } from "./test-additive-term.js";
export { type EngineContract, testEngine } from "./test-engine.js";
export { type LossTermContract, testLossTerm } from "./test-loss-term.js";
export { type NetworkContract, testNetwork } from "./test-network.js";
export { type OptimizerContract, testOptimizer } from "./test-optimizer.js";
export { tinyNetwork } from "./tiny-network.js";
