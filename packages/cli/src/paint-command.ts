import type { Recipe, StylizeOptions } from "@brushwork/core";
import { type PresetName, presets } from "@brushwork/recipes";
import { UsageError } from "./failure.js";
import { checkInputs, type InputPictures, type Inputs, readInputs } from "./inputs.js";
import { checkOutputs, type OutputOptions, outputsOf } from "./outputs.js";
import type { Progress } from "./progress.js";
import { type RecipeOptions, recipeOfOptions, stepsOf } from "./recipe-of-options.js";
import { readRecipe } from "./recipe-source.js";
import { type MachineOptions, runRecipe } from "./run-recipe.js";

export interface PaintOptions extends RecipeOptions, OutputOptions, MachineOptions {
  readonly preset?: PresetName;
  /** A recipe file, or a picture that carries one. */
  readonly recipe?: string;
  /** A weight for each style. */
  readonly styleBlend?: readonly number[];
}

/**
 * Paints one picture, from the command line's words to the file. What can be refused is refused before anything
 * that takes long.
 *
 * @param signal whose reason is an Interruption; the picture so far is written then
 */
export async function paint(
  content: string,
  styles: readonly string[],
  options: PaintOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const recipe = recipeOfOptions(await baseRecipe(options), options);
  const inputs: Inputs = { content, styles, ...initFile(recipe, options) };
  checkInputs(inputs);
  checkBlend(styles, options);
  const outputs = outputsOf(options, [content, ...styles], stepsOf(recipe));
  await checkOutputs(outputs, readFiles(inputs, options), options);
  const sources = async () => sourcesOf(await readInputs(inputs), recipe, options);
  await runRecipe({ recipe, outputs, sources }, options, progress, signal);
}

async function baseRecipe({ preset, recipe }: PaintOptions): Promise<Recipe> {
  if (preset !== undefined && recipe !== undefined)
    throw new UsageError("Expected --preset or --recipe, got both: leave one out.");
  return recipe === undefined ? presets[preset ?? "default"].recipe : readRecipe(recipe);
}

/** The picture to start from, where the run starts from one of its own. */
function initFile(recipe: Recipe, { init }: PaintOptions): Pick<Inputs, "init"> {
  if (recipe.init !== "picture") return {};
  if (init === undefined)
    throw new UsageError("Expected the picture that the recipe starts from: name it with --init FILE.");
  return { init };
}

function checkBlend(styles: readonly string[], { styleBlend }: PaintOptions): void {
  if (styleBlend !== undefined && styleBlend.length !== styles.length)
    throw new UsageError(
      `Expected --style-blend to have a weight for each style, ${styles.length}, got ${styleBlend.length}.`,
    );
}

function readFiles({ content, styles, init }: Inputs, { recipe, weights }: PaintOptions): readonly string[] {
  return [content, ...styles, init, recipe, weights].flatMap((name) => name ?? []);
}

function sourcesOf(
  { content, styles, init }: InputPictures,
  recipe: Recipe,
  { styleBlend }: PaintOptions,
): Pick<StylizeOptions, "content" | "style" | "init"> {
  const start = recipe.init === "picture" ? init : recipe.init;
  return {
    content,
    style: styles.map((picture, i) => ({ picture, weight: styleBlend?.[i] ?? 1 })),
    ...(start !== undefined && { init: start }),
  };
}
