import { OptionError, type Picture } from "@brushwork/core";
import { embedRecipe, type Recipe } from "@brushwork/recipes";
import { canvas } from "./canvas.js";

export interface EncodingOptions {
  readonly type: "png" | "jpeg" | "webp";
  /** Quality of JPEG and WebP, from 0 to 1. @default 0.92 */
  readonly quality?: number;
  /** Recipe to put into the file; `extractRecipe` of @brushwork/recipes reads it. */
  readonly recipe?: Recipe;
}

/**
 * Encodes a picture as a file. PNG and WebP keep its alpha; JPEG has none, and is painted on white.
 *
 * @throws {OptionError} when the quality is not from 0 to 1, or the recipe is not valid
 * @throws {Error} when the browser does not write files of that type
 */
export async function encodePicture(
  { width, height, data }: Picture,
  { type, quality = 0.92, recipe }: EncodingOptions,
): Promise<Blob> {
  if (!(quality >= 0 && quality <= 1))
    throw new OptionError(`Expected a quality from 0 to 1, got ${quality}.`);
  const { context, toBlob } = canvas(width, height);
  context.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
  if (type === "jpeg") {
    context.globalCompositeOperation = "destination-over";
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
  }
  const mime = `image/${type}`;
  const file = await toBlob(mime, quality);
  // A browser that cannot write a type writes PNG instead.
  if (file.type !== mime) throw new Error(`This browser cannot write ${type} files. Choose png or jpeg.`);
  if (recipe === undefined) return file;
  return new Blob([embedRecipe(new Uint8Array(await file.arrayBuffer()), recipe)], { type: mime });
}
