import { mkdir } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { joinedName } from "@brushwork/backend-node";
import { stepsOf } from "@brushwork/recipes";
import { sentenceOf, UsageError } from "../failure.js";
import { formatInName } from "../files/format-in-name.js";
import { checkInputs, type Inputs, namesOf } from "../files/inputs.js";
import { pictureExtensions } from "../files/output-name.js";
import { checkOutputs, type Outputs, outputsOf } from "../files/outputs.js";
import { readPairs } from "../files/pairs-file.js";
import { picturesOf } from "../files/picture-sets.js";
import { readFiles } from "../files/read-files.js";
import { ownSize } from "../option-values.js";
import { sizeOfInput } from "../own-size.js";
import type { Progress } from "../reports/progress.js";
import { initFile, type PaintOptions, recipeOfWords } from "./paint-command.js";

/** What a batch paints, and what it calls the pictures. */
export interface TaskOptions extends PaintOptions {
  /** With {content}, {style} and {number} in place of those. */
  readonly name?: string;
  /** A table. */
  readonly pairs?: string;
}

/** A picture that is to be painted. */
export interface Task {
  readonly content: string;
  readonly style: string;
  readonly output: string;
  readonly options: PaintOptions;
  readonly painting: Awaited<ReturnType<typeof recipeOfWords>>;
}

/** What became of a task. */
export type Outcome = "painted" | "skipped" | "failed";

/** Notes what became of a task, and why it failed. */
export type Note = (task: Task, outcome: Outcome, reason?: string) => void;

const usualName = "{content}-{style}";

/**
 * What a batch is to paint: every content in every style, or the rows of a table.
 *
 * @param words contents, then the style or styles
 * @param folder where the pictures go
 * @throws {UsageError | Failure} when there is none, two would have one name, or an option cannot be
 */
export async function tasksOf(
  words: readonly string[],
  folder: string,
  options: TaskOptions,
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
  options: TaskOptions,
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

async function paired(words: readonly string[], options: TaskOptions): Promise<readonly Row[]> {
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

/** A task, ready to be painted. */
export interface ReadyTask {
  readonly painting: Task["painting"];
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  /** Everything that it reads, the inputs first. */
  readonly read: readonly string[];
}

/**
 * A task with the recipe for its content's size, and its files, checked before anything is painted; the output's folder
 * is created.
 *
 * @throws {Failure | Error} when the content cannot be read, or the output not be written
 */
export async function readyTask(
  { content, style, output, options, painting: usual }: Task,
  progress: Pick<Progress, "warned">,
): Promise<ReadyTask> {
  const painting =
    options.size === ownSize || options.crop !== undefined
      ? await recipeOfWords([style], options, () => sizeOfInput(content), progress)
      : usual;
  const { recipe } = painting;
  const inputs: Inputs = { content, styles: [style], ...initFile(recipe, options) };
  checkInputs(inputs);
  await mkdir(dirname(output), { recursive: true });
  const outputs = outputsOf({ ...options, output }, [content, style], stepsOf(recipe));
  const read = [...namesOf(inputs), ...(await readFiles(options))];
  await checkOutputs(outputs, read, { ...options, output });
  return { painting, inputs, outputs, read };
}
