import type { Recipe } from "@brushwork/recipes";
import { defaultWorker } from "./default-worker-factory.js";
import { answerTo } from "./replies.js";

/**
 * Checks a recipe as a run does, against the losses that a worker serves, and paints nothing. A recipe from a stranger
 * loads no code by it.
 *
 * @throws {OptionError} when the recipe names an unknown loss, optimizer or option, or gives an option an invalid value
 * @throws {PluginError} when a loss fails
 */
export async function checkRecipe(
  recipe: Recipe,
  { worker = defaultWorker }: { readonly worker?: () => Worker } = {},
): Promise<void> {
  await answerTo({ type: "check", recipe }, "checked", worker);
}
