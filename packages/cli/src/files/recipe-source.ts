import { readFile } from "node:fs/promises";
import { parsedJson } from "@brushwork/core/reading";
import { extractRecipe, parseRecipe, type Recipe } from "@brushwork/recipes";
import { Failure, sentenceOf } from "../failure.js";
import { textOf } from "./text-file.js";

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
    const text = textOf(bytes);
    const recipe = text === undefined ? extractRecipe(bytes) : parseRecipe(jsonOf(text));
    if (recipe !== undefined) return recipe;
  } catch (cause) {
    throw new Failure(`Expected a recipe in ${path}, as JSON or inside a picture. ${sentenceOf(cause)}`, {
      cause,
    });
  }
  throw new Failure(
    `Expected ${path} to carry a recipe, found none: only pictures that Brushwork painted do, and only while no ` +
      "other program has written them again.",
  );
}

function jsonOf(text: string): unknown {
  if (text.trim() === "") throw new Failure("The file is empty.");
  try {
    return parsedJson(text);
  } catch (cause) {
    throw new Failure(`Expected its text to be JSON (${sentenceOf(cause)}).`, { cause });
  }
}
