/** The worker that the page paints in: the package's, with the losses of plugins.ts. */
export function pageWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}
