// Our losses bring their gradients; others' may rely on TensorFlow.js's.
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { findEngines } from "./engines/engines.js";
import { failureOf, type Reply, type Request } from "./protocol.js";
import { runControl } from "./run-control.js";
import { type Losses, runJob } from "./run-job.js";

export type { Losses } from "./run-job.js";

/** Of a worker's global scope, what is used here. */
interface Scope {
  addEventListener(type: "message", listener: (event: MessageEvent<Request>) => void): void;
  postMessage(reply: Reply, transfer: readonly Transferable[]): void;
}

/**
 * Makes the worker that this is called in paint for `paint`; a worker paints once.
 *
 * @param options `losses` of your own, which recipes can name; one of the name of ours takes its place
 */
export function serve({ losses = {} }: { readonly losses?: Losses } = {}): void {
  const scope = globalThis as unknown as Scope;
  const control = runControl();
  const post = (reply: Reply, transfer: readonly Transferable[] = []) => scope.postMessage(reply, transfer);
  scope.addEventListener("message", ({ data: request }) => {
    if (request.type === "paint") void runJob(request.job, control, losses, post);
    else if (request.type === "support")
      findEngines().then(
        (engines) => post({ type: "support", engines }),
        (error) => post({ type: "failed", failure: failureOf(error) }),
      );
    else control.hear(request);
  });
}
