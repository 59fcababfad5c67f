import type { Engine } from "@brushwork/core";
import { getThreadsCount, setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import type { EngineEntry } from "./entry.js";

const backendName = "wasm";
const gibibyte = 2 ** 30;

/** The backend's own names, and where the files lie: written so that bundlers see them and take them along. */
const files = {
  "tfjs-backend-wasm.wasm": new URL("../assets/tfjs-backend-wasm.wasm", import.meta.url).href,
  "tfjs-backend-wasm-simd.wasm": new URL("../assets/tfjs-backend-wasm-simd.wasm", import.meta.url).href,
  "tfjs-backend-wasm-threaded-simd.wasm": new URL(
    "../assets/tfjs-backend-wasm-threaded-simd.wasm",
    import.meta.url,
  ).href,
};

/** The processor: everywhere, with several threads where the page allows them. */
export const wasm: EngineEntry = {
  name: "wasm",
  find: async () => ({ device: await describe(), software: false }),
  async start(): Promise<Engine> {
    const threaded = await hasThreads();
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", threaded);
    setWasmPaths(files);
    if (!(await (threaded ? startWithThreads() : tf.setBackend(backendName))))
      throw new Error(
        "Expected WebAssembly to start, but it did not: its file is missing, or the page's policy lacks 'wasm-unsafe-eval'.",
      );
    return {
      name: "wasm",
      device: threaded ? `${await describe()}, ${threadsOf(getThreadsCount())}` : await describe(),
      // Convolutions were seen to give right results up to here, at addresses beyond 2 GiB as well.
      largestTensorBytes: 2 * gibibyte - 1,
      // Of the 4 GiB that WebAssembly can address: fragmentation takes its share, and the backend does not notice
      // when the heap is full, but overwrites what lies at its start.
      memoryBytes: 3 * gibibyte,
      lost: new Promise(() => {}),
      settle: async () => {},
      trim: () => {},
      async stop() {
        tf.removeBackend(backendName);
      },
    };
  },
};

/** With a thread for every processor but the page's own; by itself, the backend takes half of them at most. */
async function startWithThreads(): Promise<boolean> {
  const threads = navigator.hardwareConcurrency - 1;
  setThreadsCount(threads);
  Object.defineProperty(navigator, "hardwareConcurrency", { value: 2 * threads, configurable: true });
  try {
    return await tf.setBackend(backendName);
  } finally {
    // What is left is the browser's own.
    Reflect.deleteProperty(navigator, "hardwareConcurrency");
  }
}

async function describe(): Promise<string> {
  if (typeof WebAssembly === "undefined")
    throw new Error("Expected this browser to offer WebAssembly, but it does not. Update it.");
  return (await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT")) ? "WebAssembly (SIMD)" : "WebAssembly";
}

/**
 * Whether the backend can have threads: it shares memory, which takes a page that is isolated from other origins, and
 * starts its workers from Blobs, which the page's policy may forbid. Without that look it would wait for them for ever.
 */
async function hasThreads(): Promise<boolean> {
  if (!globalThis.crossOriginIsolated || navigator.hardwareConcurrency < 2) return false;
  if (!(await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT"))) return false;
  const address = URL.createObjectURL(new Blob(["postMessage(0)"], { type: "text/javascript" }));
  let worker: Worker | undefined;
  try {
    const probe = new Worker(address);
    worker = probe;
    return await new Promise<boolean>((resolve) => {
      probe.addEventListener("message", () => resolve(true));
      probe.addEventListener("error", () => resolve(false));
    });
  } catch {
    return false;
  } finally {
    worker?.terminate();
    URL.revokeObjectURL(address);
  }
}

function threadsOf(count: number): string {
  return count === 1 ? "1 thread" : `${count} threads`;
}
