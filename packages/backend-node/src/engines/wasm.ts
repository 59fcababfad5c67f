import { availableParallelism } from "node:os";
import type { Engine } from "@brushwork/core";
import { getThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { keepingCrashListeners } from "./crash-listeners.js";
import type { EngineEntry, EngineOptions } from "./engine-entry.js";
import { startBackend } from "./tfjs-backend.js";
import { mostThreads, withWasmThreads } from "./wasm-threads.js";

const backendName = "wasm";
const gibibyte = 2 ** 30;

/** TensorFlow.js's WebAssembly backend: everywhere, on up to eight threads. */
export const wasm: EngineEntry<"wasm"> = {
  name: "wasm",
  options: ["threads"],
  async load() {
    await import("@tensorflow/tfjs-backend-wasm");
  },
  async start({ threads = availableParallelism() }: EngineOptions): Promise<Engine> {
    const stop = await keepingCrashListeners(() => startWithThreads(Math.min(threads, mostThreads)));
    const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
    return {
      name: "wasm",
      device: deviceName(simd, getThreadsCount()),
      // Convolutions were seen to give right results up to here, at addresses beyond 2 GiB as well.
      largestTensorBytes: 2 * gibibyte - 1,
      // Of the 4 GiB that WebAssembly can address: fragmentation takes its share, and the backend does not notice
      // when the heap is full, but overwrites what lies at its start.
      memoryBytes: 3 * gibibyte,
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
    return await withWasmThreads(threads, () => startBackend(backendName));
  } catch (error) {
    if (threads === 1) throw error;
    return withWasmThreads(1, () => startBackend(backendName));
  }
}

/** "WebAssembly (SIMD, 2 threads)" */
function deviceName(simd: unknown, threads: number): string {
  return `WebAssembly (${simd ? "SIMD, " : ""}${threads} ${threads === 1 ? "thread" : "threads"})`;
}
