import type { Command } from "commander";
import { sharedOption } from "../options.js";
import type { ReportOptions } from "../reports/progress-of-options.js";
import type { ResumeOptions } from "./resume-command.js";

/** What the command can be asked for. */
export interface ResumeCommands {
  resume(path: string, pictures: readonly string[], options: ResumeOptions & ReportOptions): Promise<void>;
}

const optionsAsTheyAre = [
  "--force",
  "--format",
  "--strip",
  "--content-mask",
  "--style-mask",
  "--allow-plugins",
  "--json",
  "--quiet",
  "--debug",
];

/** What is as before where nobody says otherwise, or has moved. */
const optionsAnew: Readonly<Record<string, string>> = {
  "--output": 'a picture file, or "-" (default: as before)',
  "--quality": "quality of JPEG and WebP, 1 to 100 (default: as before)",
  "--init": "the picture to start from, where it is now",
  "--weights": "the network's weight file, where it is now",
  "--loss": "a loss from outside that the run was painting with: its package or file; repeatable",
  "--engine": 'see "brushwork engines" (default: the engine of before)',
  "--threads": "processor cores to use (default: as before)",
  "--precision": "full or fast (default: as before)",
};

/** Adds the command to the main one. */
export function addResumeCommand(program: Command, { resume }: ResumeCommands): void {
  const command = program
    .command("resume")
    .description("go on with a run that was stopped or killed, from its checkpoint")
    .usage("CHECKPOINT [CONTENT STYLE...] [-o OUT] [options]")
    .argument("<checkpoint>")
    .argument("[picture...]");
  for (const [name, description] of Object.entries(optionsAnew))
    command.addOption(sharedOption(name, description));
  for (const name of optionsAsTheyAre) command.addOption(sharedOption(name));
  command
    .addHelpText(
      "after",
      `
The picture is the same as that of a run without a break. Pictures that were moved are named anew, in the order of
before; others are refused. Once it is done, CHECKPOINT is deleted.`,
    )
    .action((path: string, pictures: string[], options: ResumeOptions & ReportOptions) =>
      resume(path, pictures, options),
    );
}
