import { readdir, stat } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { Failure, UsageError } from "../failure.js";
import { streamName } from "./standard-streams.js";

/** How the names of pictures end that can be read. */
const endings = [
  ".jpg",
  ".jpeg",
  ".png",
  ".webp",
  ".tif",
  ".tiff",
  ".avif",
  ".gif",
  ".heic",
  ".heif",
  ".svg",
];

/**
 * The pictures that a word stands for, in the order of their names: a folder's, those that a pattern matches, or the file
 * itself.
 *
 * @param folder the output's, whose pictures must not become inputs
 * @throws {UsageError | Failure} when there are none, or when they lie in the output's folder
 */
export async function picturesOf(word: string, folder: string): Promise<readonly string[]> {
  if (word === streamName)
    throw new UsageError("Expected files and folders for a batch, got the standard input: save it first.");
  const there = await stat(word).catch(() => undefined);
  if (there?.isFile()) return [word];
  const isPattern = there === undefined && isDynamicPattern(word);
  if (there === undefined && !isPattern)
    throw new Failure(`Expected ${word} to be a picture or a folder, found none.`);
  const found = isPattern
    ? (await glob(word, { onlyFiles: true, expandDirectories: false })).filter(isPicture)
    : (await readdir(word)).filter((name) => isPicture(name)).map((name) => join(word, name));
  if (found.length === 0)
    throw new Failure(
      isPattern ? `No picture matches ${word}.` : `There is no picture in the folder ${word}.`,
    );
  // Painted pictures would be painted again the next time.
  if (found.some((file) => resolve(dirname(file)) === resolve(folder)))
    throw new UsageError(
      `Expected the pictures to go into a folder other than that of ${word}, got ${folder}: name another with -o.`,
    );
  return found.toSorted(new Intl.Collator("en", { numeric: true }).compare);
}

function isPicture(file: string): boolean {
  const name = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
  return !name.startsWith(".") && endings.includes(extname(name).toLowerCase());
}
