import { readPicture } from "@brushwork/backend-node";
import type { Picture } from "@brushwork/core";
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
}

/** Below this there is nothing in a picture for the layers to see. */
const leastSide = 16;

/** @throws {UsageError} when the standard input would have to be read twice */
export function checkInputs({ content, styles, init }: Inputs): void {
  const streams = [content, ...styles, init].filter((name) => name === streamName).length;
  if (streams > 1)
    throw new UsageError(`Expected "${streamName}", the standard input, once, got it ${streams} times.`);
}

/** Inputs to be read: each throws a Failure when it cannot be read or is too small to paint from. */
export function inputsOf({ content, styles, init }: Inputs): Pick<Commission, "content" | "styles" | "init"> {
  return {
    content: () => readInput(content),
    styles: styles.map((name) => () => readInput(name)),
    ...(init !== undefined && { init: () => readInit(init) }),
  };
}

async function readInit(name: string): Promise<Picture> {
  try {
    return await readInput(name);
  } catch (cause) {
    throw new Failure(
      `Expected --init to be ${namedInits.join(", ")} or a picture's file. ${sentenceOf(cause)}`,
      { cause },
    );
  }
}

/** @throws {Failure} when it cannot be read or is too small to paint from */
export async function readInput(name: string): Promise<Picture> {
  const picture = name === streamName ? await readStream() : await readPicture(name);
  const { width, height } = picture;
  if (Math.min(width, height) < leastSide)
    throw new Failure(
      `Expected ${name} to have at least ${leastSide} pixels on its shorter side, got ${width}×${height}: ` +
        "choose a larger picture.",
    );
  return picture;
}

async function readStream(): Promise<Picture> {
  const bytes = await readStandardInput();
  try {
    return await readPicture(bytes);
  } catch (cause) {
    throw new Failure(`Standard input: ${sentenceOf(cause)}`, { cause });
  }
}
