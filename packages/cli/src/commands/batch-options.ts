import type { Command } from "commander";
import { sharedOption } from "../options.js";
import type { ReportOptions } from "../reports/progress-of-options.js";
import type { BatchOptions } from "./batch-command.js";
import { batchOptions } from "./batch-option-names.js";
import { handOverOptions } from "./work-options.js";

/** What a batch can be asked for. */
export interface BatchCommands {
  batch(pictures: readonly string[], options: BatchOptions & ReportOptions): Promise<void>;
}

const help = `
Every content is painted in every style. The last of the words is the style, or a folder or pattern of styles; those
before it are contents. A folder means the pictures in it, a pattern such as "photos/*.jpg" those it matches.

A picture that is there already is left as it is, so that the same command goes on where it was stopped; a picture that
fails does not keep the others from being painted.

--pairs reads a table with a header, whose columns are content, style, output and the names of options without their
dashes, such as size. Contents and styles are found from the table's folder, outputs from FOLDER.

--queue hands the pictures over to the machines that "brushwork work" runs on, and collects them. Ctrl-C leaves the jobs in
the queue: the same command collects them, and "brushwork queue cancel" takes them out.

Examples:
  brushwork batch photos starry.jpg -o painted
      paints every photograph of a folder
  brushwork batch photos paintings -o painted --name {style}/{content}.jpg --sheet
      paints each in every style, a folder for each style, and a page that shows them all
  brushwork batch --pairs jobs.csv -o painted
  brushwork batch photos starry.jpg -o painted --queue redis://studio:6379 --store /mnt/studio/queue`;

/** Adds the command to the main one. */
export function addBatchCommand(program: Command, { batch }: BatchCommands): void {
  const command = program
    .command("batch")
    .description("paint many pictures: folders, patterns, or a table of pairs")
    .usage("CONTENT... STYLE [-o FOLDER] [options]")
    .argument("[picture...]")
    .addOption(sharedOption("--output", "a folder, created where there is none (default: painted)"))
    .option(
      "--name <PATTERN>",
      "names of the pictures, with {content}, {style} and {number} in place of those (default: {content}-{style})",
    )
    .option("--pairs <FILE>", "a CSV table of what to paint, in place of CONTENT and STYLE")
    .option("--sheet", "also write sheet.html, a page that shows all pictures beside their contents")
    .addOption(sharedOption("--force", "paint again what is there already"));
  for (const group of ["--name", "--pairs", "--sheet"])
    command.options.find(({ long }) => long === group)?.helpGroup("Output:");
  for (const name of batchOptions) command.addOption(sharedOption(name));
  for (const option of handOverOptions()) command.addOption(option);
  command
    // Commander makes it true where nobody said so.
    .setOptionValue("defaultLosses", undefined)
    .addHelpText("after", help)
    .action((pictures: string[], options: BatchOptions & ReportOptions) => batch(pictures, options));
}
