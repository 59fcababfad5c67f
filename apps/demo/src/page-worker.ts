/** Starts the worker that paints, with the losses of plugins.ts. */
export function pageWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}
