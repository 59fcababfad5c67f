/** Starts the worker that comes with the package. Written so that bundlers recognise it. */
export function defaultWorker(): Worker {
  return new Worker(new URL("./default-worker.js", import.meta.url), { type: "module" });
}
