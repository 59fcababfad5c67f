/** The engines there are, fastest first. */
export const engineNames = ["cuda", "webgpu", "native", "wasm"] as const;

export type EngineName = (typeof engineNames)[number];
