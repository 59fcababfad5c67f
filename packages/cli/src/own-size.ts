import { pictureSize } from "@brushwork/backend-node";
import { presets } from "@brushwork/recipes";
import type { PictureSize } from "@brushwork/runs";
import { Failure, sentenceOf } from "./failure.js";
import { peekStandardInput, streamName } from "./files/standard-streams.js";
import { type Crop, ownSize, type Size } from "./option-values.js";

/** The options about a picture's size, as they are asked for. */
export interface WantedSize {
  readonly size?: Size | typeof ownSize;
  readonly crop?: Crop;
}

/** Options whose size is in pixels. */
export type InPixels<Options extends WantedSize> = Omit<Options, "size"> & { readonly size?: Size };

/**
 * Options with the longer side of the picture in place of "original": of the part that is left of it, where it is cut.
 *
 * @param own finds the picture's size
 * @returns the options, and the size where it is the picture's own
 */
export async function withOwnSize<Options extends WantedSize>(
  options: Options,
  own: () => Promise<PictureSize>,
): Promise<{ readonly options: InPixels<Options>; readonly own?: PictureSize }> {
  const { size, ...others } = options;
  if (size === undefined) return { options: others };
  if (size !== ownSize) return { options: { ...others, size } };
  const { width, height } = await own();
  const found = options.crop === undefined ? { width, height } : cut({ width, height }, options.crop);
  return { options: { ...others, size: Math.max(found.width, found.height) }, own: found };
}

/** The size of a picture's file, or of the one that the standard input brings. */
export async function sizeOfInput(name: string): Promise<PictureSize> {
  if (name !== streamName) return pictureSize(name);
  try {
    return await pictureSize(await peekStandardInput());
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure(`Standard input: ${sentenceOf(cause)}`, { cause });
  }
}

/** A size that is this many times the usual one takes so much longer that it is worth saying. */
const muchLarger = 16;

/** A sentence about a picture's own size, where that is large. */
export function largeSizeText({ width, height }: PictureSize): string | undefined {
  const usual = Number(presets.default.recipe.scales.at(-1)?.size);
  const times = Math.round((Math.max(width, height) / usual) ** 2);
  if (times < muchLarger) return undefined;
  return `The picture's own size is ${width}×${height}: about ${times} times the pixels of --size ${usual}, and about ${times} times the time.`;
}

/** The largest part of a picture that has a shape. */
function cut({ width, height }: PictureSize, shape: Crop): PictureSize {
  const ratio = shape.width / shape.height;
  return width > height * ratio
    ? { width: Math.max(1, Math.round(height * ratio)), height }
    : { width, height: Math.max(1, Math.round(width / ratio)) };
}
