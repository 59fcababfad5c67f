import { availableParallelism } from "node:os";
import { type Engine, messageOf, NoRoom } from "@brushwork/core";
import { wasmLimits, wasmMemory, wasmMemoryMessages } from "@brushwork/runs";
import * as tf from "@tensorflow/tfjs-core";
import { availableMemory } from "./available-memory.js";
import { keepingCrashListeners } from "./crash-listeners.js";
import type { EngineEntry, EngineOptions } from "./engine-entry.js";
import { startBackend } from "./tfjs-backend.js";
import { mostThreads, withWasmThreads } from "./wasm-threads.js";

const backendName = "wasm";

/** TensorFlow.js's WebAssembly backend: everywhere, on up to eight threads. */
export const wasm: EngineEntry<"wasm"> = {
  name: "wasm",
  options: ["threads"],
  async load() {
    await import("@tensorflow/tfjs-backend-wasm");
  },
  async start({ threads = availableParallelism() }: EngineOptions): Promise<Engine> {
    const stop = await keepingCrashListeners(() => startWithThreads(Math.min(threads, mostThreads)));
    const { getThreadsCount } = await import("@tensorflow/tfjs-backend-wasm");
    const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
    return {
      name: "wasm",
      device: deviceName(simd, getThreadsCount()),
      ...wasmLimits,
      // Where the machine has less, the system would end the process.
      memoryBytes: Math.min(wasmLimits.memoryBytes, availableMemory()),
      ...wasmMemory(tf.backend()),
      lost: new Promise(() => {}),
      settle: async () => {},
      trim: () => {},
      stop: () => keepingCrashListeners(stop),
    };
  },
};

/** On one thread where there may be no more: not every surroundings let a program start its own. */
async function startWithThreads(threads: number): Promise<() => void> {
  try {
    return await withWasmThreads(threads, startQuietly);
  } catch (error) {
    if (threads === 1) throw error;
    return withWasmThreads(1, startQuietly);
  }
}

/**
 * Starts the backend; where it does not start, what it says on the console is the cause of the error.
 * @throws {NoRoom} when the system has no memory for it
 */
async function startQuietly(): Promise<() => void> {
  const said: string[] = [];
  const { warn } = console;
  console.warn = (...parts: readonly unknown[]) => void said.push(parts.map(String).join(" "));
  try {
    return await startBackend(backendName);
  } catch (error) {
    const cause = new Error([messageOf(error), ...said].join("\n"), { cause: error });
    if (wasmMemoryMessages.test(cause.message))
      throw new NoRoom(
        "The system has too little memory for WebAssembly: give the program more, or close others.",
        { engine: backendName, longest: 0 },
        { cause },
      );
    throw new Error("TensorFlow.js's WebAssembly did not start: install the program again.", { cause });
  } finally {
    console.warn = warn;
  }
}

/** "WebAssembly (SIMD, 2 threads)" */
function deviceName(simd: unknown, threads: number): string {
  return `WebAssembly (${simd ? "SIMD, " : ""}${threads} ${threads === 1 ? "thread" : "threads"})`;
}
