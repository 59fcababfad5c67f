import type { Command, CommanderError } from "commander";
import { UsageError } from "./failure.js";

/** What commander finds wrong with a command line, in this project's words. */
export function commandLineError({ code, message }: CommanderError, program: Command): UsageError {
  const quoted = message.match(/'([^']*)'/)?.[1] ?? "";
  const help = `See "${program.name()} --help".`;
  switch (code) {
    case "commander.unknownOption": {
      const flags = program.options.map(({ long }) => long).join(", ");
      return new UsageError(`Expected a known option, got ${quoted}; there are ${flags}.`);
    }
    case "commander.missingArgument":
      return new UsageError(
        `Expected two pictures or more, CONTENT and STYLE, but ${quoted.toUpperCase()} is missing. ${help}`,
      );
    case "commander.optionMissingArgument":
      return new UsageError(`Expected a value for ${quoted}, got none. ${help}`);
    case "commander.excessArguments":
      return new UsageError(`Expected nothing more after "${quoted}". ${help}`);
    default:
      return new UsageError(message.replace(/^error: /, ""));
  }
}
