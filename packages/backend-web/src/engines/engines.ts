import { type Engine, messageOf } from "@brushwork/core";
import type { SkippedEngine } from "@brushwork/runs";
import type { EngineReport } from "../engine-names.js";
import type { EngineEntry, EngineOptions } from "./entry.js";
import { wasm } from "./wasm.js";
import { webgl } from "./webgl.js";
import { webgpu } from "./webgpu.js";

/** Fastest first. */
const entries: readonly EngineEntry[] = [webgpu, webgl, wasm];

/**
 * Starts the first of the engines that starts.
 *
 * @param onSkip called for each one that does not, if another is left
 * @throws {Error} the last one's reason, where none does
 */
export async function startFirst(
  names: readonly string[],
  options: EngineOptions,
  onSkip: (skipped: SkippedEngine) => void,
): Promise<Engine> {
  const named = names.flatMap((name) => entries.filter((entry) => entry.name === name));
  for (const [i, entry] of named.entries())
    try {
      return await entry.start(options);
    } catch (error) {
      if (i === named.length - 1) throw error;
      onSkip({ engine: entry.name, reason: messageOf(error) });
    }
  throw new Error("Expected an engine to be named, got none.");
}

/** Finds out which engines can run here. Emulated GPUs count as well. */
export async function findEngines(): Promise<readonly EngineReport[]> {
  return Promise.all(
    entries.map(async ({ name, find }) => {
      try {
        return { name, available: true, ...(await find({ software: true })) };
      } catch (error) {
        return { name, available: false, reason: messageOf(error) };
      }
    }),
  );
}
