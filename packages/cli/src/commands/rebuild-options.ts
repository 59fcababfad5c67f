import { type Recipe, termName } from "@brushwork/recipes";
import type { Command } from "commander";
import { factorText, sharedOption } from "../options.js";
import type { ReportOptions } from "../reports/progress-of-options.js";
import type { ReconstructOptions, TextureOptions } from "./rebuild-command.js";
import { reconstructionRecipe, textureRecipe } from "./rebuild-recipes.js";

/** What the commands that rebuild a picture from noise can be asked for. */
export interface RebuildCommands {
  reconstruct(image: string, options: ReconstructOptions & ReportOptions): Promise<void>;
  texture(style: string, options: TextureOptions & ReportOptions): Promise<void>;
}

const optionsAsTheyAre = [
  "--force",
  "--format",
  "--quality",
  "--save-every",
  "--frames",
  "--timelapse",
  "--open",
  "--show",
  "--recipe",
  "--save-recipe",
  "--seed",
  "--optimizer",
  "--history",
  "--line-search",
  "--network",
  "--weights",
  "--pooling",
  "--pooling-scale",
  "--padding",
  "--preprocessing",
  "--loss",
  "--allow-plugins",
  "--engine",
  "--threads",
  "--precision",
  "--memory",
  "--no-config",
  "--json",
  "--quiet",
  "--debug",
];

/** Adds the commands to the main one. */
export function addRebuildCommands(program: Command, commands: RebuildCommands): void {
  const reconstruct = program
    .command("reconstruct")
    .description("rebuild a picture from one layer's features alone, from noise")
    .usage("IMAGE [--layer NAME] [-o OUT] [options]")
    .argument("<image>")
    .option("--layer <NAME>", 'whose features to keep: see "brushwork networks" (default: relu4_2)')
    .addOption(sharedOption("--output", 'a picture file, or "-" (default: IMAGE-LAYER.png)'))
    .addOption(sizeOption("longer side in pixels, a width and a height, or original", reconstructionRecipe))
    .addOption(sharedOption("--fit", `how IMAGE fits WxH (default: ${reconstructionRecipe.fit})`));
  addShared(reconstruct, reconstructionRecipe).action(
    (image: string, options: ReconstructOptions & ReportOptions) => commands.reconstruct(image, options),
  );

  const texture = program
    .command("texture")
    .description("rebuild a style alone, from noise, at any size")
    .usage("STYLE [-o OUT] [options]")
    .argument("<style>")
    .addOption(sharedOption("--output", 'a picture file, or "-" (default: STYLE-texture.png)'))
    .addOption(
      sizeOption("longer side in pixels, in STYLE's shape, any width and height, or original", textureRecipe),
    )
    .addOption(
      sharedOption("--style-scale", "size of STYLE relative to OUT: above 1, strokes grow (default: 1)"),
    )
    .addOption(sharedOption("--style-loss"))
    .addOption(sharedOption("--style-layers"))
    .addOption(sharedOption("--style-layer-weights"));
  addShared(texture, textureRecipe).action((style: string, options: TextureOptions & ReportOptions) =>
    commands.texture(style, options),
  );
}

function sizeOption(description: string, { scales }: Recipe) {
  return sharedOption("--size", `${description} (default: ${scales.at(-1)?.size})`);
}

function addShared(command: Command, { scales, terms, optimizer }: Recipe): Command {
  const defaults = {
    "--scales": `sizes to paint at, from coarse to fine (default: ${scales.length})`,
    "--scale-factor": `how much larger each size is than the one before (default: ${factorText(scales)})`,
    "--steps": `steps at each size (default: ${scales.at(-1)?.steps})`,
    "--tv-weight": `how smooth: total variation (default: ${terms.find((term) => termName(term) === "tv")?.weight})`,
    "--learning-rate": `how far a step moves; for adam, black to white is 1 (default: ${optimizer.options.learningRate}, for lbfgs 1)`,
  };
  for (const [long, description] of Object.entries(defaults))
    command.addOption(sharedOption(long, description));
  for (const long of optionsAsTheyAre) command.addOption(sharedOption(long));
  command.addOption(
    sharedOption("--no-default-losses", "rebuild only with the losses of --loss and of --tv-weight"),
  );
  // Commander makes it true where nobody said so.
  return command.setOptionValue("defaultLosses", undefined);
}
