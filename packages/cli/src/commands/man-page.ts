import type { Command, Option } from "commander";
import { environmentOptions } from "../files/settings-file.js";
import { examples } from "../options.js";

/** Environment variables, and what each does. */
const environment: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(environmentOptions).map(([option, name]) => [
      name,
      `stands for --${option}, unless the command line has it`,
    ]),
  ),
  BRUSHWORK_TOKEN: "stands for --token of brushwork serve",
  BRUSHWORK_CACHE: "the folder for weights that were pulled",
  BRUSHWORK_ENGINES: "the folder for engines that were installed",
};

/** The manual page brushwork(1), as roff: from the same definitions as the help. */
export function manPage(program: Command): string {
  const help = program.createHelp();
  const below = help.visibleCommands(program);
  return [
    '.TH BRUSHWORK 1 "" "brushwork" "User Commands"',
    ".SH NAME",
    `brushwork \\- ${roff("paint a photograph in the style of a painting")}`,
    ".SH SYNOPSIS",
    ...program
      .usage()
      .split("\n")
      .flatMap((line, i) => [
        ...(i === 0 ? [] : [".br"]),
        roff(`brushwork ${line.trim().replace(/^brushwork /, "")}`),
      ]),
    ".SH DESCRIPTION",
    ...program
      .description()
      .split("\n\n")
      .flatMap((paragraph) => [".PP", roff(paragraph)]),
    ".SH OPTIONS",
    ...optionsText(program),
    ".SH COMMANDS",
    ...below.flatMap((command) => commandText(command, "brushwork")),
    ".SH ENVIRONMENT",
    ...Object.entries(environment).flatMap(([name, text]) => entry(name, text)),
    ".SH FILES",
    ...entry(
      "brushwork.config.json",
      'options of the working folder, such as {"size": 1024}; the member "brushwork" of package.json does the same',
    ),
    ".SH NOTES",
    ".nf",
    ...examples.trim().split("\n").map(roff),
    ".fi",
    "",
  ].join("\n");
}

function commandText(command: Command, before: string): readonly string[] {
  const name = `${before} ${command.name()}`;
  const help = command.createHelp();
  return [
    `.SS ${roff(`${name} ${command.usage().replace(/^\[options\] ?/, "")}`.trim())}`,
    roff(command.description()),
    ...optionsText(command),
    ...help.visibleCommands(command).flatMap((below) => commandText(below, name)),
  ];
}

function optionsText(command: Command): readonly string[] {
  const groups = new Map<string | undefined, Option[]>();
  for (const option of command.createHelp().visibleOptions(command)) {
    const heading = option.helpGroupHeading;
    groups.set(heading, [...(groups.get(heading) ?? []), option]);
  }
  return [...groups].flatMap(([heading, options]) => [
    ...(heading === undefined || command.parent !== null ? [] : [`.SS ${roff(heading.replace(/:$/, ""))}`]),
    ...options.flatMap(({ flags, description }) => entry(flags, description)),
  ]);
}

function entry(name: string, text: string): readonly string[] {
  return [".TP", `.B ${roff(name)}`, roff(text)];
}

/** Text on one line of roff, in which backslashes, hyphens and a dot at the start have meanings. */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("\n", " ")
    .replace(
      /[^ -~]/gu,
      (character) => `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`,
    )
    .replace(/^([.'])/, "\\&$1");
}
