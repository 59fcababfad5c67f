import type { Picture } from "@brushwork/core";
import { checkOptions, either, kinds, mostPixels, reducedSize } from "@brushwork/core/reading";
import { cutWarning, hasJpegEnd, lacksTooMuch, type PictureKind, pictureKind } from "@brushwork/recipes";
import type { PictureSize } from "@brushwork/runs";
import sharp, { type Metadata, type Sharp, type SharpOptions } from "sharp";
import { readBytes } from "../files/read-file.js";
import { decodingError, pictureText, unnamed } from "./decoding-error.js";
import { iccProfile } from "./icc-profile.js";
import { withFewerSamples } from "./many-samples.js";
import { metadataOf, type PictureMetadata } from "./picture-metadata.js";
import { ExtraSample, Tag, type TiffSamples, tiffSamples, withTag } from "./tiff-tags.js";
import { fromLab, fromProfile, picked } from "./to-srgb.js";
import { endsEarly, missingRows } from "./truncated-jpeg.js";

export interface ReadingOptions {
  /**
   * The longer side that the picture is reduced to while it is read, or a function that returns it for the picture's
   * own size; a smaller picture keeps its size. A large photograph is then read in much less time and memory.
   * @default its own
   */
  readonly longest?: number | ((own: PictureSize) => number);
  /** Called with a sentence about a picture that was read although it lacks its end. */
  readonly onWarning?: (sentence: string) => void;
  /** Called with what the file says of its picture besides the pixels, which `writePicture` takes. */
  readonly onMetadata?: (metadata: PictureMetadata) => void;
}

/** The kinds of files that pictures are read from. */
const readable: readonly PictureKind[] = ["JPEG", "PNG", "WebP", "TIFF", "AVIF", "GIF"];

/** The formats that sharp may find in them; it knows others, whose decoders are no match for a hostile file. */
const formats: readonly string[] = ["jpeg", "uhdr", "png", "webp", "tiff", "heif", "gif"];

/** Most pixels of a JPEG that is reduced, which needs no memory for its own size. */
const mostReducedPixels = 2 * mostPixels;

/** What sharp reads. */
const mostSamples = 5;

/**
 * Reads a JPEG, PNG, WebP, TIFF, AVIF or GIF (its first frame): turned upright as its EXIF orientation says, its
 * colours converted from its profile to sRGB. The upper eight of 16 bits are kept. Samples beyond colours and alpha
 * are left out.
 *
 * A JPEG that lacks its last bytes is read with a warning if at least 95 % of its rows are there.
 *
 * @param source the file's name, or its bytes
 * @throws {TypeError} when the source is neither
 * @throws {OptionError} when the longest side is not a positive whole number
 * @throws {RangeError} when it is no picture of these formats, its form cannot be read, or it has more than 134
 * megapixels (268, for a JPEG that is reduced to half its size or less)
 * @throws {Error} when the file cannot be read, or is damaged
 */
export async function readPicture(
  source: string | Uint8Array,
  options: ReadingOptions = {},
): Promise<Picture> {
  checkOptions("readPicture", options, {
    longest: either(kinds.number, kinds.callback),
    onWarning: kinds.callback,
    onMetadata: kinds.callback,
  });
  const { longest, onWarning = () => {}, onMetadata } = options;
  const where = typeof source === "string" ? source : unnamed;
  const { stored, bytes, samples, header } = await openPicture(source, where);
  const size = reducedSize(header.autoOrient, longest);
  checkSize(where, header, size);
  onMetadata?.(metadataOf(header, stored));
  const file = { bytes, header, samples, size };
  // libjpeg only warns of data that is missing.
  const isJpeg = header.format === "jpeg";
  const warn = (missing: number) => onWarning(cutWarning(pictureText(where), missing, header.height));
  try {
    const picture = await decoded(file, isJpeg ? "warning" : "error").catch(async (cause: unknown) => {
      if (!isJpeg) throw cause;
      const missing = await missingRows(bytes, header);
      if (lacksTooMuch(missing, header.height)) throw cause;
      if (!endsEarly(cause)) return await decoded(file, "error");
      warn(missing);
      return undefined;
    });
    if (picture === undefined) return await decoded(file, "none");
    // Of a grey one, libjpeg may have every row before it looks for the end.
    if (isJpeg && !hasJpegEnd(bytes)) warn(0);
    return picture;
  } catch (cause) {
    throw decodingError(where, cause);
  }
}

/**
 * The size of a picture, upright, by its header alone.
 *
 * @param source the file's name, or its bytes
 * @throws as `readPicture` does, but finds no damage to the pixels
 */
export async function pictureSize(source: string | Uint8Array): Promise<PictureSize> {
  const where = typeof source === "string" ? source : unnamed;
  const { header } = await openPicture(source, where);
  const { width, height } = header.autoOrient;
  return { width, height };
}

/**
 * What a picture's file says of it besides the pixels: what `readPicture` calls `onMetadata` with.
 * @throws as `pictureSize` does
 */
export async function readMetadata(source: string | Uint8Array): Promise<PictureMetadata> {
  const { stored, header } = await openPicture(source, typeof source === "string" ? source : unnamed);
  return metadataOf(header, stored);
}

/** What a file consists of, before anything of the picture's size is allocated. */
async function openPicture(source: string | Uint8Array, where: string) {
  const stored = typeof source === "string" ? await readBytes(source, "a picture") : source;
  if (!(stored instanceof Uint8Array))
    throw new TypeError(`Expected a picture's file name or its bytes, got ${typeof source}.`);
  if (stored.length === 0) throw new RangeError(`Expected ${where} to be a picture, but it is empty.`);
  const kind = pictureKind(stored);
  if (kind === undefined || !readable.includes(kind)) throw otherKind(where, kind);
  const { bytes, samples } =
    kind === "TIFF" ? await readableTiff(where, stored) : { bytes: stored, samples: undefined };
  return { stored, bytes, samples, header: await headerOf(where, bytes) };
}

/** Commands that make a PNG of kinds that cannot be read: of ImageMagick, libheif and libjxl. */
const conversions: Partial<Readonly<Record<string, string>>> = {
  BMP: "magick picture.bmp picture.png",
  HEIC: "heif-convert picture.heic picture.png (on a Mac: sips -s format png picture.heic --out picture.png)",
  "JPEG XL": "djxl picture.jxl picture.png",
} satisfies Partial<Record<PictureKind, string>>;

function otherKind(where: string, kind: string | undefined): RangeError {
  const expected = `Expected ${where} to be a picture (${readable.join(", ")}), got`;
  if (kind === undefined) return new RangeError(`${expected} something else.`);
  const command = conversions[kind];
  return new RangeError(
    `${expected} ${kind}. Convert it first${command === undefined ? "." : `, such as by ${command}`}`,
  );
}

const numberNames: Readonly<Partial<Record<number, string>>> = {
  1: "unsigned whole numbers",
  2: "signed whole numbers",
  3: "floating-point numbers",
  4: "numbers of no format",
  5: "complex whole numbers",
  6: "complex numbers",
};

/**
 * A TIFF, or one of the same colours that sharp reads, with what it says of its samples.
 * @throws {RangeError} when sharp would read neither
 */
async function readableTiff(
  where: string,
  stored: Uint8Array,
): Promise<Pick<CheckedFile, "bytes" | "samples">> {
  const samples = tiffSamples(stored);
  if (samples === undefined) return { bytes: stored, samples };
  checkNumbers(where, samples);
  const rgb = 2;
  if (isSmallLab(samples)) return { bytes: withTag(stored, Tag.photometric, rgb), samples };
  const colours = coloursOf[samples.photometric ?? -1];
  // From 16 bits of ink, sharp makes eight of colour, and cuts alpha off at 255 instead of scaling it.
  const isNarrowed =
    samples.photometric === cmyk && samples.bits === 16 && alphaOf(samples, inks) !== undefined;
  if (samples.count <= mostSamples && !isNarrowed) return { bytes: stored, samples };
  const check = (width: number, height: number) => checkPixels(where, width, height, mostPixels);
  const bytes =
    colours === undefined
      ? undefined
      : await withFewerSamples(
          stored,
          samples,
          { colours, alpha: alphaOf(samples, colours), isNarrowed },
          check,
        ).catch((cause: unknown) => {
          throw cause instanceof RangeError ? cause : decodingError(where, cause);
        });
  if (bytes === undefined)
    throw new RangeError(
      samples.count <= mostSamples
        ? `Expected ${where} to have CMYK and alpha of 8 bits, got 16 bits. Convert it first.`
        : `Expected ${where} to have at most ${mostSamples} samples a pixel, got ${samples.count}. Convert it first.`,
    );
  return { bytes, samples: tiffSamples(bytes) };
}

/** @throws {RangeError} when a TIFF's numbers are of a kind that sharp would only cast, or of unknown colours */
function checkNumbers(where: string, { bits, format, photometric, compression }: TiffSamples): void {
  const refuse = (colours: string) => {
    throw new RangeError(
      `Expected ${where} to be in grey, RGB, CMYK or plain CIELab, got ${colours}. Convert it first.`,
    );
  };
  const lab = otherLabs[photometric ?? -1];
  if (lab !== undefined) refuse(`the CIELab of ${lab}`);
  // Only JPEG's own decoder makes RGB of it; as plain numbers, it would be taken for RGB.
  if (photometric === ycbcr && !jpegCompressions.includes(compression))
    refuse("YCbCr without JPEG compression");
  // CIELab has signed numbers by its nature. A void format is what old writers give for plain numbers.
  if ((bits <= 16 && (format === 1 || format === 4)) || photometric === labPhotometric) return;
  throw new RangeError(
    `Expected ${where} to have unsigned whole numbers of at most 16 bits, got ` +
      `${numberNames[format] ?? "numbers of an unknown format"} of ${bits} bits. Convert it first.`,
  );
}

/** TIFF's CMYK, and how many colours that is. */
const cmyk = 5;
const inks = 4;

/** TIFF's YCbCr. */
const ycbcr = 6;

/** TIFF's compressions by JPEG: the old one, and that of Technical Note 2. */
const jpegCompressions: readonly number[] = [6, 7];

/** TIFF's CIELab. */
const labPhotometric = 8;

/** The other CIELabs, by their PhotometricInterpretation. */
const otherLabs: Readonly<Partial<Record<number, string>>> = { 9: "ICC", 10: "ITU" };

/** Whether a TIFF is CIELab of eight bits, which sharp does not read. */
function isSmallLab(samples: TiffSamples | undefined): boolean {
  return samples?.photometric === labPhotometric && samples.bits === 8;
}

/** Reads the header alone, before anything of the picture's size is allocated. */
async function headerOf(where: string, bytes: Uint8Array): Promise<Metadata> {
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((cause: unknown) => {
      throw decodingError(where, cause);
    });
  // A file that begins like a picture may be another thing to a decoder.
  const { format, compression } = header;
  if (!formats.includes(format)) throw otherKind(where, format.toUpperCase());
  if (format === "heif" && compression !== "av1") throw otherKind(where, "HEIC");
  return header;
}

function checkSize(where: string, header: Metadata, size: PictureSize | undefined): void {
  const { width, height, format, autoOrient } = header;
  const isHalved = size !== undefined && 2 * size.width <= autoOrient.width;
  const most = format === "jpeg" && isHalved ? mostReducedPixels : mostPixels;
  checkPixels(where, width, height, most);
}

function checkPixels(where: string, width: number, height: number, most: number): void {
  if (width * height <= most) return;
  const megapixels = (pixels: number) => Math.floor(pixels / 1e6);
  throw new RangeError(
    `Expected ${where} to have at most ${megapixels(most)} megapixels, ` +
      `got ${megapixels(width * height)} (${width}×${height}). Choose a smaller picture.`,
  );
}

/** A file whose header was checked. */
interface CheckedFile {
  readonly bytes: Uint8Array;
  readonly header: Metadata;
  /** Samples of a TIFF; undefined for other formats. */
  readonly samples: TiffSamples | undefined;
  /** The size to read it at; undefined: its own. */
  readonly size: PictureSize | undefined;
}

async function decoded(file: CheckedFile, failOn: NonNullable<SharpOptions["failOn"]>): Promise<Picture> {
  const { bytes, header, samples, size } = file;
  const { colours, alpha, isPlain } = layoutOf(file);
  // Reduced by the decoder, a picture's colours would be weighed with eight bits of alpha, or with samples that are none.
  const early = isPlain && alpha === undefined ? size : undefined;
  const open = (options: SharpOptions = {}) => {
    const image = sharp(bytes, { autoOrient: true, failOn, limitInputPixels: false, ...options });
    return early ? image.resize({ ...early, fit: "fill" }) : image;
  };
  const finished = async (data: Uint8ClampedArray, { width, height }: PictureSize) =>
    early || !size ? { width, height, data } : reducedPicture({ width, height, data }, size);

  if (isSmallLab(samples)) {
    const { data, info } = await raw(open({ ignoreIcc: true }));
    return finished(fromLab({ values: data, channels: info.channels, alpha: place(alpha, 3) }), info);
  }
  const profile = isForSharp(header) ? undefined : iccProfile(header.icc ?? none);
  if (profile?.curves.length === colours) {
    const space = colours === 1 ? "grey16" : "rgb16";
    const { data, info } = await raw(open({ ignoreIcc: true }).toColourspace(space), "ushort");
    const values = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
    const { channels } = info;
    return finished(fromProfile({ values, channels, alpha: place(alpha, colours) }, profile), info);
  }
  const image = isForSharp(header) ? open() : await eightBits(open(), colours);
  if (isPlain) {
    const { data, info } = await raw(image.toColourspace("srgb").ensureAlpha());
    return finished(new Uint8ClampedArray(data.buffer, data.byteOffset, data.byteLength), info);
  }
  const { data, info } = await raw(image.toColourspace("srgb"));
  return finished(picked({ values: data, channels: info.channels, alpha: place(alpha, 3) }), info);
}

const none = new Uint8Array();

/** Whether sharp applies the picture's profile exactly, if it has one: to grey it does not, nor to RGB of 16 bits. */
function isForSharp({ icc, space }: Metadata): boolean {
  return icc === undefined || !["b-w", "grey16", "rgb16"].includes(space);
}

/** The same picture with eight bits and its profile, which sharp then applies. */
async function eightBits(image: Sharp, colours: number): Promise<Sharp> {
  const bytes = await image
    .keepIccProfile()
    .toColourspace(colours === 1 ? "b-w" : "srgb")
    .tiff({ compression: "none" })
    .toBuffer();
  return sharp(bytes, { limitInputPixels: false });
}

/** The samples of a pixel. */
interface Layout {
  readonly colours: number;
  /** Which sample after the colours is alpha; undefined: none. */
  readonly alpha: number | undefined;
  /** Whether there are none but colours and alpha. */
  readonly isPlain: boolean;
}

/** The number of colours by a TIFF's PhotometricInterpretation: grey, RGB, CMYK, YCbCr, CIELab. */
const coloursOf: Readonly<Partial<Record<number, number>>> = { 0: 1, 1: 1, 2: 3, 5: 4, 6: 3, 8: 3 };

function layoutOf({ header, samples }: CheckedFile): Layout {
  const colours = coloursOf[samples?.photometric ?? -1];
  if (samples === undefined || colours === undefined)
    return {
      colours: ["grey16", "b-w"].includes(header.space) ? 1 : 3,
      alpha: header.hasAlpha ? 0 : undefined,
      isPlain: true,
    };
  const alpha = alphaOf(samples, colours);
  const isPlain = samples.count <= colours || (samples.count === colours + 1 && alpha === 0);
  return { colours, alpha, isPlain };
}

/** Which sample after the colours is alpha; undefined: none. */
function alphaOf({ count, extra }: TiffSamples, colours: number): number | undefined {
  const found = extra
    .slice(0, Math.max(0, count - colours))
    .findIndex((kind) => kind === ExtraSample.alpha || kind === ExtraSample.premultipliedAlpha);
  return found < 0 ? undefined : found;
}

/** Which channel alpha is, after so many colours. */
function place(alpha: number | undefined, colours: number): number | undefined {
  return alpha === undefined ? undefined : colours + alpha;
}

function raw(image: Sharp, depth: "uchar" | "ushort" = "uchar") {
  return image.raw({ depth }).toBuffer({ resolveWithObject: true });
}

/** In 16 bits, so that colours survive where alpha is small. */
async function reducedPicture({ width, height, data }: Picture, size: PictureSize): Promise<Picture> {
  const numbers = Uint16Array.from(data, (byte) => byte * 257);
  const image = sharp(numbers, { raw: { width, height, channels: 4 }, limitInputPixels: false });
  const reduced = await raw(image.resize({ ...size, fit: "fill" }).toColourspace("rgb16"), "ushort");
  const values = new Uint16Array(reduced.data.buffer, reduced.data.byteOffset, reduced.data.byteLength / 2);
  return { ...size, data: Uint8ClampedArray.from(values, (value) => value / 257) };
}
