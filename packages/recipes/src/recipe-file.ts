import { asciiJson, parsedJson } from "@brushwork/core/reading";
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
 * @throws {Error} when the file is in another format, cut off or damaged, or the recipe is not valid
 */
export function extractRecipe(file: Uint8Array): Recipe | undefined {
  const text = containerOf(file).read(file);
  return text === undefined ? undefined : parseRecipe(jsonIn(text));
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
