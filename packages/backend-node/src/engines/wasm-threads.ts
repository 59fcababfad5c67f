import { createRequire } from "node:module";
import os from "node:os";
import { Worker } from "node:worker_threads";
import * as tf from "@tensorflow/tfjs-core";

/** What TensorFlow.js's build for threads has room for. */
export const mostThreads = 8;

const build = "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd";

/**
 * Starts TensorFlow.js's WebAssembly backend with threads, which it offers in browsers only: what is missing in Node is
 * a way to start its workers, whose code it hands over as a Blob.
 *
 * @param threads 1: its build without
 * @throws when a worker does not start, as where there are no more files to open or the working folder was deleted
 */
export async function withWasmThreads<Result>(
  threads: number,
  start: () => Promise<Result>,
): Promise<Result> {
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", threads > 1);
  if (threads === 1) return start();
  const source = workerSource();
  const { setThreadsCount } = await import("@tensorflow/tfjs-backend-wasm");
  setThreadsCount(threads);
  const workers: Worker[] = [];
  let fail: (reason: unknown) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  let starting = true;
  const [cpu] = os.cpus();
  const restore = [
    // The backend looks for it there, and would put Node's own in its place.
    replace(globalThis, "Worker", {
      get: () =>
        class extends Worker {
          constructor() {
            super(source, { eval: true, execArgv: [] });
            workers.push(this);
            super.on("error", (error) => {
              if (!starting) throw error;
              fail(error);
            });
          }
          /** The backend would end the process with what it hears of here. */
          override on(...[event, listener]: Parameters<Worker["on"]>): this {
            return event === "error" ? this : super.on(event, listener);
          }
        },
      set() {},
    }),
    // It takes half of the processors at most; here a person says how many.
    replace(os, "cpus", { value: () => new Array(2 * threads).fill(cpu) }),
  ];
  try {
    return await Promise.race([start(), failure]);
  } catch (error) {
    await Promise.all(workers.map((worker) => worker.terminate()));
    throw error;
  } finally {
    starting = false;
    for (const one of restore) one();
    // Waiting for work, they are not to keep the process from ending.
    for (const worker of workers) worker.unref();
  }
}

/**
 * TensorFlow.js's code for workers, which is written for Node as well, with files in the place of Blobs.
 * @throws where its files are not to be found, as in a bundle
 */
function workerSource(): string {
  const { resolve } = createRequire(import.meta.url);
  return `
    const { wasmWorkerContents } = require(${JSON.stringify(resolve(`${build}.worker.js`))});
    URL.createObjectURL = () => ${JSON.stringify(resolve(`${build}.js`))};
    URL.revokeObjectURL = () => {};
    // Line breaks in its strings were unescaped when it was packed into one.
    (0, eval)(wasmWorkerContents.replace(/\\n/g, "\\\\n"));
  `;
}

/** @returns puts the former one back */
function replace(owner: object, name: string, descriptor: PropertyDescriptor): () => void {
  const former = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { ...descriptor, configurable: true });
  return () => {
    if (former === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, former);
  };
}
