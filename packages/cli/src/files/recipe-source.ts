import { readFile } from "node:fs/promises";
import { extractRecipe, parseRecipe, type Recipe } from "@brushwork/recipes";
import { Failure, sentenceOf } from "../failure.js";

/**
 * The recipe in a file: JSON, or a picture that carries one.
 * @throws {Failure} when the file cannot be read or holds no recipe
 */
export async function readRecipe(path: string): Promise<Recipe> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new Failure(`The recipe ${path} could not be read (${sentenceOf(cause)}).`, {
      cause,
    });
  });
  try {
    const recipe = isJson(bytes) ? parseRecipe(JSON.parse(bytes.toString("utf8"))) : extractRecipe(bytes);
    if (recipe !== undefined) return recipe;
  } catch (cause) {
    throw new Failure(`Expected a recipe in ${path}. ${sentenceOf(cause)}`, { cause });
  }
  throw new Failure(
    `Expected ${path} to carry a recipe, found none: only pictures that Brushwork painted do, and only while no ` +
      "other program has written them again.",
  );
}

/** No picture begins so. */
function isJson(bytes: Buffer): boolean {
  return /^\s*[{[]/.test(bytes.subarray(0, 64).toString("latin1"));
}
