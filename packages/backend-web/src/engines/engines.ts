import type { Engine } from "@brushwork/core";
import type { EngineName, EngineSupport } from "../engine-names.js";
import type { EngineEntry, EngineOptions } from "./entry.js";
import { wasm } from "./wasm.js";
import { webgl } from "./webgl.js";
import { webgpu } from "./webgpu.js";

const entries: Readonly<Record<EngineName, EngineEntry>> = { webgpu, webgl, wasm };

/**
 * Starts the first of the engines that starts.
 *
 * @param skipped told of each one that does not, if another is left
 * @throws {Error} the last one's reason, where none does
 */
export async function startFirst(
  names: readonly EngineName[],
  options: EngineOptions,
  skipped: (engine: EngineName, reason: string) => void,
): Promise<{ readonly name: EngineName; readonly engine: Engine }> {
  for (const [i, name] of names.entries())
    try {
      return { name, engine: await entries[name].start(options) };
    } catch (error) {
      if (i === names.length - 1) throw error;
      skipped(name, reasonOf(error));
    }
  throw new Error("Expected an engine to be named, got none.");
}

/** Which engines can run here. A GPU in software counts. */
export async function findEngines(): Promise<readonly EngineSupport[]> {
  return Promise.all(
    Object.values(entries).map(async ({ name, find }) => {
      try {
        return { name, available: true, ...(await find({ software: true })) };
      } catch (error) {
        return { name, available: false, reason: reasonOf(error) };
      }
    }),
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
