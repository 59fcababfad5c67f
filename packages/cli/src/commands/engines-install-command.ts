import { type InstallableEngine, installEngine, removeEngine } from "@brushwork/backend-node";
import { asUsageError } from "../failure.js";
import { withRemedy } from "../remedy-text.js";
import type { Progress } from "../reports/progress.js";

export interface EngineInstallOptions {
  readonly force?: boolean;
  readonly libtensorflow?: string;
}

/** Gets what an engine runs on, unless it is there and runs. */
export async function install(
  name: InstallableEngine,
  { force = false, libtensorflow }: EngineInstallOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  try {
    const installation = await installEngine(name, {
      force,
      signal,
      ...(libtensorflow !== undefined && { libtensorflow }),
      onStage: progress.began,
      onProgress: progress.received,
      onTrouble: progress.warned,
    });
    if (installation.warning !== undefined)
      progress.warned(withRemedy(installation.warning, installation.remedy));
    progress.installed(installation);
  } catch (error) {
    throw asUsageError(error);
  }
}

/** Deletes what was installed for an engine, and what unfinished downloads have left. */
export async function removedEngineText(name: InstallableEngine): Promise<string> {
  const removed = await removeEngine(name);
  return removed ? `Removed the engine ${name}.\n` : `There was nothing of the engine ${name} to remove.\n`;
}
