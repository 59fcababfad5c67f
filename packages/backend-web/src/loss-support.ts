import { defaultWorker } from "./default-worker-factory.js";
import type { LossSupport } from "./loss-description.js";
import { errorOf, type Request } from "./protocol.js";
import { repliesOf } from "./replies.js";

/**
 * The losses that recipes can name here: ours, and those that the worker brings along. The page gets them as data, since
 * their code needs TensorFlow.js.
 */
export async function lossSupport({
  worker = defaultWorker,
}: {
  readonly worker?: () => Worker;
} = {}): Promise<LossSupport> {
  const asked = worker();
  asked.postMessage({ type: "losses" } satisfies Request);
  for await (const reply of repliesOf(asked)) {
    if (reply.type === "losses") return reply.support;
    if (reply.type === "failed") throw errorOf(reply.failure);
  }
  throw new Error("The worker ended without an answer.");
}
