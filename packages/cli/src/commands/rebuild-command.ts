import type { ReadingOptions } from "@brushwork/backend-node";
import type { Picture } from "@brushwork/core";
import { type Recipe, stepsOf, termName } from "@brushwork/recipes";
import { neededSide, type PictureSize } from "@brushwork/runs";
import { UsageError } from "../failure.js";
import { readInput } from "../files/inputs.js";
import { checkOutputs, type OutputOptions, outputsOf } from "../files/outputs.js";
import { pictureWriter } from "../files/picture-writer.js";
import { readFiles } from "../files/read-files.js";
import { readRecipe } from "../files/recipe-source.js";
import { withTimelapse } from "../files/timelapse.js";
import { type InPixels, largeSizeText, sizeOfInput, type WantedSize, withOwnSize } from "../own-size.js";
import { type RecipeOptions, recipeOfOptions } from "../recipe-of-options.js";
import type { Progress } from "../reports/progress.js";
import { type MachineOptions, runRecipe } from "../run-recipe.js";
import { type LossOptions, withDefaultLosses, withLosses } from "../wanted-losses.js";
import { reconstructionRecipe, textureRecipe } from "./rebuild-recipes.js";

type SharedOptions = Pick<
  RecipeOptions,
  | "scales"
  | "scaleFactor"
  | "steps"
  | "tvWeight"
  | "optimizer"
  | "learningRate"
  | "history"
  | "lineSearch"
  | "network"
  | "pooling"
  | "poolingScale"
  | "padding"
  | "preprocessing"
  | "weights"
  | "seed"
> &
  LossOptions &
  OutputOptions &
  MachineOptions & {
    /** A recipe file, or a picture that carries one: in place of the command's own. */
    readonly recipe?: string;
  };

export interface ReconstructOptions extends SharedOptions, WantedSize, Pick<RecipeOptions, "fit"> {
  readonly layer?: string;
}

export interface TextureOptions
  extends SharedOptions,
    WantedSize,
    Pick<RecipeOptions, "styleLoss" | "styleLayers" | "styleLayerWeights" | "styleScale"> {}

/** Rebuilds a picture from what one layer of the network says of it. */
export async function reconstruct(
  name: string,
  { layer, ...asked }: ReconstructOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const options = await sized(name, asked, progress);
  const layers = layer === undefined ? {} : { contentLayers: [layer] };
  const base = withDefaultLosses(await baseRecipe(reconstructionRecipe, options), options);
  if (layer !== undefined && !base.terms.some((term) => termName(term) === "content"))
    throw new UsageError(
      `Expected --layer with a content loss, whose layer it chooses, but there is none: use --loss content:layers=${layer} instead.`,
    );
  const recipe = recipeOfOptions(base, { ...options, ...layers });
  await rebuild(name, layer ?? "reconstructed", recipe, options, progress, signal, (picture) => picture);
}

/** Rebuilds what the style's Gram matrices say of a picture, at any size. */
export async function texture(
  name: string,
  asked: TextureOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const options = await sized(name, asked, progress);
  const base = await baseRecipe(textureRecipe, options);
  const recipe = recipeOfOptions(withDefaultLosses(base, options), options);
  await rebuild(name, "texture", recipe, options, progress, signal, plain);
}

async function sized<Options extends WantedSize>(
  name: string,
  asked: Options,
  progress: Progress,
): Promise<InPixels<Options>> {
  const { options, own } = await withOwnSize(asked, () => sizeOfInput(name));
  const large = own && largeSizeText(own);
  if (large !== undefined) progress.warned(large);
  return options;
}

/** The command's recipe, or the one that was asked for; one picture has no weights among several, and its own colours. */
async function baseRecipe(own: Recipe, { recipe: path }: SharedOptions): Promise<Recipe> {
  if (path === undefined) return own;
  const { styles: _, colors: __, ...recipe } = await readRecipe(path);
  if (recipe.init === "picture")
    throw new UsageError(
      'Expected a recipe that starts from content, style or noise, got one that starts from another picture: change its "init".',
    );
  return recipe;
}

async function rebuild(
  name: string,
  suffix: string,
  base: Recipe,
  options: SharedOptions,
  progress: Progress,
  signal: AbortSignal,
  contentOf: (picture: Picture) => Picture,
): Promise<void> {
  const { recipe, plugins } = await withLosses(base, options);
  const outputs = outputsOf(options, [name, suffix], stepsOf(recipe));
  await checkOutputs(outputs, [name, ...(await readFiles(options))], options);
  // Read once, since it may be the standard input, for both of its roles.
  const longest = (own: PictureSize) =>
    Math.max(neededSide(recipe, "content")(own), neededSide(recipe, "style")(own));
  let reading: Promise<Picture> | undefined;
  const read = (reader: ReadingOptions) => {
    reading ??= readInput(name, { ...reader, longest });
    return reading;
  };
  const content = async (reader: ReadingOptions) => contentOf(await read(reader));
  const pictures = { content, styles: [read] };
  const writer = pictureWriter(outputs, options, progress);
  await withTimelapse(writer, stepsOf(recipe), options, progress, async (filmed) => {
    const commission = { recipe, plugins, names: { content: name }, writer: filmed, ...pictures };
    await runRecipe(commission, options, progress, signal);
  });
}

/** White, in a picture's shape. */
function plain({ width, height }: Picture): Picture {
  return { width, height, data: new Uint8ClampedArray(width * height * 4).fill(255) };
}
