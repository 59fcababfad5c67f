import {
  type InstallableEngine,
  installableEngines,
  installEngine,
  removeEngine,
} from "@brushwork/backend-node";
import { Argument, type Command } from "commander";
import { asUsageError } from "../failure.js";
import { oneOf } from "../option-values.js";
import { sharedOption } from "../options.js";
import { withRemedy } from "../remedy-text.js";
import type { Progress } from "../reports/progress.js";
import type { ReportOptions } from "../reports/progress-of-options.js";

export interface EngineInstallOptions {
  readonly force?: boolean;
  readonly libtensorflow?: string;
}

/** What can be done with the engine folder. */
export interface EnginesInstallCommands {
  install(name: InstallableEngine, options: EngineInstallOptions & ReportOptions): Promise<void>;
  remove(name: InstallableEngine): Promise<void>;
}

/** Adds the commands `install` and `remove` to the command `engines`. */
export function addEnginesInstallCommands(engines: Command, commands: EnginesInstallCommands): void {
  const names = installableEngines.join(", ");
  const engine = () =>
    new Argument("<engine>", names).argParser((text) => oneOf(installableEngines)("the engine", text));
  engines
    .command("install")
    .description("get what an engine runs on, or say that it is there")
    .usage("ENGINE [options]")
    .addArgument(engine())
    .option("--libtensorflow <FOLDER>", "link the TensorFlow in FOLDER in place of a download")
    .option("--force", "install again what is there and runs")
    .addHelpText(
      "after",
      `\nENGINE is ${names}. The environment variable BRUSHWORK_ENGINES names another folder for them.`,
    )
    .addOption(sharedOption("--json"))
    .addOption(sharedOption("--quiet"))
    .addOption(sharedOption("--debug"))
    .action((name: InstallableEngine, options: EngineInstallOptions & ReportOptions) =>
      commands.install(name, options),
    );
  engines
    .command("remove")
    .description("delete what was installed for an engine, and unfinished downloads of it")
    .usage("ENGINE")
    .addArgument(engine())
    .addOption(sharedOption("--debug"))
    .action((name: InstallableEngine) => commands.remove(name));
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
