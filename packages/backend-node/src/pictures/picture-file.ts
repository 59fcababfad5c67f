import { checkPicture, messageOf, OptionError, type Picture } from "@brushwork/core";
import { checkOptions, choiceOf, kinds, shown } from "@brushwork/core/reading";
import { embedRecipe, type Recipe } from "@brushwork/recipes";
import sharp, { type Sharp } from "sharp";
import { type ReplaceOptions, writeFileAtomically } from "../files/write-file.js";
import { formatOf, type PictureFormat, pictureFormats } from "./picture-format.js";
import { checkMetadata, type PictureMetadata, withMetadata } from "./picture-metadata.js";

const longestSides: Partial<Readonly<Record<PictureFormat, number>>> = { jpeg: 65_535, webp: 16_383 };

export interface EncodingOptions {
  /** Quality of JPEG and WebP, 1 to 100; the other formats lose nothing. @default 92 */
  readonly quality?: number;
}

/** How a picture's file is made, and what it says. */
interface DescribedEncoding extends EncodingOptions {
  /**
   * What the file says of the picture, as `readPicture` found it in another one: EXIF, of which orientation, sizes and
   * colour space become those of this picture, and density. @default nothing
   */
  readonly metadata?: PictureMetadata;
}

/**
 * A picture as a file's bytes. Alpha is kept where the format has it; in JPEG, which has none, white shows through.
 *
 * @throws {OptionError} when the quality is outside its range, or the picture too large for the format
 */
export async function encodePicture(
  picture: Picture,
  format: PictureFormat,
  options: DescribedEncoding = {},
): Promise<Uint8Array> {
  checkOptions("encodePicture", options, { quality: kinds.number, metadata: kinds.record });
  const { quality = 92, metadata = {} } = options;
  checkMetadata(metadata);
  checkPicture(picture);
  const { width, height, data } = picture;
  if (!Number.isInteger(quality) || quality < 1 || quality > 100)
    throw new OptionError(`Expected the quality to be a whole number from 1 to 100, got ${shown(quality)}.`);
  const longest = longestSides[format] ?? Number.POSITIVE_INFINITY;
  if (Math.max(width, height) > longest)
    throw new OptionError(
      `Expected at most ${longest} pixels a side for ${format}, got ${width}×${height}. Choose png or tiff.`,
    );
  const image = sharp(data, { raw: { width, height, channels: 4 }, limitInputPixels: false });
  const hasAlpha = !isOpaque(picture);
  if (!hasAlpha) image.removeAlpha();
  return withMetadata(await encoded(image, format, quality), format, metadata, { width, height, hasAlpha });
}

function encoded(image: Sharp, format: PictureFormat, quality: number): Promise<Uint8Array> {
  switch (format) {
    case "png":
      return image.png().toBuffer();
    case "jpeg":
      // Full colour resolution: brush strokes are as fine in colour as in brightness.
      return image.flatten({ background: "white" }).jpeg({ quality, chromaSubsampling: "4:4:4" }).toBuffer();
    case "webp":
      return image.webp({ quality, smartSubsample: true }).toBuffer();
    case "tiff":
      return image.tiff({ compression: "deflate", predictor: "horizontal" }).toBuffer();
  }
}

export interface WritingOptions extends DescribedEncoding, ReplaceOptions {
  /** Carried by the file, so that the run can be done again. */
  readonly recipe?: Recipe;
  /** @default what the file's name ends in */
  readonly format?: PictureFormat;
}

/**
 * Writes a picture in the format that the file's name ends in: .png, .jpg, .jpeg, .webp, .tif or .tiff. The file
 * appears whole or not at all; one that is replaced keeps its mode and its links.
 *
 * @throws {OptionError} when the name ends in something else and no format is given, and as `encodePicture` does
 * @throws {Error} when the file cannot be written
 */
export async function writePicture(
  path: string,
  picture: Picture,
  asked: WritingOptions = {},
): Promise<void> {
  checkOptions("writePicture", asked, {
    quality: kinds.number,
    replace: kinds.flag,
    recipe: kinds.record,
    metadata: kinds.record,
    format: choiceOf(...pictureFormats),
  });
  const { replace = true, ...options } = asked;
  await writeFileAtomically(path, await pictureBytes(path, picture, options), { replace });
}

/** What a picture's file consists of. */
export async function pictureBytes(
  path: string,
  picture: Picture,
  { recipe, format = formatOf(path), ...options }: Omit<WritingOptions, "replace">,
): Promise<Uint8Array> {
  try {
    const bytes = await encodePicture(picture, format, options);
    return recipe === undefined ? bytes : embedRecipe(bytes, recipe);
  } catch (cause) {
    if (cause instanceof OptionError || cause instanceof TypeError) throw cause;
    throw new Error(`The picture ${path} could not be encoded as ${format} (${messageOf(cause)}).`, {
      cause,
    });
  }
}

function isOpaque({ data }: Picture): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}
