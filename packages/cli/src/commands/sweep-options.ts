import type { Command } from "commander";
import { sharedOption, sharedOptions, singlePictureOptions } from "../options.js";
import type { ReportOptions } from "../reports/progress-of-options.js";
import type { Axis, SweepOptions } from "./sweep-command.js";

/** What a sweep can be asked for. */
export interface SweepCommands {
  sweep(content: string, styles: readonly string[], options: SweepOptions & ReportOptions): Promise<void>;
}

/** The options that may have several values, in the order of the sheet's axes. */
const swept = [
  "--style-weight",
  "--style-scale",
  "--content-weight",
  "--tv-weight",
  "--preset",
  "--style-loss",
  "--keep-colors",
  "--network",
  "--pooling",
  "--optimizer",
  "--learning-rate",
  "--scales",
  "--steps",
  "--seed",
];

/** The options that a sheet has no use for, and two that are added with words of their own. */
const otherwise = [...singlePictureOptions, "--quality", "--strip", "--dry-run", "--size"];

const examples = `
Examples:
  brushwork sweep photo.jpg starry.jpg --style-weight 0.3,1,3 --style-scale 0.5,1,2
      paints photo-starry-sweep.png, a sheet with three pictures across and three down
  brushwork photo.jpg starry.jpg --recipe photo-starry-sweep.png --cell B2 --size 1024
      paints one of them large`;

/** Adds the command to the main one. */
export function addSweepCommand(program: Command, commands: SweepCommands): void {
  const command = program
    .command("sweep")
    .description("paint a sheet of small pictures, to compare settings")
    .usage("CONTENT STYLE... [-o OUT] [options]")
    .argument("<content>")
    .argument("<style...>")
    .addOption(
      sharedOption("--output", 'a .png, .webp or .tiff file, or "-" (default: CONTENT-STYLE-sweep.png)'),
    )
    .addOption(
      sharedOption(
        "--size",
        "longer side of each picture in pixels, a width and a height, or original (default: 256)",
      ),
    );
  for (const long of swept) {
    const option = sharedOption(long);
    const { parseArg } = option;
    command.addOption(
      option
        .argParser((text: string) =>
          text.split(",").map((part) => ({ text: part, value: parseArg?.(part, undefined) })),
        )
        .helpGroup("Several values of these, between commas, give a picture each:"),
    );
  }
  for (const long of sharedOptions.filter((name) => ![...swept, ...otherwise].includes(name)))
    command.addOption(sharedOption(long));
  command
    // Commander makes it true where nobody said so.
    .setOptionValue("defaultLosses", undefined)
    .addHelpText("after", examples)
    .action((content: string, styles: string[], given: Record<string, unknown>) => {
      const options = { ...given };
      const axes: Axis[] = [];
      for (const { long, key } of swept.map((flag) => ({
        long: flag,
        key: sharedOption(flag).attributeName(),
      }))) {
        const values = given[key] as Axis["values"] | undefined;
        if (values === undefined) continue;
        if (values.length > 1) axes.push({ name: long.slice(2).replaceAll("-", " "), key, values });
        options[key] = values[0]?.value;
      }
      return commands.sweep(content, styles, { ...options, axes });
    });
}
