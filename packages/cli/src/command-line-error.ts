import type { Command, CommanderError } from "commander";
import { UsageError } from "./failure.js";

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
  const quoted = message.match(/'([^']*)'/)?.[1] ?? "";
  const help = `See "${fullName(command)} --help".`;
  switch (code) {
    case "commander.unknownOption": {
      const flags = command.options.map(({ long }) => long).join(", ");
      if (flags === "")
        return new UsageError(`Expected no option after "${fullName(command)}", got ${quoted}. ${help}`);
      return new UsageError(`Expected a known option, got ${quoted}; there are ${flags}.`);
    }
    case "commander.missingArgument":
      if (command.parent !== null)
        return new UsageError(`Expected ${quoted.toUpperCase()} after "${fullName(command)}". ${help}`);
      return new UsageError(
        `Expected two pictures or more, CONTENT and STYLE, but ${quoted.toUpperCase()} is missing. ${help}`,
      );
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

/** "brushwork weights pull" */
function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
