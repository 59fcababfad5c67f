/** The engines there are, fastest first. */
export const engineNames = ["webgpu", "webgl", "wasm"] as const;

export type EngineName = (typeof engineNames)[number];

export interface EngineSupport {
  readonly name: EngineName;
  readonly available: boolean;
  /** What it runs on, for people. */
  readonly device?: string;
  /** Why it is not available, and the remedy. */
  readonly reason?: string;
}
