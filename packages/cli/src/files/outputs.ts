import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  checkEncodable,
  checkWritable,
  formatOf,
  linkTarget,
  type PictureFormat,
  sameFile,
} from "@brushwork/backend-node";
import { asUsageError, Failure, sentenceOf, UsageError } from "../failure.js";
import { formatInName } from "./format-in-name.js";
import { defaultOutputName, frameName, intermediateName, pictureExtensions } from "./output-name.js";
import { checkStandardOutput, streamName } from "./standard-streams.js";

export interface OutputOptions {
  readonly output?: string;
  readonly format?: PictureFormat;
  readonly quality?: number;
  readonly force?: boolean;
  /** Whether pictures go without the EXIF and the density of the content's file. */
  readonly strip?: boolean;
  readonly saveEvery?: number;
  /** A folder. */
  readonly frames?: string;
  /** A film's file. */
  readonly timelapse?: string;
  readonly saveRecipe?: string;
  /** A file for the state of the run; false: none. */
  readonly checkpoint?: string | false;
}

/** Where a run's pictures go. */
export interface Outputs {
  /** A file name, or "-". */
  readonly path: string;
  readonly format: PictureFormat;
  /** The names of the pictures on the way, by the steps that are done then; 0: the picture the run starts from. */
  readonly intermediate: ReadonlyMap<number, string>;
  /** The names of a film's frames in their order, the last picture's included: in place of pictures on the way. */
  readonly frames?: readonly string[];
}

/** More pictures than anyone keeps of a run. */
const mostPictures = 100_000;

/**
 * @param inputs the content, then the styles
 * @param steps of the run
 * @throws {UsageError} when the options contradict each other
 */
export function outputsOf(
  { output, format: asked, saveEvery, frames }: OutputOptions,
  inputs: readonly string[],
  steps: number,
): Outputs {
  if (output === streamName && saveEvery !== undefined && frames === undefined)
    throw new UsageError("Expected a file for --save-every, got the standard output: name one with -o.");
  const named = output === undefined || output === streamName ? undefined : formatInName(output);
  if (asked !== undefined && named !== undefined && asked !== named)
    throw new UsageError(`Expected --format to be that of -o ${output}, got ${asked}: leave it out.`);
  const format = asked ?? named ?? "png";
  const path = output ?? defaultOutputName(inputs, pictureExtensions[format]);
  const every = saveEvery ?? 1;
  const pictures = saveEvery === undefined && frames === undefined ? 0 : Math.ceil(steps / every);
  // The steps may be those of a stranger's recipe.
  if (pictures > mostPictures)
    throw new UsageError(
      `Expected --save-every to give at most ${mostPictures} pictures, got ${pictures}: choose a larger number.`,
    );
  const indices = Array.from({ length: pictures }, (_, i) => i * every);
  const frame = (number: number) => join(frames ?? "", frameName(number, pictureExtensions[format]));
  return {
    path,
    format,
    intermediate: new Map(
      indices.map((index, number) => [
        index,
        frames === undefined ? intermediateName(path, index, steps) : frame(number),
      ]),
    ),
    ...(frames !== undefined && { frames: [...indices, steps].map((_, number) => frame(number)) }),
  };
}

/** The names of all pictures, but for the standard output's. */
export function pictureFilesOf({ path, intermediate, frames }: Outputs): readonly string[] {
  return [path, ...(frames ?? intermediate.values())].filter((name) => name !== streamName);
}

/**
 * Checks that the files can be written and nothing is lost by it, before a long run rather than after it.
 *
 * @param inputs files that are never overwritten, "-" aside
 * @param options `force`: other files may be
 * @throws {UsageError | Failure} when one of them cannot be, or must not
 */
export async function checkOutputs(
  outputs: Outputs,
  inputs: readonly string[],
  options: OutputOptions,
): Promise<void> {
  const { force, format, quality, frames, timelapse, saveRecipe, checkpoint } = options;
  const others = {
    "--timelapse": timelapse,
    "--save-recipe": saveRecipe,
    "--checkpoint": checkpoint || undefined,
  };
  const named = Object.values(others).filter((file) => file !== undefined);
  const files = [...pictureFilesOf(outputs), ...named];
  const targets = await Promise.all(files.map((file) => linkTarget(resolve(file)).catch(() => file)));
  const twice = files.find((_, i) => targets.indexOf(targets[i] ?? "") < i);
  if (twice !== undefined)
    throw new UsageError(`Expected outputs of different names, got ${twice} for two of them.`);
  const folders = new Set<string>();
  for (const [i, file] of files.entries()) {
    const there = await statIfThere(file);
    if (there?.isDirectory()) throw new Failure(`The output ${file} is a folder: name a file in it.`);
    if (there !== undefined && (await sameFile(file, inputs)) !== undefined)
      throw new UsageError(
        `Expected an output that is not an input, got ${file}: name another file with ` +
          `${Object.entries(others).find(([, other]) => other === file)?.[0] ?? "-o"}.`,
      );
    if (there !== undefined && !force)
      throw new Failure(`${file} already exists: choose another name, or pass --force.`);
    const folder = dirname(targets[i] ?? file);
    if (!folders.has(folder)) await checkWritable(frames === undefined ? file : await inFirstFolder(file));
    folders.add(folder);
  }
  if (frames !== undefined) await checkNoLongerFilm(outputs.frames ?? [], outputs.format, frames);
  if (outputs.path === streamName) checkStandardOutput();
  else if (format === undefined) checkNamed(outputs.path);
  try {
    await checkEncodable(outputs.path, {
      format: outputs.format,
      ...(quality !== undefined && { quality }),
    });
  } catch (error) {
    throw asUsageError(error);
  }
}

/** @throws {UsageError} when the name ends in no format that pictures are written in */
function checkNamed(path: string): void {
  try {
    formatOf(path);
  } catch (cause) {
    throw new UsageError(`${sentenceOf(cause)} Any other name needs --format.`, { cause });
  }
}

/** @throws {Failure} when frames would stay behind the last one: they would be taken for this film's */
async function checkNoLongerFilm(
  frames: readonly string[],
  format: PictureFormat,
  folder: string,
): Promise<void> {
  const next = join(folder, frameName(frames.length, pictureExtensions[format]));
  if ((await statIfThere(next)) !== undefined)
    throw new Failure(
      `Expected --frames to name a folder without a longer film, found ${next}: choose another, or delete its frames.`,
    );
}

/** A file's name in the first of the folders above it that exists. */
async function inFirstFolder(file: string): Promise<string> {
  const folder = dirname(resolve(file));
  const there = (await statIfThere(folder)) !== undefined || folder === dirname(folder);
  return there ? file : inFirstFolder(folder);
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
