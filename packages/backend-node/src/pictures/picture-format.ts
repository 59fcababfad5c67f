import { extname } from "node:path";
import { OptionError } from "@brushwork/core/errors";

/** The formats that pictures are written in. */
export const pictureFormats = ["png", "jpeg", "webp", "tiff"] as const;
export type PictureFormat = (typeof pictureFormats)[number];

const byExtension: Readonly<Record<string, PictureFormat>> = {
  ".png": "png",
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".webp": "webp",
  ".tif": "tiff",
  ".tiff": "tiff",
};

/**
 * The format that a file's name asks for.
 * @throws {OptionError} when its extension is of none of them
 */
export function formatOf(path: string): PictureFormat {
  const format = byExtension[extname(path).toLowerCase()];
  if (format === undefined)
    throw new OptionError(
      `Expected a file name that ends in ${Object.keys(byExtension).join(", ")}, got ${path}.`,
    );
  return format;
}
