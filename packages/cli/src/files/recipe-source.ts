import { readFile } from "node:fs/promises";
import { parsedJson, quoted } from "@brushwork/core/reading";
import { extractCells, extractRecipe, parseRecipe, type Recipe } from "@brushwork/recipes";
import { Failure, sentenceOf, UsageError } from "../failure.js";
import { textOf } from "./text-file.js";

/**
 * The recipe in a file: JSON, or a picture that carries one.
 * @param cell of the sheet that the file is
 * @throws {Failure} when the file cannot be read or holds no recipe
 * @throws {UsageError} when the file is a sheet and no cell of it is named, or the other way round
 */
export async function readRecipe(path: string, cell?: string): Promise<Recipe> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new Failure(`The recipe ${path} could not be read (${sentenceOf(cause)}).`, {
      cause,
    });
  });
  try {
    const text = textOf(bytes);
    const cells = text === undefined ? extractCells(bytes) : undefined;
    if (cells !== undefined) return cellOf(path, cells, cell);
    if (cell !== undefined)
      throw new UsageError(
        `Expected a sheet of "brushwork sweep" for --cell, got ${path}: leave --cell out.`,
      );
    const recipe = text === undefined ? extractRecipe(bytes) : parseRecipe(jsonOf(text));
    if (recipe !== undefined) return recipe;
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new Failure(`Expected a recipe in ${path}, as JSON or inside a picture. ${sentenceOf(cause)}`, {
      cause,
    });
  }
  throw new Failure(
    `Expected ${path} to carry a recipe, found none: only pictures that Brushwork painted do, and only while no ` +
      "other program has written them again.",
  );
}

function cellOf(path: string, cells: ReadonlyMap<string, Recipe>, cell: string | undefined): Recipe {
  const recipe = cells.get(cell?.toUpperCase() ?? "");
  if (recipe !== undefined) return recipe;
  const names = [...cells.keys()].join(", ");
  throw new UsageError(
    cell === undefined
      ? `${path} is a sheet of several pictures: choose one with --cell, of ${names}.`
      : `Expected --cell to be one of ${names}, got ${quoted(cell)}.`,
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
