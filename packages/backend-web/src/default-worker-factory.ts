/** The worker that comes with the package. Written so that bundlers see it and take it along. */
export function defaultWorker(): Worker {
  return new Worker(new URL("./default-worker.js", import.meta.url), { type: "module" });
}
