import { OptionError, type Picture } from "@brushwork/core";
import { embedRecipe, type Recipe } from "@brushwork/recipes";
import { canvas, isGlassy } from "./canvas.js";

/** A format that a browser may write. */
export type PictureFormat = "png" | "jpeg" | "webp";

export interface EncodingOptions {
  /** Quality of JPEG and WebP, 1 to 100; PNG loses nothing. @default 92 */
  readonly quality?: number;
  /** Recipe to put into the file; `extractRecipe` of @brushwork/recipes reads it. */
  readonly recipe?: Recipe;
}

/**
 * Encodes a picture as a file. PNG and WebP keep its alpha; JPEG has none, and is painted on white.
 *
 * @throws {OptionError} when the quality is not from 1 to 100, or the recipe is not valid
 * @throws {Error} when the browser does not write files of that format
 */
export async function encodePicture(
  picture: Picture,
  format: PictureFormat,
  { quality = 92, recipe }: EncodingOptions = {},
): Promise<Blob> {
  if (!Number.isInteger(quality) || quality < 1 || quality > 100)
    throw new OptionError(`Expected the quality to be a whole number from 1 to 100, got ${quality}.`);
  const { width, height, data } = picture;
  const { context, toBlob } = canvas(width, height, isGlassy(picture) ? "halves" : "bytes");
  context.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
  if (format === "jpeg") {
    context.globalCompositeOperation = "destination-over";
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
  }
  const mime = `image/${format}`;
  const file = await toBlob(mime, quality / 100);
  // A browser that cannot write a format writes PNG instead.
  if (file.type !== mime) throw new Error(`This browser cannot write ${format} files. Choose png or jpeg.`);
  if (recipe === undefined) return file;
  return new Blob([embedRecipe(new Uint8Array(await file.arrayBuffer()), recipe)], { type: mime });
}
