import { damagedText } from "@brushwork/recipes";

/** The machine's resources that decoders name when they run out of them, and the user's word for each. */
const resources: readonly (readonly [RegExp, string])[] = [
  [/creating thread|create thread|set up thread/i, "threads"],
  [/out of memory|not enough memory|allocat/i, "memory"],
  [/too many open files|no space left/i, "files or disk space"],
];

/** How libheif says that a file claims more than it allows, which it calls an error of allocation. */
const bounded = /security limit exceeded/i;

/** How decoders say that a file is whole, but of a form they do not read. */
const unsupported =
  /unsupported|not supported|not implemented|unimplemented|not configured|can ?not handle|no decoding plugin|bad labq|no known route|unknown (compression|photometric|colou?r)|not \d+ bits?\b|samples_per_pixel|bits_per_sample/i;

/** What sharp says where no decoder takes the file, although it begins like a picture. */
const unrecognised = /contains unsupported image format/;

/** What messages call a picture that was given as bytes. */
export const unnamed = "the bytes";

/** "The picture photo.jpg", or "The picture" of one without a name. */
export function pictureText(where: string): string {
  return where === unnamed ? "The picture" : `The picture ${where}`;
}

/**
 * The error that a decoder's error means for the user: the machine is short of something, the file is of a form that
 * is not read, or it is damaged.
 *
 * @param where the file's name, or `unnamed`
 */
export function decodingError(where: string, cause: unknown): Error {
  const reason = cause instanceof Error ? (cause.message.trim().split("\n").at(-1) ?? "") : String(cause);
  const message = cause instanceof Error ? cause.message : reason;
  const [, lacking] =
    (bounded.test(message) ? undefined : resources.find(([words]) => words.test(message))) ?? [];
  if (lacking !== undefined)
    return new Error(
      `${pictureText(where)} could not be read, since this machine ran out of ${lacking}. ` +
        "End other programs, or raise the limit.",
      { cause },
    );
  if (unsupported.test(message) && !unrecognised.test(message))
    return new RangeError(
      `Expected ${where} to be a picture of a common form, got one that cannot be read (${reason}). Convert it first.`,
      { cause },
    );
  return new Error(damagedText(pictureText(where)), { cause });
}
