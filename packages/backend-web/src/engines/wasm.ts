import type { Engine } from "@brushwork/core";
import { wasmLimits, wasmMemory } from "@brushwork/runs";
import { getThreadsCount, setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import type { EngineEntry } from "./entry.js";
import { trialName } from "./wasm-thread.js";

const backendName = "wasm";

/** Where the backend's files are, by its own names. Written so that bundlers recognise assets. */
const files = {
  "tfjs-backend-wasm.wasm": new URL("../assets/tfjs-backend-wasm.wasm", import.meta.url).href,
  "tfjs-backend-wasm-simd.wasm": new URL("../assets/tfjs-backend-wasm-simd.wasm", import.meta.url).href,
  "tfjs-backend-wasm-threaded-simd.wasm": new URL(
    "../assets/tfjs-backend-wasm-threaded-simd.wasm",
    import.meta.url,
  ).href,
};

/** The code of a thread, which wasm-thread.ts makes. An asset, so that no bundler rewrites it. */
const threadFile = new URL("../assets/wasm-thread.js", import.meta.url).href;

/** The processor through WebAssembly: in every browser, with several threads where the page allows them. */
export const wasm: EngineEntry = {
  name: "wasm",
  find: async () => ({ device: await describe(), software: false }),
  async start(): Promise<Engine> {
    const threaded = await hasThreads();
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", threaded);
    setWasmPaths(files);
    if (!(await (threaded ? startWithThreads() : tf.setBackend(backendName))))
      throw new Error(
        "WebAssembly did not start. Check that its file is served, and that the page's policy allows 'wasm-unsafe-eval'.",
      );
    return {
      name: "wasm",
      device: threaded ? `${await describe()}, ${threadsOf(getThreadsCount())}` : await describe(),
      ...wasmLimits,
      ...wasmMemory(tf.backend()),
      lost: new Promise(() => {}),
      settle: async () => {},
      trim: () => {},
      async stop() {
        tf.removeBackend(backendName);
      },
    };
  },
};

/**
 * Uses a thread for each processor except the page's own. Left to itself, the backend uses half of the processors, and
 * starts its threads from Blobs with the text of its own functions, which minifiers break and policies forbid.
 */
async function startWithThreads(): Promise<boolean> {
  const OwnWorker = globalThis.Worker;
  globalThis.Worker = class extends OwnWorker {
    constructor() {
      super(threadFile);
    }
  };
  const threads = navigator.hardwareConcurrency - 1;
  setThreadsCount(threads);
  Object.defineProperty(navigator, "hardwareConcurrency", { value: 2 * threads, configurable: true });
  try {
    return await tf.setBackend(backendName);
  } finally {
    // Uncovers the browser's own value.
    Reflect.deleteProperty(navigator, "hardwareConcurrency");
    globalThis.Worker = OwnWorker;
  }
}

async function describe(): Promise<string> {
  if (typeof WebAssembly === "undefined") throw new Error("This browser has no WebAssembly. Update it.");
  return (await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT")) ? "WebAssembly (SIMD)" : "WebAssembly";
}

/**
 * Whether the backend can use threads. They share memory, which takes a cross-origin isolated page, and their file has
 * to load. A thread is tried first, because the backend would wait forever for one that does not load.
 */
async function hasThreads(): Promise<boolean> {
  if (!globalThis.crossOriginIsolated || navigator.hardwareConcurrency < 2) return false;
  if (!(await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT"))) return false;
  let worker: Worker | undefined;
  try {
    const trial = new Worker(threadFile, { name: trialName });
    worker = trial;
    return await new Promise<boolean>((resolve) => {
      trial.addEventListener("message", ({ data }) => resolve(data === true));
      trial.addEventListener("error", () => resolve(false));
    });
  } catch {
    return false;
  } finally {
    worker?.terminate();
  }
}

function threadsOf(count: number): string {
  return count === 1 ? "1 thread" : `${count} threads`;
}
