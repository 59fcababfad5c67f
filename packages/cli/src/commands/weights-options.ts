import { Argument, type Command, Option } from "commander";
import { UsageError } from "../failure.js";
import { oneOf } from "../option-values.js";
import { type ListOptions, listInJson, sharedOption } from "../options.js";
import type { ReportOptions } from "../reports/progress-of-options.js";
import type { PullOptions } from "./weights-command.js";

/** What can be done with the weights in the cache. */
export interface WeightsCommands {
  list(options: ListOptions): Promise<void>;
  pull(name: string, options: PullOptions & ReportOptions): Promise<void>;
  verify(name: string | undefined): Promise<void>;
  remove(name: string): Promise<void>;
  path(name: string | undefined): Promise<void>;
}

/**
 * Adds the command `weights` and those below it to the main one.
 * @param networks whose weights can be pulled
 */
export function addWeightsCommands(
  program: Command,
  networks: readonly string[],
  commands: WeightsCommands,
): void {
  const network = (name: string) =>
    new Argument(name).argParser((text) => oneOf(networks)("the network", text));
  const weights = program
    .command("weights")
    .description("list, pull, verify and remove the weights of networks")
    .usage(`list | pull NETWORK | verify [NETWORK] | remove NETWORK | path [NETWORK]`)
    .argument("[action]")
    .addHelpText(
      "after",
      `\nNETWORK is ${networks.join(" or ")}. The environment variable BRUSHWORK_CACHE names another folder for them.`,
    )
    .addOption(listInJson())
    .addOption(sharedOption("--debug"))
    .action((action: string | undefined, options: ListOptions) => {
      if (action === undefined) return commands.list(options);
      const actions = weights.commands.map((command) => command.name()).join(", ");
      throw new UsageError(`Expected weights to be followed by one of ${actions}, got "${action}".`);
    });
  const add = (name: string, description: string) =>
    weights.command(name).description(description).addOption(sharedOption("--debug"));
  add("list", "what can be pulled, and what was")
    .addOption(listInJson())
    .action((options: ListOptions) => commands.list(options));
  add("pull", "download the weights of a network, or go on where a download stopped")
    .usage("NETWORK [options]")
    .addArgument(network("<network>"))
    .option("--half", "store float16, at half the size; it is widened when it is loaded")
    .addOption(
      new Option("--source <URL>", "a mirror to ask instead: it has to give the published file").argParser(
        address,
      ),
    )
    .addOption(sharedOption("--json"))
    .addOption(sharedOption("--quiet"))
    .action((name: string, options: PullOptions & ReportOptions) => commands.pull(name, options));
  add("verify", "check weights against the hash that was recorded when they were pulled")
    .usage("[NETWORK]")
    .addArgument(network("[network]"))
    .action((name?: string) => commands.verify(name));
  add("remove", "delete the weights of a network, and unfinished downloads of them")
    .usage("NETWORK")
    .addArgument(network("<network>"))
    .action((name: string) => commands.remove(name));
  add("path", "where the weights of a network are, or would be; without NETWORK, the folder")
    .usage("[NETWORK]")
    .addArgument(network("[network]"))
    .action((name?: string) => commands.path(name));
}

function address(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  if (protocol !== "http:" && protocol !== "https:")
    throw new UsageError(`Expected --source to be an address that begins with https://, got "${text}".`);
  return text;
}
