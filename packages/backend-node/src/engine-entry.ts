import type { Engine } from "@brushwork/core";

export interface EngineOptions {
  /** Absent: all that the machine has, where the engine can use them. */
  readonly threads?: number;
}

/** One engine of the table in engines.ts. */
export interface EngineEntry<Name extends string = string> {
  readonly name: Name;
  /**
   * Gets what the engine needs into the process; harmless twice.
   * @throws {Error} with what is missing and the remedy, where the engine cannot run here
   */
  load(options: EngineOptions): Promise<void>;
  /** Called once loaded, with no other engine running. */
  start(options: EngineOptions): Promise<Engine>;
}
