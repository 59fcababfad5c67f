import { type ReadingOptions, readPicture } from "@brushwork/backend-node";
import type { Picture } from "@brushwork/core";
import type { PictureSize, StyleMasks } from "@brushwork/runs";
import { Failure, sentenceOf, UsageError } from "../failure.js";
import { namedInits } from "../recipe-of-options.js";
import type { Commission } from "../run-recipe.js";
import { readStandardInput, streamName } from "./standard-streams.js";

/** File names, or "-" for at most one of them. */
export interface Inputs {
  readonly content: string;
  readonly styles: readonly string[];
  /** The picture to start from. */
  readonly init?: string;
  /** The masks of the styles, in their order. */
  readonly masks?: readonly StyleMasks<string>[];
}

/** Below this there is nothing in a picture for the layers to see. */
const leastSide = 16;

/** The names of all, content first. */
export function namesOf({ content, styles, init, masks = [] }: Inputs): readonly string[] {
  const others = [init, ...masks.flatMap((mask) => [mask.content, mask.style])];
  return [content, ...styles, ...others.filter((name) => name !== undefined)];
}

/** @throws {UsageError} when the standard input would have to be read twice */
export function checkInputs(inputs: Inputs): void {
  const streams = namesOf(inputs).filter((name) => name === streamName).length;
  if (streams > 1)
    throw new UsageError(`Expected "${streamName}", the standard input, once, got it ${streams} times.`);
}

/**
 * Inputs to be read: each throws a Failure when it cannot be read or is too small to paint from.
 * @param onMetadata called with what the content's file says of it, once it is read
 */
export function inputsOf(
  { content, styles, init, masks }: Inputs,
  onMetadata?: ReadingOptions["onMetadata"],
): Pick<Commission, "content" | "styles" | "init" | "masks"> {
  // A mask may be as small as it likes.
  const reader = (name: string) => (options: ReadingOptions) => readPicture(name, options);
  return {
    content: (options) => readInput(content, { ...options, ...(onMetadata && { onMetadata }) }),
    styles: styles.map((name) => (options) => readInput(name, options)),
    ...(masks && {
      masks: masks.map((mask) => ({
        ...(mask.content !== undefined && { content: reader(mask.content) }),
        ...(mask.style !== undefined && { style: reader(mask.style) }),
      })),
    }),
    ...(init !== undefined && { init: (options: ReadingOptions) => readInit(init, options) }),
  };
}

async function readInit(name: string, options: ReadingOptions): Promise<Picture> {
  try {
    return await readInput(name, options);
  } catch (cause) {
    throw new Failure(
      `Expected --init to be ${namedInits.join(", ")} or a picture's file. ${sentenceOf(cause)}`,
      { cause },
    );
  }
}

/** @throws {Failure} when it cannot be read or is too small to paint from */
export async function readInput(name: string, { longest, ...options }: ReadingOptions): Promise<Picture> {
  const checked: ReadingOptions = {
    ...options,
    // Its own size is known before anything of that size is decoded.
    longest(own) {
      checkLargeEnough(name, own);
      return typeof longest === "function" ? longest(own) : (longest ?? Math.max(own.width, own.height));
    },
  };
  return name === streamName ? readStream(checked) : readPicture(name, checked);
}

function checkLargeEnough(name: string, { width, height }: PictureSize): void {
  if (Math.min(width, height) >= leastSide) return;
  throw new Failure(
    `Expected ${name} to have at least ${leastSide} pixels on its shorter side, got ${width}×${height}: ` +
      "choose a larger picture.",
  );
}

async function readStream({ onWarning, ...options }: ReadingOptions): Promise<Picture> {
  const bytes = await readStandardInput();
  const named = (sentence: string) => `Standard input: ${sentence}`;
  try {
    return await readPicture(bytes, {
      ...options,
      ...(onWarning && { onWarning: (sentence) => onWarning(named(sentence)) }),
    });
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure(named(sentenceOf(cause)), { cause });
  }
}
