import { type Engine, OptionError } from "@brushwork/core";
import { checkOptions, choiceOf, kinds, oneOf, wholeNumber } from "@brushwork/core/reading";
import type { SkippedEngine } from "@brushwork/runs";
import { lackOf } from "../remediable.js";
import { cuda } from "./cuda.js";
import { type EngineEntry, type EngineOptions, precisions } from "./engine-entry.js";
import { type EngineName, engineNames } from "./engine-names.js";
import { native } from "./native.js";
import { wasm } from "./wasm.js";
import { webgpu } from "./webgpu.js";

const table: { readonly [Name in EngineName]: EngineEntry<Name> } = { cuda, webgpu, native, wasm };

/** Fastest first. */
const entries = engineNames.map((name) => table[name]);

export interface StartOptions extends EngineOptions {
  /** Called under "auto" for each engine that is passed over for a slower one, fastest first. */
  readonly onSkip?: (skipped: SkippedEngine) => void;
}

/** The engine that is being started or runs. */
let running: string | undefined;

/**
 * Starts the engine that tensors run on.
 *
 * One at a time in a process, since TensorFlow.js has one global engine; after `stop`, another can be started.
 *
 * @param name "auto": the fastest that can run here; a GPU in software only runs by name
 * @param options under "auto", an engine that has no threads or precision to choose runs without
 * @throws {OptionError} when there is no engine of that name, or it cannot have that many threads or that precision
 * @throws {Error} when an engine is running already, or when this one cannot run here, with what it lacks
 */
export async function startEngine(
  name: EngineName | "auto" = "auto",
  options: StartOptions = {},
): Promise<Engine> {
  return startFirst(candidatesFor(name), name !== "auto", options);
}

/** The engines that a name stands for, fastest first. @throws {OptionError} when there is none of that name */
export function candidatesFor(name: EngineName | "auto"): readonly EngineName[] {
  const found = oneOf(name, "the engine", ["auto", ...engineNames]);
  return found === "auto" ? engineNames : [found];
}

/**
 * Starts the first of some engines that can be.
 * @throws what the last one lacks, when none starts
 */
export async function startFirst(
  candidates: readonly EngineName[],
  byName: boolean,
  started: StartOptions,
): Promise<Engine> {
  checkStartOptions(started);
  const { onSkip, ...options } = started;
  if (running !== undefined)
    throw new Error(`Expected no engine to be running, got ${running}. Stop it first: a process has one.`);
  let trouble: unknown;
  const tried = entries.filter(({ name }) => candidates.includes(name));
  for (const entry of tried) {
    running = entry.name;
    try {
      return await start(entry, options, byName);
    } catch (error) {
      running = undefined;
      trouble = error;
      if (!byName && entry !== tried.at(-1)) onSkip?.({ engine: entry.name, ...lackOf(error) });
    }
  }
  throw trouble;
}

async function start(entry: EngineEntry, options: EngineOptions, byName: boolean): Promise<Engine> {
  const { precision = "full", threads } = options;
  const offers = (option: keyof EngineOptions) => entry.options?.includes(option) === true;
  if (byName && precision === "fast" && !offers("precision"))
    throw new OptionError(
      `Expected the precision "full" for the engine ${entry.name}, which has no other, got "fast".`,
    );
  const offered: EngineOptions = byName
    ? options
    : {
        ...(threads !== undefined && offers("threads") && { threads }),
        ...(offers("precision") && options.precision !== undefined && { precision }),
      };
  await entry.load({ ...offered, byName });
  const engine = await entry.start(offered);
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
}

/** @throws {OptionError} when an option is unknown or of another kind */
export function checkStartOptions(options: StartOptions): void {
  checkOptions("startEngine", options, {
    threads: wholeNumber(1),
    precision: choiceOf(...precisions),
    onSkip: kinds.callback,
  });
}
