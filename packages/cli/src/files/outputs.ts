import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { checkWritable, formatOf, type PictureFormat } from "@brushwork/backend-node";
import { asUsageError, Failure, UsageError } from "../failure.js";
import { defaultOutputName, intermediateName } from "./output-name.js";
import { streamName } from "./standard-streams.js";

export interface OutputOptions {
  readonly output?: string;
  readonly format?: PictureFormat;
  readonly quality?: number;
  readonly force?: boolean;
  readonly saveEvery?: number;
  readonly saveRecipe?: string;
}

/** Where a run's pictures go. */
export interface Outputs {
  /** A file name, or "-". */
  readonly path: string;
  /** Format of what goes to standard output; a file's is in its name. */
  readonly format: PictureFormat;
  /** The names of the pictures on the way, by the steps that are done then; 0: the picture the run starts from. */
  readonly intermediate: ReadonlyMap<number, string>;
}

/** More pictures than anyone keeps of a run. */
const mostPictures = 100_000;

const extensions: Readonly<Record<PictureFormat, string>> = {
  png: ".png",
  jpeg: ".jpg",
  webp: ".webp",
  tiff: ".tiff",
};

/**
 * @param inputs the content, then the styles
 * @param steps of the run
 * @throws {UsageError} when the options contradict each other
 */
export function outputsOf(
  { output, format, saveEvery }: OutputOptions,
  inputs: readonly string[],
  steps: number,
): Outputs {
  if (output === streamName && saveEvery !== undefined)
    throw new UsageError("Expected a file for --save-every, got the standard output: name one with -o.");
  if (output !== undefined && output !== streamName && format !== undefined)
    throw new UsageError(`Expected --format only where no file name says it, got -o ${output} as well.`);
  const path = output ?? defaultOutputName(inputs, extensions[format ?? "png"]);
  const pictures = saveEvery === undefined ? 0 : Math.ceil(steps / saveEvery);
  // The steps may be those of a stranger's recipe.
  if (pictures > mostPictures)
    throw new UsageError(
      `Expected --save-every to give at most ${mostPictures} pictures, got ${pictures}: choose a larger number.`,
    );
  const indices = Array.from({ length: pictures }, (_, i) => i * (saveEvery ?? 1));
  return {
    path,
    format: format ?? "png",
    intermediate: new Map(indices.map((index) => [index, intermediateName(path, index, steps)])),
  };
}

/**
 * Checks that the files can be written and nothing is lost by it, before a long run rather than after it.
 *
 * @param inputs files that are never overwritten, "-" aside
 * @param options `force`: other files may be
 * @throws {UsageError | Failure} when one of them cannot be, or must not
 */
export async function checkOutputs(
  { path, intermediate }: Outputs,
  inputs: readonly string[],
  { force, saveRecipe }: OutputOptions,
): Promise<void> {
  const written = [path, ...intermediate.values(), ...(saveRecipe === undefined ? [] : [saveRecipe])];
  const files = written.filter((name) => name !== streamName);
  if (new Set(files.map((name) => resolve(name))).size < files.length)
    throw new UsageError(`Expected outputs of different names, got ${saveRecipe} for two of them.`);
  const inputStats = await Promise.all(inputs.map((input) => stat(input).catch(() => undefined)));
  for (const file of files) {
    const there = await statIfThere(file);
    if (there?.isDirectory()) throw new Failure(`The output ${file} is a folder: name a file in it.`);
    const isInput = inputStats.some((input) => input?.ino === there?.ino && input?.dev === there?.dev);
    if (there !== undefined && isInput)
      throw new UsageError(`Expected an output that is no input, got ${file}: name another file with -o.`);
    if (there !== undefined && !force)
      throw new Failure(`${file} already exists: choose another name, or pass --force.`);
    await checkWritable(file);
  }
  if (path !== streamName) checkFormat(path);
}

/** @throws {UsageError} when the name ends in no format that pictures are written in */
function checkFormat(path: string): void {
  try {
    formatOf(path);
  } catch (error) {
    throw asUsageError(error);
  }
}

async function statIfThere(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    // What is wrong with the folder, checkWritable says.
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new Failure(`The system refuses the name ${path} (${code}): choose another.`, { cause });
  }
}
