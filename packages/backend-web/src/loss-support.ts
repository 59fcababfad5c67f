import { defaultWorker } from "./default-worker-factory.js";
import type { LossSupport } from "./loss-description.js";
import { answerTo } from "./replies.js";

/**
 * The losses that recipes can name here: ours, and those that the worker brings along. The page gets them as data, since
 * their code needs TensorFlow.js.
 */
export async function lossSupport({
  worker = defaultWorker,
}: {
  readonly worker?: () => Worker;
} = {}): Promise<LossSupport> {
  return (await answerTo({ type: "losses" }, "losses", worker)).support;
}
