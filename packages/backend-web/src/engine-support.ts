import { defaultWorker } from "./default-worker-factory.js";
import type { EngineSupport } from "./engine-names.js";
import { answerTo } from "./replies.js";

/** Which engines can run here, fastest first, and why others cannot. A GPU in software counts. */
export async function engineSupport({
  worker = defaultWorker,
}: {
  readonly worker?: () => Worker;
} = {}): Promise<readonly EngineSupport[]> {
  return (await answerTo({ type: "support" }, "support", worker)).engines;
}
