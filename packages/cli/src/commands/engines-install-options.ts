import { type InstallableEngine, installableEngines } from "@brushwork/backend-node/names";
import { Argument, type Command } from "commander";
import { oneOf } from "../option-values.js";
import { sharedOption } from "../options.js";
import type { ReportOptions } from "../reports/progress-of-options.js";
import type { EngineInstallOptions } from "./engines-install-command.js";

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
