import { quoted as inQuotes, nearestName } from "@brushwork/core/reading";
import type { Command, CommanderError } from "commander";
import { UsageError } from "./failure.js";
import { flagOfOthers } from "./flags-of-others.js";

/** The command that a command line names: the main one, or the one below it that its first words lead to. */
export function commandOf(program: Command, words: readonly string[]): Command {
  const [word, ...rest] = words;
  const below = program.commands.find((command) => command.name() === word);
  return below === undefined ? program : commandOf(below, rest);
}

/**
 * What commander finds wrong with a command line, in this project's words.
 * @param command that the words are for
 */
export function commandLineError({ code, message }: CommanderError, command: Command): UsageError {
  // The letter of an option goes without saying.
  const quoted = (message.match(/'([^']*)'/)?.[1] ?? "").replace(/^-\w, /, "");
  const help = `See "${fullName(command)} --help".`;
  switch (code) {
    case "commander.unknownOption": {
      if (command.options.length === 0)
        return new UsageError(`Expected no option after "${fullName(command)}", got ${quoted}. ${help}`);
      const [, similar] = message.match(/\(Did you mean (?:one of )?([^?]+)\?\)/) ?? [];
      const question =
        similar === undefined ? "" : `Did you mean ${similar.replace(/, (?=[^,]*$)/, " or ")}? `;
      return new UsageError(
        flagOfOthers(quoted) ?? `Expected a known option, got ${quoted}. ${question}${help}`,
      );
    }
    case "commander.missingArgument": {
      if (command.parent !== null)
        return new UsageError(`Expected ${quoted.toUpperCase()} after "${fullName(command)}". ${help}`);
      return new UsageError(
        `Expected two pictures or more, CONTENT and STYLE, but ${quoted.toUpperCase()} is missing. ` +
          `${meantCommand(command)}${help}`,
      );
    }
    case "commander.optionMissingArgument":
      return new UsageError(`Expected a value for ${quoted}, got none. ${help}`);
    case "commander.excessArguments":
      if (command.commands.length > 0)
        return new UsageError(
          `Expected ${command.name()} to be followed by nothing, or one of ` +
            `${command.commands.map((below) => below.name()).join(", ")}. ${help}`,
        );
      return new UsageError(`Expected nothing more after "${quoted}". ${help}`);
    default:
      return new UsageError(message.replace(/^error: /, ""));
  }
}

/** A question about the command that the only word is nearly the name of. */
function meantCommand(program: Command): string {
  const [word = ""] = program.args;
  const name = nearestName(word, namesBelow(program));
  return name === undefined ? "" : `Did you mean "${program.name()} ${name}"? `;
}

/**
 * The words that show the help of a command: commander's own command for it goes down one level only.
 * @throws {UsageError} when there is no such command
 */
export function helpWords(program: Command, names: readonly string[]): readonly string[] {
  let command = program;
  for (const [i, name] of names.entries()) {
    const below = namesBelow(command);
    if (!below.includes(name)) {
      const nearest = nearestName(name, below);
      throw new UsageError(
        `Expected a command after "${["brushwork help", ...names.slice(0, i)].join(" ")}", got ${inQuotes(name)}. ` +
          (nearest === undefined
            ? `There are ${below.join(", ") || "none"}.`
            : `Did you mean "${fullName(command)} ${nearest}"?`),
      );
    }
    command = command.commands.find((one) => one.name() === name) ?? command;
  }
  return [...names, "--help"];
}

/** The names of the commands below one, without those that the help does not show. */
export function namesBelow(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((below) => below.name());
}

/** "brushwork weights pull" */
function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
