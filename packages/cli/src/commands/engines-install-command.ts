import {
  type InstallableEngine,
  type Installation,
  type InstalledEngine,
  installableEngines,
  installEngine,
  removeEngine,
} from "@brushwork/backend-node";
import { Argument, type Command } from "commander";
import { asUsageError } from "../failure.js";
import { oneOf } from "../option-values.js";
import { sharedOption } from "../options.js";
import { withRemedy } from "../remedy-text.js";
import type { ReportOptions } from "../reports/progress-of-options.js";
import type { PullProgress } from "../reports/pull-progress.js";

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

/** How an installation is reported. */
export interface InstallProgress {
  /** What begins. */
  stage(sentence: string): void;
  /** For one download; each has its own. */
  download(): PullProgress;
  installed(installation: Installation): void;
}

/** @param download reports each download, to the same reader as `write` */
export function installProgress(
  { json = false, quiet = false }: ReportOptions,
  write: (text: string) => unknown,
  download: () => PullProgress,
): InstallProgress {
  const tell = (event: string, facts: object) => write(`${JSON.stringify({ event, ...facts })}\n`);
  if (json)
    return {
      stage: (message) => tell("stage", { message }),
      download,
      installed: ({ engine, unchanged }) => tell("installed", { ...engine, unchanged }),
    };
  const say = quiet ? () => {} : write;
  return {
    stage: (sentence) => say(`${sentence}\n`),
    download,
    installed: (installation) => say(installedText(installation)),
  };
}

/** Gets what an engine runs on, unless it is there and runs. */
export async function install(
  name: InstallableEngine,
  { force = false, libtensorflow }: EngineInstallOptions,
  progress: InstallProgress,
  signal: AbortSignal,
): Promise<void> {
  let download = progress.download();
  try {
    const installation = await installEngine(name, {
      force,
      signal,
      ...(libtensorflow !== undefined && { libtensorflow }),
      onStage(sentence) {
        download.ended();
        download = progress.download();
        progress.stage(sentence);
      },
      onProgress: (received) => download.received(received),
      onTrouble: (sentence) => download.warned(sentence),
    });
    if (installation.warning !== undefined)
      download.warned(withRemedy(installation.warning, installation.remedy));
    progress.installed(installation);
  } catch (error) {
    throw asUsageError(error);
  } finally {
    download.ended();
  }
}

/** Deletes what was installed for an engine, and what unfinished downloads have left. */
export async function removedEngineText(name: InstallableEngine): Promise<string> {
  const removed = await removeEngine(name);
  return removed ? `Removed the engine ${name}.\n` : `There was nothing of the engine ${name} to remove.\n`;
}

function installedText({ engine, unchanged, warning }: Installation): string {
  const { name, folder, downloads } = engine;
  const state = [
    "installed",
    ...(unchanged ? ["already"] : []),
    ...(warning === undefined ? ["and runs"] : []),
  ];
  return [
    `The engine ${name} is ${state.join(" ")}: ${contentText(engine)}, in ${folder}.${unchanged ? " --force installs it again." : ""}`,
    ...(unchanged ? [] : downloads.map(({ source, sha256 }) => `${source}\n  SHA-256 ${sha256}`)),
    "",
  ].join("\n");
}

/** "@tensorflow/tfjs-node 4.22.0 on TensorFlow 2.9.1" */
export function contentText({ package: name, version, tensorflow, libtensorflow }: InstalledEngine): string {
  return [
    `${name} ${version}`,
    ...(tensorflow === undefined ? [] : [` on TensorFlow ${tensorflow}`]),
    ...(libtensorflow === undefined ? [] : [`, linked to ${libtensorflow}`]),
  ].join("");
}
