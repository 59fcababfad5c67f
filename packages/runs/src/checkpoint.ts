import {
  OptionError,
  type Picture,
  type RunState,
  type StyleSource,
  type StylizeOptions,
} from "@brushwork/core";
import type { Recipe } from "@brushwork/recipes";

/** A run after one of its steps, as data; `Job.resume` goes on from it. */
export interface Checkpoint {
  /** The recipe that is painted, with the network and the weights that were found. */
  readonly recipe: Recipe;
  /** Name of the engine. */
  readonly engine: string;
  /** The digests of the pictures by what they are: "the content", "style 1", "the content mask of style 1". */
  readonly inputs: readonly (readonly [what: string, digest: string])[];
  /** Weights that were changed during the run, by term name. */
  readonly weights: Readonly<Record<string, number>>;
  readonly state: RunState;
}

/** SHA-256 of some bytes, in hexadecimal digits. */
export type Digest = (bytes: Uint8Array) => Promise<string>;

/**
 * The digests of a run's pictures. They are of pixels, as the run sees them, not of files: so they also hold for pictures
 * that come from a stream or a program, and a file that was only given another name or another comment is the same.
 */
export async function inputDigests(
  { content, style, init }: Pick<StylizeOptions, "content" | "style" | "init">,
  digest: Digest,
): Promise<Checkpoint["inputs"]> {
  const styles: readonly StyleSource[] = "data" in style ? [{ picture: style }] : style;
  const pictures: readonly (readonly [string, Picture | string | undefined])[] = [
    ["the content", content],
    ...styles.flatMap(({ picture, contentMask, styleMask }, i) => [
      [`style ${i + 1}`, picture] as const,
      [`the content mask of style ${i + 1}`, contentMask] as const,
      [`the style mask of style ${i + 1}`, styleMask] as const,
    ]),
    ["the picture to start from", init],
  ];
  const digests: [string, string][] = [];
  for (const [what, picture] of pictures) {
    if (typeof picture !== "object") continue;
    const { width, height, data } = picture;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    digests.push([what, `${width}×${height} ${await digest(bytes)}`]);
  }
  return digests;
}

/** @throws {OptionError} when a picture is another one than that of the checkpoint */
export function checkSameInputs(found: Checkpoint["inputs"], { inputs }: Pick<Checkpoint, "inputs">): void {
  const before = new Map(inputs);
  for (const [what, digest] of found)
    if (before.get(what) !== digest)
      throw new OptionError(
        `Expected ${what} to be the picture that the run was painting with, got another one: give that one, or paint anew.`,
      );
  if (found.length !== inputs.length)
    throw new OptionError(
      `Expected ${inputs.length} pictures, as many as the run was painting with, got ${found.length}: give the same ones.`,
    );
}

/** When to take checkpoints. */
export interface CheckpointPace {
  /** To be asked after each step. */
  due(step: { readonly secondsLeft: number }): boolean;
  /** To be called when a checkpoint that was due has been written. */
  written(): void;
}

/** The largest share of a run's time that checkpoints may take. */
const largestShare = 0.03;

/** Seconds of work that are worth less than a checkpoint. */
const leastSeconds = 5;

/**
 * The pace of a run's checkpoints: one after the first step, and then one every 5 seconds, or less often where they would
 * take more than 3 % of the time.
 *
 * @param now the time in milliseconds
 * @param longRun seconds that a run has to be estimated to take in all before it gets any
 */
export function checkpointPace(now: () => number, longRun = 0): CheckpointPace {
  const beganAt = now();
  let isLong = false;
  let dueAt = beganAt;
  let askedAt = beganAt;
  return {
    due({ secondsLeft }) {
      askedAt = now();
      isLong ||= (askedAt - beganAt) / 1000 + secondsLeft >= longRun;
      return isLong && askedAt >= dueAt;
    },
    written() {
      const at = now();
      dueAt = at + Math.max(leastSeconds * 1000, (at - askedAt) / largestShare);
    },
  };
}
