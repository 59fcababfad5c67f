import type { Engine } from "@brushwork/core";
import type { EngineEntry, EngineOptions } from "./engine-entry.js";
import { native } from "./native.js";
import { wasm } from "./wasm.js";

/** Fastest first. */
const entries = [native, wasm] as const;

export type EngineName = (typeof entries)[number]["name"];

/** The engines there are, fastest first. */
export const engineNames: readonly EngineName[] = entries.map(({ name }) => name);

export interface EngineSupport {
  readonly name: EngineName;
  readonly available: boolean;
  /** Why it is not available, and the remedy. */
  readonly reason?: string;
}

/** The engine that is being started or runs. */
let running: string | undefined;

/**
 * Starts the engine that tensors run on.
 *
 * One at a time in a process, since TensorFlow.js has one global engine; after `stop`, another can be started.
 *
 * @param name "auto": the fastest that can run here
 * @throws {RangeError} when there is no engine of that name, or it cannot have that many threads
 * @throws {Error} when an engine is running already, or when this one cannot run here, with what it lacks
 */
export async function startEngine(
  name: EngineName | "auto" = "auto",
  options: EngineOptions = {},
): Promise<Engine> {
  checkThreads(options);
  const candidates = name === "auto" ? entries : entries.filter((entry) => entry.name === name);
  if (candidates.length === 0)
    throw new RangeError(`Expected the engine to be one of auto, ${engineNames.join(", ")}, got "${name}".`);
  if (running !== undefined)
    throw new Error(`Expected no engine to be running, got ${running}. Stop it first: a process has one.`);
  running = name;
  try {
    const engine = await (await firstThatLoads(candidates, options)).start(options);
    running = engine.name;
    let stopped = false;
    return {
      ...engine,
      async stop() {
        if (stopped) return;
        stopped = true;
        await engine.stop();
        running = undefined;
      },
    };
  } catch (error) {
    running = undefined;
    throw error;
  }
}

/**
 * Which engines can run here. None is left started, but the native library is left loaded: a number of threads
 * cannot be chosen for it any more.
 */
export async function engineSupport(): Promise<readonly EngineSupport[]> {
  const support: EngineSupport[] = [];
  for (const { name, load } of entries) {
    try {
      await load({});
      support.push({ name, available: true });
    } catch (error) {
      support.push({
        name,
        available: false,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }
  return support;
}

/** @throws what the last one lacks, when none loads */
async function firstThatLoads(
  candidates: readonly EngineEntry[],
  options: EngineOptions,
): Promise<EngineEntry> {
  let trouble: unknown;
  for (const entry of candidates) {
    try {
      await entry.load(options);
      return entry;
    } catch (error) {
      trouble = error;
    }
  }
  throw trouble;
}

function checkThreads({ threads }: EngineOptions): void {
  if (threads !== undefined && (!Number.isSafeInteger(threads) || threads < 1))
    throw new RangeError(`Expected the threads to be a whole number of at least 1, got ${threads}.`);
}
