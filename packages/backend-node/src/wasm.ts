import type { Engine } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { keepingCrashListeners } from "./crash-listeners.js";
import type { EngineEntry, EngineOptions } from "./engine-entry.js";
import { startBackend } from "./tfjs-backend.js";

const backendName = "wasm";
const gibibyte = 2 ** 30;

/** TensorFlow.js's WebAssembly backend: everywhere, on one thread. */
export const wasm: EngineEntry<"wasm"> = {
  name: "wasm",
  async load() {
    await import("@tensorflow/tfjs-backend-wasm");
  },
  async start({ threads = 1 }: EngineOptions): Promise<Engine> {
    if (threads !== 1)
      throw new RangeError(
        `Expected 1 thread for the engine wasm, which has no more in Node, got ${threads}.`,
      );
    const stop = await keepingCrashListeners(() => startBackend(backendName));
    const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
    return {
      name: "wasm",
      device: simd ? "WebAssembly (SIMD)" : "WebAssembly",
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
