import { defaultWorker } from "./default-worker-factory.js";
import type { EngineReport } from "./engine-names.js";
import { answerTo } from "./replies.js";

/** Which engines can run here, fastest first, and why others cannot. A GPU in software counts. */
export async function engineReports({
  worker = defaultWorker,
}: {
  readonly worker?: () => Worker;
} = {}): Promise<readonly EngineReport[]> {
  return (await answerTo({ type: "engines" }, "engines", worker)).engines;
}
