import type { Picture } from "@brushwork/core";
import { type KeepingOptions, type KeptFile, keepFile } from "../files/keep-file.js";
import { pictureBytes, type WritingOptions } from "./picture-file.js";
import type { PictureFormat } from "./picture-format.js";

/**
 * Writes a picture that must not be lost: where that fails, beside the wanted place or in another folder.
 * @throws as `writePicture` does, when it can be written nowhere
 */
export async function keepPicture(
  path: string,
  picture: Picture,
  { replace = true, elsewhere = true, ...options }: WritingOptions & KeepingOptions = {},
): Promise<KeptFile> {
  return keepFile(path, await pictureBytes(path, picture, options), { replace, elsewhere });
}

/**
 * Encodes a very small picture, so that a long run need not find out at its end that none can be encoded.
 * @throws as `writePicture` does
 */
export async function checkEncodable(path: string, options: WritingOptions = {}): Promise<void> {
  await pictureBytes(path, { width: 8, height: 8, data: new Uint8ClampedArray(8 * 8 * 4) }, options);
}

/** Bytes a pixel of a painting in each format, rather too few. */
const bytesPerPixel: Readonly<Record<PictureFormat, number>> = { png: 2, tiff: 1.5, jpeg: 0.35, webp: 0.25 };

/** About as many bytes as the file of a painting has. */
export function expectedBytes(
  { width, height }: Pick<Picture, "width" | "height">,
  format: PictureFormat,
): number {
  const recipe = 4096;
  return Math.round(width * height * bytesPerPixel[format]) + recipe;
}
