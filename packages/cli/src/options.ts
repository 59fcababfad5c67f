import { readFileSync } from "node:fs";
import {
  type EngineName,
  engineNames,
  networkNames,
  pictureFormats,
  precisions,
} from "@brushwork/backend-node/names";
import { fits, lineSearches } from "@brushwork/core/reading";
import {
  type PresetName,
  paddings,
  poolings,
  preprocessings,
  presets,
  type Recipe,
  recipeLimits,
  termName,
} from "@brushwork/recipes";
import { Argument, Command, Option } from "commander";
import type { PaintOptions } from "./commands/paint-command.js";
import {
  above,
  colors,
  crop,
  maskFile,
  memory,
  names,
  oneOf,
  ownSize,
  positive,
  type Reader,
  readLoss,
  shares,
  size,
  weight,
  weightsByLayer,
  whole,
} from "./option-values.js";
import { namedInits, optimizerChoices, styleLossChoices } from "./recipe-of-options.js";
import type { ReportOptions } from "./reports/progress-of-options.js";
import { type Shell, shells } from "./shells.js";
import { terminalKinds } from "./terminal-kinds.js";

/** The options of commands that print a list. */
export interface ListOptions {
  /** Whether to print JSON. */
  readonly json?: boolean;
}

export interface LossesOptions extends ListOptions {
  /** What packages on npm are to be about; true: anything. */
  readonly search?: string | true;
}

/** What a command line can ask for. */
export interface Commands {
  paint(content: string, styles: readonly string[], options: PaintOptions & ReportOptions): Promise<void>;
  /** Each prints a list. */
  presets(options: ListOptions): Promise<void>;
  networks(options: ListOptions): Promise<void>;
  losses(names: readonly string[], options: LossesOptions): Promise<void>;
  engines(options: ListOptions): Promise<void>;
  doctor(options: ListOptions): Promise<void>;
  /** Tries one engine in this process, for the two above. */
  tryEngine(name: EngineName, seconds: number): Promise<void>;
  /** Prints a script for a shell. */
  completion(shell: Shell): Promise<void>;
  /** Prints the man page. */
  manPage(): Promise<void>;
}

type OptionRow = readonly [
  flags: string,
  description: string,
  read?: Reader<unknown>,
  /** May be given several times; its values are gathered. */
  repeatable?: "repeatable",
];

/** The command that tries one engine, in the process that it is called in. */
export const trialCommand = "try-engine";

/** The command that paints what `brushwork serve` is asked for, in a process that it starts. */
export const painterCommand = "paint-orders";

/** What `--until-stable` means without a value. */
const usualShare = 0.005;

/** What options mean without a value. */
const presetsOfOptions: Readonly<Partial<Record<string, string>>> = {
  "--until-stable": String(usualShare),
  "--show": "auto",
};

const base = presets.default.recipe;
const styleTerm = termOf("style");
const presetNames = Object.keys(presets) as readonly PresetName[];

/** By heading of the help. Defaults are the default preset's: commander does not know them, so that a recipe's hold. */
const optionGroups: Readonly<Record<string, readonly OptionRow[]>> = {
  "Output:": [
    ["-o, --output <OUT>", 'a .png, .jpg, .webp or .tiff file, or "-" (default: CONTENT-STYLE.png)'],
    ["-f, --force", "replace files that exist; inputs are never overwritten"],
    [
      "--format <NAME>",
      `${list(pictureFormats)}: the format, if OUT's name does not say (default: ${pictureFormats[0]})`,
      oneOf(pictureFormats),
    ],
    ["--quality <N>", "quality of JPEG and WebP, 1 to 100 (default: 92)", whole(1, 100)],
    [
      "--strip",
      "leave out CONTENT's EXIF, such as camera, time, place and copyright, and its density, which are otherwise kept",
    ],
    [
      "--save-every <N>",
      "also write the pictures at the start and after every N steps, all of one size: OUT-0000 …",
      whole(1),
    ],
    [
      "--frames <FOLDER>",
      "write the pictures of --save-every as a film's frames: frame-00000 …, of even width and height (default: every step)",
    ],
    [
      "--timelapse <FILE>",
      "write a film of the run: .mp4 or .webm, which need ffmpeg, .gif or .webp; the film so far is kept, however the run ends",
    ],
    ["--open", "show the picture in the system's viewer once it is painted"],
    [
      "--show [HOW]",
      `show the picture in the terminal once it is painted: auto, ${list(terminalKinds)} (default HOW: auto, the best that the terminal can do)`,
      oneOf(["auto", ...terminalKinds]),
    ],
    ["--save-recipe <FILE>", "write every option of this run as JSON, for --recipe"],
    [
      "--checkpoint <FILE>",
      'keep the state of the run every few seconds, for "brushwork resume" (default: OUT.checkpoint, if the run takes over two minutes)',
    ],
    ["--no-checkpoint", "do not keep it"],
  ],
  "Size and time:": [
    [
      "-s, --size <N|WxH>",
      `longer side in pixels, a width and a height, or ${ownSize}, CONTENT's own (default: ${base.scales.at(-1)?.size})`,
      size,
    ],
    [
      "--crop <W:H|WxH>",
      "crop CONTENT to this shape, around its centre: as much of it as fits; the size is that of --size",
      crop,
    ],
    [
      "--fit <HOW>",
      `${list(fits)}: how CONTENT fits WxH, and --init FILE fits CONTENT: cropped, whole or distorted (default: ${base.fit})`,
      oneOf(fits),
    ],
    [
      "--scales <N>",
      `sizes to paint at, from coarse to fine (default: ${base.scales.length}, more for a larger size)`,
      whole(1, recipeLimits.scales),
    ],
    [
      "--scale-factor <X>",
      `how much larger each size is than the one before (default: ${factorText(base.scales)})`,
      above(1),
    ],
    [
      "-n, --steps <N>",
      `steps at each size (default: ${stepsText(base.scales)})`,
      whole(1, recipeLimits.steps),
    ],
    [
      "--until-stable [X]",
      `end a size early once the loss falls by less than a share X from 16 steps to the next 16 (default X: ${usualShare})`,
      above(0, 1),
    ],
  ],
  "Look:": [
    [
      "--preset <NAME>",
      `${list(presetNames)}: see "brushwork presets" (default: default)`,
      oneOf(presetNames),
    ],
    [
      "--recipe <FILE>",
      "all options of a recipe, or of a picture that brushwork painted; the other options here change it",
    ],
    [
      "--cell <NAME>",
      'the cell whose recipe is meant, such as B2, where --recipe is a sheet of "brushwork sweep"',
    ],
    [
      "--style-weight <X>",
      `how much of the painting: 0.3 shows more of the photograph, 3 more of the painting (default: ${styleTerm?.weight})`,
      weight,
    ],
    ["--content-weight <X>", `how much of the photograph (default: ${termOf("content")?.weight})`, weight],
    ["--tv-weight <X>", `how smooth: total variation (default: ${termOf("tv")?.weight})`, weight],
    [
      "--style-scale <X>",
      `size of STYLE relative to CONTENT: above 1, strokes grow (default: ${base.styleScale})`,
      above(0, recipeLimits.styleScale),
    ],
    ["--style-blend <X,X…>", "weights of several styles, such as 0.7,0.3 (default: equal)", shares],
    [
      "--content-mask <FILE>",
      "a grey picture: where it is white, the style acts, where it is black, not; one for each STYLE, in their order, or none; repeatable",
      maskFile,
      "repeatable",
    ],
    [
      "--style-mask <FILE>",
      "a grey picture: where it is white, the STYLE counts, where it is black, not; as with --content-mask",
      maskFile,
      "repeatable",
    ],
    [
      "--keep-colors <HOW[:X]>",
      "none, luma or match: luma keeps CONTENT's colours, match its palette; 0 to 1 says how much, such as luma:0.7 (default: none)",
      colors,
    ],
    ["--init <START>", `${list(namedInits)} or a picture's file: what to start from (default: ${base.init})`],
    ["--seed <N>", `seed of the noise (default: ${base.seed})`, whole(0)],
  ],
  "Network and optimizer:": [
    [
      "--network <NAME>",
      `${list(networkNames)}: see "brushwork networks" (default: ${base.network.name} if pulled, else compact)`,
      oneOf(networkNames),
    ],
    ["--weights <FILE>", "the network's weights: safetensors, HDF5 by Keras, or a TensorFlow.js model.json"],
    ["--pooling <KIND>", `${list(poolings)} (default: ${base.network.pooling})`, oneOf(poolings)],
    [
      "--pooling-scale <X>",
      "factor of each pooling's output; average pooling with 2 is about as large as max (default: 1)",
      above(0, recipeLimits.poolingScale),
    ],
    [
      "--padding <KIND>",
      `${list(paddings)}: what the first layer sees beyond the border (default: ${paddings[0]})`,
      oneOf(paddings),
    ],
    [
      "--preprocessing <KIND>",
      `${list(preprocessings)}: the input that vgg's weights expect (default: by their names)`,
      oneOf(preprocessings),
    ],
    [
      "--content-layers <L,L…>",
      `layers at which CONTENT is compared (default: ${layersText(termOf("content"))})`,
      names,
    ],
    [
      "--content-layer-weights <L=X…>",
      `weights of single layers (default: ${layerWeightsText(termOf("content"))})`,
      weightsByLayer,
    ],
    [
      "--style-loss <KIND>",
      `${list(styleLossChoices)}: how STYLE is compared (default: ${styleTerm?.loss})`,
      oneOf(styleLossChoices),
    ],
    ["--style-layers <L,L…>", `layers at which STYLE is compared (default: ${layersText(styleTerm)})`, names],
    [
      "--style-layer-weights <L=X…>",
      `weights of single layers (default: ${layerWeightsText(styleTerm)})`,
      weightsByLayer,
    ],
    [
      "--loss <NAME[:OPTIONS]>",
      'one more loss, such as brushwork-loss-foo:weight=2 or ./my-loss.js; repeatable: see "brushwork losses"',
      readLoss,
      "repeatable",
    ],
    [
      "--normalize-gradients",
      "let every layer of content and style pull as hard as its loss's weight says, whatever its own weight (default: no)",
    ],
    ["--no-default-losses", "paint only with the losses of --loss and of the weights above"],
    ["--allow-plugins", "run the code of installed packages that a recipe names as losses"],
    [
      "--optimizer <NAME>",
      `${list(optimizerChoices)}: how the picture is changed at each step (default: ${base.optimizer.name})`,
      oneOf(optimizerChoices),
    ],
    [
      "--learning-rate <X>",
      `how far a step moves; for adam, black to white is 1 (default: ${base.optimizer.options.learningRate}, for lbfgs 1)`,
      positive,
    ],
    [
      "--history <N>",
      "past steps from which lbfgs learns the curvature; each takes the memory of two pictures (default: 10)",
      whole(1, recipeLimits.history),
    ],
    [
      "--line-search <KIND>",
      `${list(lineSearches)}: whether lbfgs tries how far to go; each trial counts as a step (default: none)`,
      oneOf(lineSearches),
    ],
  ],
  "Machine:": [
    [
      "--engine <NAME>",
      `auto, ${list(engineNames)}: see "brushwork engines" (default: auto, the fastest)`,
      oneOf(["auto", ...engineNames]),
    ],
    ["--threads <N>", "processor cores to use (default: all that the engine can)", whole(1, 1024)],
    [
      "--precision <KIND>",
      `${list(precisions)}: fast rounds in convolutions, where native's processor has bf16 matrices (default: full)`,
      oneOf(precisions),
    ],
    [
      "--memory <SIZE>",
      "most memory for the painting, such as 2GiB; what needs more is painted in tiles (default: what the engine has)",
      memory,
    ],
  ],
  "Settings:": [
    [
      "--no-config",
      'leave out brushwork.config.json and the member "brushwork" of package.json, which have options as JSON',
    ],
  ],
  "Reporting:": [
    ["--dry-run", "print sizes, memory, estimated time, engine and output, and paint nothing"],
    ["--json", "one JSON object per line, on the standard output"],
    ["-q, --quiet", "nothing but errors"],
    ["--debug", "errors with their stacks and causes, and why something is not as fast as it could be"],
  ],
};

export const examples = `
Examples:
  brushwork photo.jpg starry.jpg
      paints photo-starry.png
  brushwork photo.jpg starry.jpg -o night.jpg --size 1024 --style-weight 3
      larger, and with more of the painting in it
  brushwork photo.jpg monet.jpg turner.jpg --style-blend 0.7,0.3
      in the style of two painters
  brushwork other.jpg starry.jpg --recipe night.jpg
      with the options that night.jpg was painted with
  curl -s https://example.org/photo.jpg | brushwork - starry.jpg -o - > night.png
      from a stream to a stream
  brushwork photo.jpg starry.jpg --timelapse film.mp4
      and a film of how it was painted

Settings: options of the command line count before BRUSHWORK_ENGINE and BRUSHWORK_THREADS of the environment, these
before brushwork.config.json of the working folder, such as {"size": 1024, "style-weight": 3}.

Exit codes: 0 painted; 1 something failed; 2 wrong options;
130 stopped by Ctrl-C, 129 by a closed terminal, 143 by SIGTERM: the picture so far is written, and "brushwork resume" goes on.`;

const completionHelp = `
SHELL is ${list(shells)}. Where to keep the script:
  bash        brushwork completion bash > ~/.local/share/bash-completion/completions/brushwork
  zsh         brushwork completion zsh > _brushwork, in a folder of $fpath
  fish        brushwork completion fish > ~/.config/fish/completions/brushwork.fish
  powershell  brushwork completion powershell >> $PROFILE`;

/** The command line, ready to parse. */
export function commandLine(commands: Commands): Command {
  const program = new Command("brushwork")
    .description(
      "Paints a photograph in the style of a painting: neural style transfer.\n\n" +
        'CONTENT is the photograph, STYLE the painting, or several. "-" reads one of them from the standard input.',
    )
    .usage(
      "CONTENT STYLE... [-o OUT] [options]\n       brushwork resume | batch | sweep | video | serve | work | queue | reconstruct | texture | weights | presets | networks | losses | engines | doctor | completion | help",
    )
    .argument("<content>")
    .argument("<style...>")
    .configureOutput({ outputError: () => {} })
    // Descriptions have their defaults in words of their own.
    .configureHelp({ visibleArguments: () => [], optionDescription: ({ description }) => description })
    .exitOverride()
    .enablePositionalOptions()
    .action((content: string, styles: string[], options: PaintOptions & ReportOptions) =>
      commands.paint(content, styles, options),
    );
  for (const [heading, rows] of Object.entries(optionGroups)) {
    program.optionsGroup(heading);
    for (const row of rows) program.addOption(optionOf(row));
  }
  // Commander makes it true where nobody said so.
  program.setOptionValue("defaultLosses", undefined).setOptionValue("config", undefined);
  program.version(version(), "-v, --version", "show the version").helpOption("-h, --help", "show this help");
  program.commandsGroup("Other commands:").helpCommand(false);
  program
    .command("help")
    .description("show the help of a command")
    .argument("[command...]")
    .usage("[COMMAND...]");
  const listing = (name: string, description: string) =>
    program.command(name).description(description).addOption(listInJson()).addOption(sharedOption("--debug"));
  listing("presets", "list the presets and their settings").action((options: ListOptions) =>
    commands.presets(options),
  );
  listing("networks", "list the networks, their layers, and whether their weights are there").action(
    (options: ListOptions) => commands.networks(options),
  );
  listing("losses", "list the losses, their options, defaults and ranges")
    .argument("[name...]")
    .usage("[NAME...] [--search TEXT] [--json]")
    .option("--search [TEXT]", "list packages on npm with losses that are about TEXT, or all of them")
    .action((names: string[], options: LossesOptions) => commands.losses(names, options));
  listing("engines", "list the engines, and what those lack that cannot run here").action(
    (options: ListOptions) => commands.engines(options),
  );
  listing("doctor", "try and measure every engine, and show how to be faster").action(
    (options: ListOptions) => commands.doctor(options),
  );
  program
    .command("completion")
    .description("print a script that completes commands and options on Tab")
    .usage("SHELL")
    .addArgument(new Argument("<shell>").choices(shells).argParser((text) => oneOf(shells)("SHELL", text)))
    .addHelpText("after", completionHelp)
    .action((shell: Shell) => commands.completion(shell));
  program.command("man-page", { hidden: true }).action(() => commands.manPage());
  program
    .command(trialCommand, { hidden: true })
    .addArgument(new Argument("<engine>").argParser((text) => oneOf(engineNames)("the engine", text)))
    .addArgument(new Argument("<seconds>").argParser(Number))
    .action((name: EngineName, seconds: number) => commands.tryEngine(name, seconds));
  return program.addHelpText("after", examples);
}

/** `--json` of a command that prints a list. */
export function listInJson(): Option {
  return sharedOption("--json", "one JSON object, on the standard output");
}

/** The names of the options above, such as "--size". */
export const sharedOptions: readonly string[] = Object.values(optionGroups)
  .flat()
  .map((row) => optionOf(row).long ?? "");

/** Options about the files of one picture. Commands that paint several lack them, or describe them in their own words. */
export const singlePictureOptions: readonly string[] = [
  "--output",
  "--save-every",
  "--frames",
  "--timelapse",
  "--open",
  "--show",
  "--save-recipe",
  "--checkpoint",
  "--no-checkpoint",
];

/**
 * One of the options above, for another command.
 * @param description in place of its own
 */
export function sharedOption(long: string, description?: string): Option {
  for (const [heading, rows] of Object.entries(optionGroups)) {
    const option = rows.map(optionOf).find((candidate) => candidate.long === long);
    if (option === undefined) continue;
    option.description = description ?? option.description;
    return option.helpGroup(heading);
  }
  throw new Error(`Expected ${long} to be an option of the main command.`);
}

/** Whether an option may be given several times. */
export function isRepeatable({ long }: Option): boolean {
  return repeatable.has(long ?? "");
}

const repeatable: ReadonlySet<string> = new Set(
  Object.values(optionGroups)
    .flat()
    .filter((row) => row[3] === "repeatable")
    .map((row) => optionOf(row).long ?? ""),
);

function optionOf([flags, description, read, repeatable]: OptionRow): Option {
  const option = new Option(flags, description);
  // Brackets within a value, as in <NAME[:OPTIONS]>, look optional to commander too.
  const preset = presetsOfOptions[option.long ?? ""];
  if (option.optional && preset !== undefined) option.preset(preset);
  if (read === undefined) return option;
  // For completions; the reader checks them.
  if (read.choices) option.argChoices = [...read.choices];
  return option.argParser((text, before: unknown) => {
    const value = read(option.long ?? flags, text);
    return repeatable === undefined ? value : [...(Array.isArray(before) ? before : []), value];
  });
}

function termOf(name: string): Recipe["terms"][number] | undefined {
  return base.terms.find((term) => termName(term) === name);
}

function layersText(term: Recipe["terms"][number] | undefined): string {
  const layers = term?.options.layers;
  return Array.isArray(layers) ? layers.join(",") : "";
}

function layerWeightsText(term: Recipe["terms"][number] | undefined): string {
  const weights = term?.options.layerWeights;
  if (typeof weights !== "object" || weights === null) return "1 each";
  return Object.entries(weights)
    .map((entry) => entry.join("="))
    .join(",");
}

/** "1.6": how much larger the last size is than the one before. */
export function factorText(scales: Recipe["scales"]): string {
  const [before, last] = scales.slice(-2).map(({ size }) => Number(size));
  return String(Number(((last ?? 1) / (before ?? 1)).toFixed(2)));
}

/** "40", or "30 to 60" where scales differ. */
function stepsText(scales: Recipe["scales"]): string {
  const steps = scales.map((scale) => scale.steps);
  const [fewest, most] = [Math.min(...steps), Math.max(...steps)];
  return fewest === most ? String(most) : `${fewest} to ${most}`;
}

function list(choices: readonly string[]): string {
  return choices.join(", ");
}

/** The version of the command. */
export function version(): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  };
  return version;
}
