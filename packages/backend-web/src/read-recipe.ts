import type { Recipe } from "@brushwork/recipes";
import { defaultWorker } from "./default-worker-factory.js";
import { answerTo } from "./replies.js";

/**
 * The recipe that a picture file carries, checked as `checkRecipe` does, or undefined if it carries none. The file may be
 * a stranger's: it loads no code.
 *
 * @param file PNG, JPEG, WebP or TIFF
 * @throws {OptionError} when the recipe is not valid or names what the worker does not know, or the file is a sheet of
 * several pictures
 * @throws {Error} when the file is in another format, cut off or damaged
 */
export async function readRecipe(
  file: Blob,
  { worker = defaultWorker }: { readonly worker?: () => Worker } = {},
): Promise<Recipe | undefined> {
  return (await answerTo({ type: "recipe", file }, "recipe", worker)).recipe;
}
