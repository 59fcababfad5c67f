import { defaultWorker } from "./default-worker-factory.js";
import type { EngineSupport } from "./engine-names.js";
import { errorOf, type Request } from "./protocol.js";
import { repliesOf } from "./replies.js";

/** Which engines can run here, fastest first, and why others cannot. A GPU in software counts. */
export async function engineSupport({
  worker = defaultWorker,
}: {
  readonly worker?: () => Worker;
} = {}): Promise<readonly EngineSupport[]> {
  const asked = worker();
  asked.postMessage({ type: "support" } satisfies Request);
  for await (const reply of repliesOf(asked)) {
    if (reply.type === "support") return reply.engines;
    if (reply.type === "failed") throw errorOf(reply.failure);
  }
  throw new Error("The worker ended without an answer.");
}
