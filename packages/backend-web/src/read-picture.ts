import type { Picture } from "@brushwork/core";
import { checkLongest, mostPixels, reducedSize } from "@brushwork/core/reading";
import { cutWarning, damagedText, hasJpegEnd, lacksTooMuch } from "@brushwork/recipes";
import type { PictureSize } from "@brushwork/runs";
import { canvas, isGlassy, type Precision } from "./canvas.js";
import { missingRows, withEnd } from "./cut-jpeg.js";
import { decodable, kindOf, type PictureKind } from "./picture-kind.js";
import { claimedSize, sizeBytes } from "./picture-size.js";

export interface ReadingOptions {
  /**
   * The longer side that the picture is reduced to while it is read, or a function that returns it for the picture's
   * own size; a smaller picture keeps its size. @default its own
   */
  readonly longest?: number | ((own: PictureSize) => number);
  /** Called with a sentence about a picture that was read although it lacks its end. */
  readonly onWarning?: (sentence: string) => void;
}

/** The longer side of an SVG, which has no pixels of its own. */
const svgSide = 1024;

/** Something to draw, with its size. */
interface Drawable {
  readonly width: number;
  readonly height: number;
  readonly source: CanvasImageSource;
  free(): void;
}

/**
 * Reads a picture file of any format that the browser decodes: upright according to its EXIF orientation, its colours
 * converted to sRGB. An SVG is drawn with 1024 pixels on its longer side, which only a page can do, not a worker.
 *
 * A JPEG that lacks its last bytes is read with a warning if at least 95 % of its rows are there.
 *
 * @throws {TypeError} when it is not a file
 * @throws {OptionError} when the longest side is not a whole number of at least 1
 * @throws {RangeError} when the file is not a picture, is damaged or too large
 */
export async function readPicture(
  file: Blob,
  { longest, onWarning = () => {} }: ReadingOptions = {},
): Promise<Picture> {
  if (!(file instanceof Blob)) throw new TypeError(`Expected a picture file as a Blob, got ${typeof file}.`);
  if (typeof longest === "number") checkLongest(longest);
  const kind = await kindOf(file);
  const drawable =
    kind === "SVG"
      ? await drawableSvg(file, typeof longest === "number" ? longest : svgSide)
      : await drawableBitmap(file, kind, onWarning);
  try {
    const { width, height } = reducedSize(drawable, longest) ?? drawable;
    checkSize({ width, height });
    const drawn = (precision: Precision): Picture => {
      const { context } = canvas(width, height, precision);
      context.imageSmoothingQuality = "high";
      context.drawImage(drawable.source, 0, 0, width, height);
      const { data } = context.getImageData(0, 0, width, height, { colorSpace: "srgb" });
      return { width, height, data };
    };
    const picture = drawn("bytes");
    return isGlassy(picture) ? drawn("halves") : picture;
  } finally {
    drawable.free();
  }
}

async function drawableBitmap(
  file: Blob,
  kind: PictureKind | undefined,
  onWarning: NonNullable<ReadingOptions["onWarning"]>,
): Promise<Drawable> {
  // A JPEG is searched to its end: cameras write a lot before its size, and the end itself may be missing.
  const bytes = new Uint8Array(await (kind === "JPEG" ? file : file.slice(0, sizeBytes)).arrayBuffer());
  checkSize(claimedSize(bytes, kind));
  const isWhole = kind !== "JPEG" || hasJpegEnd(bytes);
  let bitmap: ImageBitmap;
  try {
    if (!isWhole) await checkRows(file, bytes, onWarning);
    bitmap = await createImageBitmap(isWhole ? file : withEnd(bytes), {
      imageOrientation: "from-image",
      colorSpaceConversion: "default",
      // Multiplied bytes would lose colours where alpha is small.
      premultiplyAlpha: "none",
    });
  } catch (cause) {
    throw cause instanceof RangeError ? cause : new RangeError(refusal(kind), { cause });
  }
  const { width, height } = bitmap;
  return { width, height, source: bitmap, free: () => bitmap.close() };
}

/**
 * Warns of a JPEG without its end.
 * @throws {RangeError} when it lacks too much
 */
async function checkRows(
  file: Blob,
  jpeg: Uint8Array<ArrayBuffer>,
  warn: (sentence: string) => void,
): Promise<void> {
  const picture = file instanceof File ? `The picture ${file.name}` : "The picture";
  const { missing, rows } = await missingRows(jpeg);
  if (lacksTooMuch(missing, rows)) throw new RangeError(damagedText(picture));
  warn(cutWarning(picture, missing, rows));
}

function checkSize(size: { readonly width: number; readonly height: number } | undefined): void {
  if (size === undefined || size.width * size.height <= mostPixels) return;
  throw new RangeError(
    `Expected a picture of at most ${Math.floor(mostPixels / 1e6)} megapixels, got ${size.width}×${size.height}.`,
  );
}

function refusal(kind: PictureKind | undefined): string {
  const expected = `Expected a picture (${decodable.join(", ")}), got`;
  if (kind === undefined) return `${expected} something else.`;
  return decodable.includes(kind)
    ? `${expected} a ${kind} that is damaged, or too large for this browser.`
    : `${expected} ${kind}. Convert it first.`;
}

/** Draws an SVG through an image element, which runs no script of it and loads nothing that it refers to. */
async function drawableSvg(file: Blob, longest: number): Promise<Drawable> {
  if (typeof document === "undefined") throw new RangeError(refusal("SVG"));
  // The element needs the type, which the browser guesses from the file's name.
  const address = URL.createObjectURL(new Blob([file], { type: "image/svg+xml" }));
  const image = new Image();
  image.src = address;
  try {
    await image.decode();
  } catch (cause) {
    URL.revokeObjectURL(address);
    throw new RangeError(
      "This SVG cannot be drawn: it is damaged, or the page's policy forbids it. Convert it to PNG first.",
      { cause },
    );
  }
  // 0 if the browser finds no size in the file.
  const [wide, high] = [image.naturalWidth || 1, image.naturalHeight || 1];
  const factor = longest / Math.max(wide, high);
  return {
    width: Math.max(1, Math.round(wide * factor)),
    height: Math.max(1, Math.round(high * factor)),
    source: image,
    free: () => URL.revokeObjectURL(address),
  };
}
