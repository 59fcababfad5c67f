/** Name of a worker that only says whether it could be a thread. */
export const trialName = "trial";

/**
 * The code of a thread: what TensorFlow.js has its workers load, in one script.
 *
 * @param main text of its WebAssembly module for threads
 * @param worker text of its workers, which get the module as a Blob, from the text of a function
 */
export function wasmThread(main: string, worker: string): string {
  return [
    main,
    // The module is here already.
    "self.importScripts = () => {};",
    worker,
    `if (self.name === ${JSON.stringify(trialName)}) postMessage(self.crossOriginIsolated);`,
    "",
  ].join("\n");
}
