import type { Engine } from "@brushwork/core";
import type { Device, EngineName } from "../engine-names.js";

export interface EngineOptions {
  /** Whether a GPU that is emulated on the processor is allowed. */
  readonly software: boolean;
}

/** One engine of the table in engines.ts. */
export interface EngineEntry {
  readonly name: EngineName;
  /**
   * Finds out what the engine would run on, and leaves nothing started.
   * @throws {Error} with what is missing and the remedy, where it cannot run here
   */
  find(options: EngineOptions): Promise<Device>;
  /** @throws as `find`, and when it does not start */
  start(options: EngineOptions): Promise<Engine>;
}
