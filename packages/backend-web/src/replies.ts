import { errorOf } from "@brushwork/runs";
import type { Reply, Request } from "./protocol.js";

/**
 * Yields what a worker answers, in order. Leaving the loop ends the worker, and so does the signal.
 *
 * @throws {Error} when the worker does not load or fails; `signal.reason` once the signal is aborted
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
        ? `The worker failed: ${event.message}.`
        : "The worker did not load. Check that its file is served, and that the page's policy allows it.",
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

/**
 * Asks a worker one thing, waits for the answer and ends the worker.
 *
 * @param type type of the reply that is the answer
 * @throws the worker's error, or as `repliesOf` does
 */
export async function answerTo<Type extends Reply["type"]>(
  request: Request,
  type: Type,
  worker: () => Worker,
): Promise<Extract<Reply, { readonly type: Type }>> {
  const asked = worker();
  asked.postMessage(request);
  for await (const reply of repliesOf(asked)) {
    if (isOf(type, reply)) return reply;
    if (reply.type === "failed") throw errorOf(reply.error);
  }
  throw new Error("The worker ended without an answer.");
}

function isOf<Type extends Reply["type"]>(
  type: Type,
  reply: Reply,
): reply is Extract<Reply, { readonly type: Type }> {
  return reply.type === type;
}
