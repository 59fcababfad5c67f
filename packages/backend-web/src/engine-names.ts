/** The engines there are, fastest first. */
export const engineNames = ["webgpu", "webgl", "wasm"] as const;

export type EngineName = (typeof engineNames)[number];

/** What an engine runs on. */
export interface Device {
  /** For people. */
  readonly device: string;
  /** Whether it is a GPU that is computed on the processor: "auto" leaves these out. */
  readonly software: boolean;
}

/** Whether an engine can run, and on what; or why it cannot, and the remedy. */
export type EngineReport =
  | ({ readonly name: EngineName; readonly available: true } & Device)
  | { readonly name: EngineName; readonly available: false; readonly reason: string };
