import { defaultWorker } from "./default-worker-factory.js";
import type { EngineReport } from "./engine-names.js";
import { answerTo } from "./replies.js";

/** Finds out which engines can run here, and why others cannot; fastest first. Emulated GPUs count as well. */
export async function engineReports({
  worker = defaultWorker,
}: {
  readonly worker?: () => Worker;
} = {}): Promise<readonly EngineReport[]> {
  return (await answerTo({ type: "engines" }, "engines", worker)).engines;
}
