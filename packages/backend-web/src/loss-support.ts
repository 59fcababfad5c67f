import { defaultWorker } from "./default-worker-factory.js";
import type { LossSupport } from "./losses-and-layers.js";
import { answerTo } from "./replies.js";

/**
 * Asks a worker which losses recipes can name: ours and those that it serves. They come as data, since their code needs
 * TensorFlow.js.
 */
export async function lossSupport({
  worker = defaultWorker,
}: {
  readonly worker?: () => Worker;
} = {}): Promise<LossSupport> {
  return (await answerTo({ type: "losses" }, "losses", worker)).support;
}
