import { Command, CommanderError } from "commander";
import { expect, it } from "vitest";
import { commandLineError } from "./command-line-error.js";

const engines = new Command("brushwork").command("engines");
for (const name of ["install", "remove"]) engines.command(name);

it.each([
  [
    "unknownOption",
    "error: unknown option '--json'",
    'Expected no option after "brushwork engines", got --json. See "brushwork engines --help".',
  ],
  [
    "excessArguments",
    "error: too many arguments for 'engines'. Expected 0 arguments but got 1.",
    'Expected engines to be followed by nothing, or one of install, remove. See "brushwork engines --help".',
  ],
])("%s of a command that only has commands below it", (code, told, message) => {
  const error = commandLineError(new CommanderError(1, `commander.${code}`, told), engines);
  expect(error.message).toBe(message);
});
