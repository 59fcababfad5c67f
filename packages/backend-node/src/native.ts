import { availableParallelism } from "node:os";
import type { Engine } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { availableMemory } from "./available-memory.js";
import type { EngineEntry, EngineOptions } from "./engine-entry.js";
import { restoreLegacyUtil } from "./legacy-util.js";
import { registerReluGrad } from "./relu-grad.js";
import { startBackend, stopBackend } from "./tfjs-backend.js";

const backendName = "tensorflow";

/** What the library was loaded with; it cannot be loaded again with another number. */
let loadedThreads: number | undefined;

/** TensorFlow itself, through @tensorflow/tfjs-node. */
export const native: EngineEntry<"native"> = {
  name: "native",
  async load({ threads }: EngineOptions) {
    if (loadedThreads !== undefined) return;
    // TensorFlow reads its environment while it loads. The first silences its notices, but not its errors.
    process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
    if (threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS = String(threads);
    restoreLegacyUtil();
    const current = tf.getBackend();
    try {
      await import("@tensorflow/tfjs-node");
    } catch (cause) {
      throw new Error(explanation(cause), { cause });
    }
    loadedThreads = Number(process.env.TF_NUM_INTRAOP_THREADS) || availableParallelism();
    registerReluGrad(backendName);
    // Importing it has started its backend.
    stopBackend(backendName);
    if (current) await tf.setBackend(current);
  },
  async start({ threads = loadedThreads }: EngineOptions): Promise<Engine> {
    if (threads !== loadedThreads)
      throw new Error(
        `Expected the threads to stay ${loadedThreads}, with which TensorFlow was loaded, got ${threads}. ` +
          "Choose their number when the engine is first started, or start a new process.",
      );
    const stop = await startBackend(backendName);
    const memoryBytes = availableMemory();
    return {
      name: "native",
      device: `TensorFlow ${version()} (CPU, ${threads} ${threads === 1 ? "thread" : "threads"})`,
      largestTensorBytes: memoryBytes,
      memoryBytes,
      lost: new Promise(() => {}),
      settle: async () => {},
      trim: () => {},
      stop: async () => stop(),
    };
  },
};

/** One sentence for why tfjs-node does not load, and the remedy. */
export function explanation(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const otherwise = "or use the engine wasm";
  if (code === "ERR_MODULE_NOT_FOUND" && message.includes("@tensorflow/tfjs-node"))
    return `Expected the package @tensorflow/tfjs-node for the engine native, found none. Install it, ${otherwise}.`;
  if (message.includes("tfjs_binding.node) can not be found"))
    return (
      "Expected @tensorflow/tfjs-node to have its binding for the engine native, found none. " +
      `Let its install script run (npm rebuild @tensorflow/tfjs-node), ${otherwise}.`
    );
  const [reason] = message.split("\n");
  return (
    `Expected @tensorflow/tfjs-node to load for the engine native, but it did not (${reason}). ` +
    `Reinstall it and let its install script run, ${otherwise}.`
  );
}

function version(): string {
  const { binding } = tf.backend() as tf.KernelBackend & {
    readonly binding: { readonly TF_Version: string };
  };
  return binding.TF_Version;
}
