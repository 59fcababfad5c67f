/** All engines, fastest first. */
export const engineNames = ["webgpu", "webgl", "wasm"] as const;

export type EngineName = (typeof engineNames)[number];

/** What an engine runs on. */
export interface Device {
  /** The GPU's name or the processor's features, for display. */
  readonly device: string;
  /** Whether it is a GPU that is emulated on the processor; "auto" leaves these out. */
  readonly software: boolean;
}

/** Whether an engine can run, and on what; or why it cannot, and the remedy. */
export type EngineReport =
  | ({ readonly name: EngineName; readonly available: true } & Device)
  | { readonly name: EngineName; readonly available: false; readonly reason: string };
