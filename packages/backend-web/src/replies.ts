import type { Reply } from "./protocol.js";

/**
 * What a worker answers, in order. Leaving the loop ends the worker, and so does the signal.
 *
 * @throws {Error} when the worker does not load or breaks; `signal.reason` once the signal is aborted
 */
export async function* repliesOf(worker: Worker, signal?: AbortSignal): AsyncGenerator<Reply, never, void> {
  const waiting: Reply[] = [];
  let broken: Error | undefined;
  let wake = () => {};
  const onAbort = () => {
    worker.terminate();
    wake();
  };
  worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
    waiting.push(data);
    wake();
  });
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    broken = new Error(
      event.message
        ? `The worker broke: ${event.message}.`
        : "The worker did not load: its file is missing, or the page's policy forbids it.",
    );
    wake();
  });
  signal?.addEventListener("abort", onAbort);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const reply = waiting.shift();
      if (reply !== undefined) yield reply;
      else if (broken !== undefined) throw broken;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    worker.terminate();
  }
}
