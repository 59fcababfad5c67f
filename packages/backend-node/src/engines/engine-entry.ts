import type { Engine } from "@brushwork/core";

export const precisions = ["full", "fast"] as const;

/** How exactly convolutions are computed: with all 32 bits, or with fewer where that is faster. */
export type Precision = (typeof precisions)[number];

export interface EngineOptions {
  /** Absent: all that the machine has, where the engine can use them. */
  readonly threads?: number;
  /** Absent: "full". */
  readonly precision?: Precision;
}

interface LoadOptions extends EngineOptions {
  /** Whether the user named this engine. Otherwise it is only wanted where it is fast: not on a software GPU. */
  readonly byName: boolean;
}

/** One engine of the table in engines.ts. */
export interface EngineEntry<Name extends string = string> {
  readonly name: Name;
  /** What can be chosen for it. Absent: nothing; "auto" leaves the rest out, by name it is a mistake. */
  readonly options?: readonly (keyof EngineOptions)[];
  /**
   * Gets what the engine needs into the process; harmless twice, and leaves nothing behind where it fails.
   * @throws {Error} with what is missing and the remedy, where the engine cannot run here
   */
  load(options: LoadOptions): Promise<void>;
  /** Called once loaded, with no other engine running. */
  start(options: EngineOptions): Promise<Engine>;
}
