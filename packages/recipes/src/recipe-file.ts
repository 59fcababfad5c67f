import { OptionError } from "@brushwork/core/errors";
import { asciiJson, isRecord, parsedJson, quoted } from "@brushwork/core/reading";
import type { Container } from "./containers/container.js";
import { jpeg } from "./containers/jpeg.js";
import { png } from "./containers/png.js";
import { tiff } from "./containers/tiff.js";
import { webp } from "./containers/webp.js";
import { parseRecipe, type Recipe } from "./recipe.js";

const containers: readonly Container[] = [png, jpeg, webp, tiff];

/**
 * A copy of a picture file that carries the recipe, instead of any that the file carries already. Pixels and other
 * metadata stay. PNG stores it as the text "brushwork:recipe"; JPEG, WebP and TIFF store it as an XMP property.
 *
 * @param file PNG, JPEG, WebP or TIFF
 * @throws {RangeError} when the recipe is not valid or does not fit: a JPEG has room for 64 KiB of XMP
 * @throws {Error} when the file is in another format, cut off or damaged
 */
export function embedRecipe(file: Uint8Array, recipe: Recipe): Uint8Array<ArrayBuffer> {
  return containerOf(file).write(file, asciiJson(parseRecipe(recipe)));
}

/**
 * The recipe that a picture file carries, or undefined if it carries none.
 *
 * @param file PNG, JPEG, WebP or TIFF; it may be hostile
 * @throws {Error} when the file is in another format, cut off or damaged, the recipe is not valid, or the file is a
 * sheet, which has a recipe for each of its cells
 */
export function extractRecipe(file: Uint8Array): Recipe | undefined {
  const found = contentOf(file);
  if (found === undefined) return undefined;
  const cells = cellsIn(found);
  if (cells === undefined) return parseRecipe(found);
  throw new OptionError(
    `Expected a picture with one recipe, got a sheet with ${cells.size}, one for each cell: choose a cell.`,
  );
}

/**
 * A copy of a sheet's file that carries the recipe of each cell, as `embedRecipe` does with one.
 *
 * @param file PNG, JPEG, WebP or TIFF
 * @param cells recipes by the names of their cells, such as "B2"; at most 256
 * @throws {RangeError} when a recipe is not valid or they do not fit: a JPEG has room for 64 KiB of XMP
 * @throws {Error} when the file is in another format, cut off or damaged
 */
export function embedCells(file: Uint8Array, cells: ReadonlyMap<string, Recipe>): Uint8Array<ArrayBuffer> {
  const recipes = Object.fromEntries(checkedCells(Object.fromEntries(cells)));
  return containerOf(file).write(file, asciiJson({ cells: recipes }));
}

/**
 * The recipes that a sheet's file carries, by the names of their cells, or undefined if it is no sheet.
 *
 * @param file PNG, JPEG, WebP or TIFF; it may be hostile
 * @throws {Error} when the file is in another format, cut off or damaged, or a recipe is not valid
 */
export function extractCells(file: Uint8Array): ReadonlyMap<string, Recipe> | undefined {
  return cellsIn(contentOf(file));
}

/** More cells than anyone looks at. */
const mostCells = 256;

/** The JSON that the file carries. */
function contentOf(file: Uint8Array): unknown {
  const text = containerOf(file).read(file);
  return text === undefined ? undefined : jsonIn(text);
}

function cellsIn(value: unknown): ReadonlyMap<string, Recipe> | undefined {
  return isRecord(value) && Object.hasOwn(value, "cells") ? checkedCells(value.cells) : undefined;
}

function checkedCells(value: unknown): ReadonlyMap<string, Recipe> {
  const entries = isRecord(value) ? Object.entries(value) : [];
  if (entries.length === 0 || entries.length > mostCells)
    throw new OptionError(`Expected a sheet to have 1 to ${mostCells} cells, got ${entries.length}.`);
  return new Map(entries.map(([name, recipe]) => [checkedCell(name), parseRecipe(recipe)]));
}

function checkedCell(name: string): string {
  if (/^[A-Z]{1,2}[1-9]\d{0,3}$/.test(name)) return name;
  throw new OptionError(`Expected the name of a cell, such as B2, got ${quoted(name)}.`);
}

function containerOf(file: Uint8Array): Container {
  if (!(file instanceof Uint8Array))
    throw new TypeError(`Expected a picture file as a Uint8Array, got ${typeof file}.`);
  const container = containers.find((candidate) => candidate.recognises(file));
  if (container) return container;
  const names = containers.map(({ name }) => name).join(", ");
  throw new Error(`Expected a picture file of one of the formats ${names}, got another.`);
}

function jsonIn(text: string): unknown {
  try {
    return parsedJson(text);
  } catch (cause) {
    throw new Error("Expected the recipe in the file to be JSON, got something else: it is damaged.", {
      cause,
    });
  }
}
