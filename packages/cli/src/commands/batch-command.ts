import { createHash } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import {
  checkpointFile,
  joinedName,
  keepFile,
  type LastingHost,
  lastingHost,
  readCheckpoint,
} from "@brushwork/backend-node";
import { formatRecipe, stepsOf } from "@brushwork/recipes";
import { type Checkpoint, checkpointPace } from "@brushwork/runs";
import { crashText, exitCodeOf, Failure, Interruption, sentenceOf, UsageError } from "../failure.js";
import { batchPage, pageMark, type ShownPicture } from "../files/batch-page.js";
import { contentMetadata } from "../files/content-metadata.js";
import { lockFolder } from "../files/folder-lock.js";
import { formatInName } from "../files/format-in-name.js";
import { checkInputs, type Inputs, inputsOf, namesOf } from "../files/inputs.js";
import { pictureExtensions } from "../files/output-name.js";
import { checkOutputs, outputsOf } from "../files/outputs.js";
import { readPairs } from "../files/pairs-file.js";
import { picturesOf } from "../files/picture-sets.js";
import { type PictureWriter, pictureWriter } from "../files/picture-writer.js";
import { readFiles } from "../files/read-files.js";
import { streamName } from "../files/standard-streams.js";
import { ownSize } from "../option-values.js";
import { sizeOfInput } from "../own-size.js";
import { oncePerSentence } from "../reports/follow-run.js";
import type { Progress } from "../reports/progress.js";
import { hostOptions, runRecipe } from "../run-recipe.js";
import { noteOf, wordsOfNote } from "../stored-words.js";
import { initFile, type PaintOptions, recipeOfWords } from "./paint-command.js";

export interface BatchOptions extends PaintOptions {
  /** With {content}, {style} and {number} in place of those. */
  readonly name?: string;
  /** A table. */
  readonly pairs?: string;
  /** Whether to write a page that shows all pictures. */
  readonly sheet?: boolean;
}

/** A picture that is to be painted. */
interface Task {
  readonly content: string;
  readonly style: string;
  readonly output: string;
  readonly options: PaintOptions;
  readonly painting: Awaited<ReturnType<typeof recipeOfWords>>;
}

/** What became of a task. */
type Outcome = "painted" | "skipped" | "failed";

const usualFolder = "painted";
const usualName = "{content}-{style}";

/** The name of the page, in the batch's folder. */
const pageName = "sheet.html";

/**
 * Paints every content in every style, or the rows of a table, in one process with one engine. Pictures that are there
 * already are left as they are; one that fails does not keep the others from being painted.
 *
 * @param words contents, then the style or styles
 * @param signal whose reason is an Interruption; the picture in progress keeps its checkpoint then
 * @throws {Failure} in the end, when a picture failed
 */
export async function batch(
  words: readonly string[],
  options: BatchOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const folder = options.output ?? usualFolder;
  if (folder === streamName)
    throw new UsageError(
      "Expected -o to name a folder for the pictures of a batch, got the standard output.",
    );
  if ((await stat(folder).catch(() => undefined))?.isFile())
    throw new UsageError(`Expected -o to name a folder for the pictures of a batch, got the file ${folder}.`);
  const tasks = await tasksOf(words, folder, options);
  if (options.dryRun) {
    for (const { content, style, output } of tasks) {
      const there = options.force !== true && (await isThere(output)) ? ", which is there already" : "";
      progress.began(`${output}${there}: ${basename(content)} in the style of ${basename(style)}`);
    }
    progress.began(`${countText(tasks.length)}; nothing was painted.`);
    return;
  }
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new Failure(
      `The folder ${folder} cannot be created (${sentenceOf(cause)}): name another with -o.`,
      {
        cause,
      },
    );
  });
  const unlock = await lockFolder(folder);
  const host = lastingHost(hostOptions(options));
  // Every picture would repeat what is said of the engine and the network.
  const reports = { ...progress, warned: oncePerSentence(progress) };
  const outcomes = new Map<Task, Outcome>();
  const reasons = new Map<Task, string>();
  const note = (task: Task, outcome: Outcome, reason?: string) => {
    outcomes.set(task, outcome);
    if (reason !== undefined) reasons.set(task, reason);
    const { content, style, output } = task;
    progress.ended({ content, styles: [style], output, outcome, ...(reason !== undefined && { reason }) });
  };
  try {
    for (const [i, task] of tasks.entries()) {
      if (signal.aborted) break;
      if (options.force !== true && (await isThere(task.output))) {
        note(task, "skipped");
        continue;
      }
      reports.began(`Picture ${i + 1} of ${tasks.length}`);
      try {
        await paintTask(task, host, reports, signal);
        note(task, "painted");
      } catch (error) {
        // What it left on the engine may be in the way of the next.
        await host.release();
        if (signal.aborted) break;
        note(task, "failed", sentenceOf(error));
      }
    }
  } finally {
    await host.release();
    if (options.sheet) await writePage(join(folder, pageName), tasks, reasons, progress);
    await unlock();
  }
  const count = (outcome: Outcome) => [...outcomes.values()].filter((other) => other === outcome).length;
  progress.summed({
    folder,
    total: tasks.length,
    painted: count("painted"),
    skipped: count("skipped"),
    failed: [...reasons].map(([{ output }, reason]) => ({ output, reason })),
  });
  if (signal.aborted)
    throw new Interruption(
      `${crashText(signal)}Stopped with ${tasks.length - outcomes.size} of ${countText(tasks.length)} left: the same command goes on.`,
      exitCodeOf(signal.reason),
    );
  if (count("failed") > 0)
    throw new Failure(
      `${count("failed")} of ${countText(tasks.length)} could not be painted: the same command tries ` +
        `${count("failed") === 1 ? "it" : "them"} again.`,
    );
}

async function tasksOf(
  words: readonly string[],
  folder: string,
  options: BatchOptions,
): Promise<readonly Task[]> {
  const rows =
    options.pairs === undefined ? await crossed(words, folder, options) : await paired(words, options);
  const painting = new Map<PaintOptions, Task["painting"]>();
  const tasks: Task[] = [];
  for (const [i, { place, output: named, ...row }] of rows.entries()) {
    try {
      // Any style will do: a recipe has weights for as many as there are.
      const made = painting.get(row.options) ?? (await checkedRecipe(row));
      painting.set(row.options, made);
      const name = withExtension(named ?? nameOf(options.name ?? usualName, row, i), row.options);
      tasks.push({ ...row, output: join(folder, name), painting: made });
    } catch (error) {
      if (place === undefined || !(error instanceof UsageError)) throw error;
      throw new UsageError(`${place}: ${sentenceOf(error)}`, { cause: error });
    }
  }
  checkDistinct(tasks);
  return tasks;
}

/** A task before its recipe is made. */
interface Row extends Pick<Task, "content" | "style" | "options"> {
  /** Below the folder. */
  readonly output?: string;
  /** The line of a table, for messages. */
  readonly place?: string;
}

async function crossed(
  words: readonly string[],
  folder: string,
  options: BatchOptions,
): Promise<readonly Row[]> {
  if (words.length < 2)
    throw new UsageError(
      `Expected contents and a style, files or folders, got ${words.length === 0 ? "neither" : `${words[0]} alone`}: ` +
        "brushwork batch CONTENT... STYLE -o FOLDER.",
    );
  const contents: string[] = [];
  for (const word of words.slice(0, -1)) contents.push(...(await picturesOf(word, folder)));
  const styles = await picturesOf(words.at(-1) ?? "", folder);
  return [...new Set(contents)].flatMap((content) => styles.map((style) => ({ content, style, options })));
}

async function paired(words: readonly string[], options: BatchOptions): Promise<readonly Row[]> {
  const { pairs = "" } = options;
  if (words.length > 0)
    throw new UsageError(`Expected --pairs or pictures, got both: leave --pairs or ${words[0]} out.`);
  const rows = await readPairs(pairs);
  return rows.map(({ options: own, line, ...row }) => ({
    ...row,
    options: Object.values(own).some((value) => value !== undefined) ? { ...options, ...own } : options,
    place: `${pairs}, line ${line}`,
  }));
}

function nameOf(pattern: string, { content, style }: Row, index: number): string {
  const stems: Readonly<Record<string, string>> = {
    content: basename(content, extname(content)),
    style: basename(style, extname(style)),
    number: String(index + 1).padStart(4, "0"),
  };
  return pattern.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
    const stem = stems[name];
    if (stem !== undefined) return stem;
    throw new UsageError(
      `Expected --name to have {content}, {style} and {number} in braces, got ${JSON.stringify(`{${name}}`)}.`,
    );
  });
}

/** A name that says the picture's format, and is not too long. */
function withExtension(name: string, { format }: PaintOptions): string {
  const named = formatInName(name) === undefined ? undefined : extname(name);
  const extension = named ?? pictureExtensions[format ?? "png"];
  const stem = basename(name, named);
  return join(dirname(name), joinedName([stem], extension));
}

/** @throws {UsageError} when two pictures would have one name */
function checkDistinct(tasks: readonly Task[]): void {
  const before = new Map<string, Task>();
  for (const task of tasks) {
    // Some file systems take capitals for small letters.
    const key = resolve(task.output).toLowerCase();
    const other = before.get(key);
    if (other !== undefined)
      throw new UsageError(
        `Expected a name of its own for each picture, got ${task.output} for ${other.content} in the style of ` +
          `${other.style} and ${task.content} in that of ${task.style}: use {content}, {style} and {number} in --name, ` +
          "or a column output.",
      );
    before.set(key, task);
  }
}

/** The recipe of a row, which finds mistakes before anything is painted: at the usual size, if it is to be the content's. */
function checkedRecipe({ style, options }: Row): ReturnType<typeof recipeOfWords> {
  const { size, ...others } = options;
  const known = size === undefined || size === ownSize ? others : { ...others, size };
  // What is said of sizes is said when they are painted at.
  return recipeOfWords([style], known, unknownSize, { warned() {} });
}

const unknownSize = () => Promise.reject(new Error("Expected no picture's size to be needed."));

async function paintTask(
  { content, style, output, options, painting }: Task,
  host: LastingHost,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { recipe, plugins } =
    options.size === ownSize || options.crop !== undefined
      ? await recipeOfWords([style], options, () => sizeOfInput(content), progress)
      : painting;
  const inputs: Inputs = { content, styles: [style], ...initFile(recipe, options) };
  checkInputs(inputs);
  await mkdir(dirname(output), { recursive: true });
  const steps = stepsOf(recipe);
  const outputs = outputsOf({ ...options, output }, [content, style], steps);
  const files = [...namesOf(inputs), ...(await readFiles(options))];
  await checkOutputs(outputs, files, { ...options, output });
  const asked = await digestOf(formatRecipe(recipe), files);
  const path = join(dirname(output), joinedName([basename(output)], ".checkpoint"));
  const before = await checkpointOf(path, asked);
  const pace = checkpointPace(() => performance.now());
  const words = { ...options, content, styles: [style], output, steps, asked };
  const file = checkpointFile(path, { pace, note: noteOf(words), isThere: before !== undefined });
  const metadata = contentMetadata(options);
  const commission = {
    recipe: before?.recipe ?? recipe,
    plugins,
    names: { content, styles: [style] },
    writer: whenFinished(pictureWriter(outputs, { ...options, metadata: metadata.current }, progress)),
    checkpoints: { file, pace },
    host,
    ...inputsOf(inputs, metadata.found),
    ...(before !== undefined && { resume: before }),
  };
  await runRecipe(commission, options, progress, signal);
}

/** What a picture is painted with: its recipe, and the files, whose content may have changed under its name. */
async function digestOf(recipe: string, files: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(recipe);
  for (const file of files)
    hash.update(
      createHash("sha256")
        .update(await readFile(file))
        .digest(),
    );
  return hash.digest("hex");
}

/** Where an earlier attempt at the same picture has come to. */
async function checkpointOf(path: string, asked: string): Promise<Checkpoint | undefined> {
  try {
    const { checkpoint, note } = await readCheckpoint(path);
    return wordsOfNote(note).asked === asked ? checkpoint : undefined;
  } catch {
    // There is none, or one that cannot be read: the picture is painted from the beginning.
    return undefined;
  }
}

/** Writes finished pictures only: the next batch would take an unfinished one for done. */
function whenFinished(writer: PictureWriter): PictureWriter {
  return {
    ...writer,
    last: async (painted, options) => (options.finished ? writer.last(painted, options) : undefined),
  };
}

async function writePage(
  path: string,
  tasks: readonly Task[],
  reasons: ReadonlyMap<Task, string>,
  progress: Progress,
): Promise<void> {
  const pictures: ShownPicture[] = [];
  for (const task of tasks) {
    const reason = reasons.get(task) ?? ((await isThere(task.output)) ? undefined : "Not painted yet.");
    pictures.push({ ...task, ...(reason !== undefined && { reason }) });
  }
  const before = await readFile(path, "utf8").catch(() => pageMark);
  const kept = await keepFile(path, Buffer.from(batchPage(path, pictures)), {
    replace: before.includes(pageMark),
    elsewhere: false,
  });
  progress.saved({ path: kept.path });
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function countText(pictures: number): string {
  return pictures === 1 ? "1 picture" : `${pictures} pictures`;
}
