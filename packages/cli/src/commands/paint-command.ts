import { basename, dirname, join } from "node:path";
import { checkpointFile, joinedName } from "@brushwork/backend-node";
import { type PresetName, presets, type Recipe, stepsOf } from "@brushwork/recipes";
import { checkpointPace, type PictureSize } from "@brushwork/runs";
import { UsageError } from "../failure.js";
import { contentMetadata } from "../files/content-metadata.js";
import { checkInputs, type Inputs, inputsOf, namesOf } from "../files/inputs.js";
import { checkOutputs, type OutputOptions, outputsOf } from "../files/outputs.js";
import { pictureWriter } from "../files/picture-writer.js";
import { readFiles } from "../files/read-files.js";
import { readRecipe } from "../files/recipe-source.js";
import { streamName } from "../files/standard-streams.js";
import { withTimelapse } from "../files/timelapse.js";
import { noMask } from "../option-values.js";
import { largeSizeText, sizeOfInput, type WantedSize, withOwnSize } from "../own-size.js";
import { type RecipeOptions, recipeOfOptions } from "../recipe-of-options.js";
import type { Progress } from "../reports/progress.js";
import { type Commission, type MachineOptions, runRecipe } from "../run-recipe.js";
import { noteOf, type StoredWords } from "../stored-words.js";
import { type LossOptions, withDefaultLosses, withLosses } from "../wanted-losses.js";

export interface PaintOptions
  extends Omit<RecipeOptions, "size">,
    WantedSize,
    LossOptions,
    OutputOptions,
    MachineOptions {
  readonly preset?: PresetName;
  /** A recipe file, or a picture that carries one. */
  readonly recipe?: string;
  /** Files, or "none", in the order of the styles. */
  readonly contentMask?: readonly string[];
  readonly styleMask?: readonly string[];
  /** The cell of a sheet whose recipe is meant. */
  readonly cell?: string;
  /** Whether to plan only. */
  readonly dryRun?: boolean;
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
  const { recipe, plugins } = await recipeOfWords(styles, options, () => sizeOfInput(content), progress);
  const inputs: Inputs = {
    content,
    styles,
    ...initFile(recipe, options),
    masks: maskFiles(recipe, styles.length, options),
  };
  checkInputs(inputs);
  const outputs = outputsOf(options, [content, ...styles], stepsOf(recipe));
  await checkOutputs(outputs, [...namesOf(inputs), ...(await readFiles(options))], options);
  const metadata = contentMetadata(options);
  const writer = pictureWriter(outputs, { ...options, metadata: metadata.current }, progress);
  const words = { ...options, content, styles, output: outputs.path, steps: stepsOf(recipe) };
  const checkpoints = checkpointsOf(outputs.path, words, options);
  const names = { content, styles };
  await withTimelapse(writer, stepsOf(recipe), options, progress, async (filmed) => {
    const commission = {
      recipe,
      plugins,
      names,
      writer: filmed,
      checkpoints,
      ...inputsOf(inputs, metadata.found),
    };
    await runRecipe(commission, options, progress, signal);
  });
}

/** Seconds that a run has to be estimated to take to get checkpoints that nobody asked for. */
const longRun = 120;

/** Where a run keeps its checkpoints: in a file that was asked for, or where the run is long, beside the output. */
function checkpointsOf(
  output: string,
  words: StoredWords,
  { checkpoint, force = false }: OutputOptions,
): Commission["checkpoints"] {
  if (checkpoint === false || (checkpoint === undefined && output === streamName)) return undefined;
  const pace = checkpointPace(() => performance.now(), checkpoint === undefined ? longRun : 0);
  const path = checkpoint ?? join(dirname(output), joinedName([basename(output)], ".checkpoint"));
  return { file: checkpointFile(path, { pace, note: noteOf(words), replace: force }), pace };
}

/**
 * The recipe that the command line asks for, with the plugins that it names besides ours.
 *
 * @param ownSize finds the size of the content
 * @param progress is warned of a size that is large, or another than it may seem
 */
export async function recipeOfWords(
  styles: readonly string[],
  asked: PaintOptions,
  ownSize: () => Promise<PictureSize>,
  progress: Pick<Progress, "warned">,
): ReturnType<typeof withLosses> {
  checkBlend(styles, asked);
  const { options, own } = await withOwnSize(asked, ownSize);
  const recipe = recipeOfOptions(withDefaultLosses(await namedRecipe(asked), options), options);
  for (const sentence of [own && largeSizeText(own), cropText(recipe, options)])
    if (sentence !== undefined) progress.warned(sentence);
  return withLosses(withMasks(recipeFor(styles, recipe), styles, options), options);
}

/** A sentence about a shape that looks like a size, where the size is another. */
function cropText({ scales }: Recipe, { crop }: RecipeOptions): string | undefined {
  if (!crop?.inPixels) return undefined;
  const size = scales.at(-1)?.size;
  const { width, height } = crop;
  if (typeof size !== "object" || (size[0] === width && size[1] === height)) return undefined;
  return (
    `--crop sets only the shape, so the picture will be ${size.join("×")} pixels: for ${width}×${height}, add ` +
    `--size ${Math.max(width, height)}.`
  );
}

async function namedRecipe({ preset, recipe, cell }: PaintOptions): Promise<Recipe> {
  if (preset !== undefined && recipe !== undefined)
    throw new UsageError("Expected --preset or --recipe, got both: leave one out.");
  if (recipe !== undefined) return readRecipe(recipe, cell);
  if (cell !== undefined)
    throw new UsageError(`Expected --cell with the sheet it is on: name that with --recipe.`);
  return presets[preset ?? "default"].recipe;
}

/** The picture to start from, where the run starts from one of its own. */
export function initFile(recipe: Recipe, { init }: PaintOptions): Pick<Inputs, "init"> {
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

/**
 * The masks of the styles, in their order.
 * @throws {UsageError} when one is missing that the recipe was painted with
 */
export function maskFiles(
  { styles = [] }: Recipe,
  count: number,
  { contentMask, styleMask }: PaintOptions,
): NonNullable<Inputs["masks"]> {
  const named = (which: "content" | "style", isAsked: boolean | undefined, index: number) => {
    if (!isAsked) return undefined;
    const name = (which === "content" ? contentMask : styleMask)?.[index];
    if (name !== undefined) return name;
    throw new UsageError(
      `Expected the ${which} mask of style ${index + 1}, which the recipe was painted with: name one for each style, ` +
        `in their order, with --${which}-mask FILE, or --${which}-mask ${noMask}.`,
    );
  };
  return Array.from({ length: count }, (_, i) => {
    const content = named("content", styles[i]?.contentMask, i);
    const style = named("style", styles[i]?.styleMask, i);
    return { ...(content !== undefined && { content }), ...(style !== undefined && { style }) };
  });
}

/** A recipe that says which styles have masks: those that the options name, or else the recipe's own. */
function withMasks(
  { styles: before, ...recipe }: Recipe,
  paintings: readonly string[],
  { contentMask, styleMask }: PaintOptions,
): Recipe {
  for (const [flag, masks = []] of [
    ["--content-mask", contentMask],
    ["--style-mask", styleMask],
  ] as const)
    if (masks.length > paintings.length)
      throw new UsageError(
        `Expected ${flag} at most once for each style, ${paintings.length}, got it ${masks.length} times.`,
      );
  const isNamed = (masks: readonly string[] | undefined, index: number, otherwise = false) =>
    masks === undefined ? otherwise : masks[index] !== undefined && masks[index] !== noMask;
  const styles = paintings.map((_, i) => ({
    weight: before?.[i]?.weight ?? 1,
    ...(isNamed(contentMask, i, before?.[i]?.contentMask) && { contentMask: true }),
    ...(isNamed(styleMask, i, before?.[i]?.styleMask) && { styleMask: true }),
  }));
  const isMasked = styles.some((style) => style.contentMask || style.styleMask);
  // The weight of a single style goes without saying.
  if (!isMasked && (before === undefined || paintings.length === 1)) return recipe;
  return { ...recipe, styles };
}

/** A single style counts alone; several take the recipe's weights, if it has as many. */
function recipeFor(paintings: readonly string[], { styles, ...recipe }: Recipe): Recipe {
  if (styles === undefined || (paintings.length === 1 && styles.length > 1)) return recipe;
  if (styles.length !== paintings.length)
    throw new UsageError(
      `Expected ${styles.length} paintings, for which the recipe has weights, got ${paintings.length}: ` +
        "give as many, or weigh them with --style-blend.",
    );
  return { ...recipe, styles };
}
