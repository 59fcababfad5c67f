import { createHash } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
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
import { inputsOf } from "../files/inputs.js";
import { isThere } from "../files/is-there.js";
import { type PictureWriter, pictureWriter } from "../files/picture-writer.js";
import { streamName } from "../files/standard-streams.js";
import type { Priority } from "../queue/queue.js";
import { oncePerSentence } from "../reports/follow-run.js";
import type { Progress } from "../reports/progress.js";
import { hostOptions, runRecipe } from "../run-recipe.js";
import { noteOf, wordsOfNote } from "../stored-words.js";
import { type Note, type Outcome, readyTask, type Task, type TaskOptions, tasksOf } from "./batch-tasks.js";

export interface BatchOptions extends TaskOptions {
  /** Whether to write a page that shows all pictures. */
  readonly sheet?: boolean;
  /** Address of a queue whose workers paint; false: this machine does. */
  readonly queue?: string | false;
  /** Where the pictures go on their way to the workers and back: a folder or s3://BUCKET/PREFIX. */
  readonly store?: string;
  readonly priority?: Priority;
  readonly attempts?: number;
}

const usualFolder = "painted";

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
  const handedOver = handOverOptions(options);
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
  // Every picture would repeat what is said of the engine and the network.
  const reports = { ...progress, warned: oncePerSentence(progress) };
  const outcomes = new Map<Task, Outcome>();
  const reasons = new Map<Task, string>();
  const note: Note = (task, outcome, reason) => {
    outcomes.set(task, outcome);
    if (reason !== undefined) reasons.set(task, reason);
    const { content, style, output } = task;
    progress.ended({ content, styles: [style], output, outcome, ...(reason !== undefined && { reason }) });
  };
  try {
    if (handedOver === undefined) await paintHere(tasks, options, reports, signal, note);
    else {
      const ignored = machineOptions.filter((name) => options[name] !== undefined);
      if (ignored.length > 0)
        reports.warned(
          `${ignored.map((name) => `--${name}`).join(" and ")}: left to the workers. Pass it to brushwork work.`,
        );
      const { handOver } = await import("../queue/hand-over.js");
      await handOver(folder, tasks, handedOver, reports, signal, note);
    }
  } finally {
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
      `${crashText(signal)}Stopped with ${tasks.length - outcomes.size} of ${countText(tasks.length)} left${handedOver === undefined ? "" : " in the queue"}: the same command goes on.`,
      exitCodeOf(signal.reason),
    );
  if (count("failed") > 0)
    throw new Failure(
      `${count("failed")} of ${countText(tasks.length)} could not be painted: the same command tries ` +
        `${count("failed") === 1 ? "it" : "them"} again.`,
    );
}

/** What it takes to paint on one machine, which may be set for all commands. */
const machineOptions = ["engine", "threads", "precision", "memory"] as const;

/** What a batch needs to hand its pictures over; undefined where it paints them itself. */
function handOverOptions({ queue, store, priority, attempts, force, ...options }: BatchOptions) {
  // An empty variable is as good as none.
  if (!queue) return undefined;
  if (!store)
    throw new UsageError(
      "Expected --store with --queue: name a folder that the workers see too, or s3://BUCKET/PREFIX.",
    );
  if (options.weights !== undefined)
    throw new UsageError(
      "Expected no --weights with --queue, where the workers paint: pull the network's weights on each of them (brushwork weights pull).",
    );
  return {
    queue,
    store,
    ...(priority !== undefined && { priority }),
    ...(attempts !== undefined && { attempts }),
    ...(force !== undefined && { force }),
  };
}

/** Paints one picture after another, on one engine. */
async function paintHere(
  tasks: readonly Task[],
  options: BatchOptions,
  progress: Progress,
  signal: AbortSignal,
  note: Note,
): Promise<void> {
  const host = lastingHost(hostOptions(options));
  try {
    for (const [i, task] of tasks.entries()) {
      if (signal.aborted) return;
      if (options.force !== true && (await isThere(task.output))) {
        note(task, "skipped");
        continue;
      }
      progress.began(`Picture ${i + 1} of ${tasks.length}`);
      try {
        await paintTask(task, host, progress, signal);
        note(task, "painted");
      } catch (error) {
        // What it left on the engine may be in the way of the next.
        await host.release();
        if (signal.aborted) return;
        note(task, "failed", sentenceOf(error));
      }
    }
  } finally {
    await host.release();
  }
}

async function paintTask(
  task: Task,
  host: LastingHost,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { content, style, output, options } = task;
  const { painting, inputs, outputs, read } = await readyTask(task, progress);
  const { recipe, plugins } = painting;
  const asked = await digestOf(formatRecipe(recipe), read);
  const path = join(dirname(output), joinedName([basename(output)], ".checkpoint"));
  const before = await checkpointOf(path, asked);
  const pace = checkpointPace(() => performance.now());
  const words = { ...options, content, styles: [style], output, steps: stepsOf(recipe), asked };
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

function countText(pictures: number): string {
  return pictures === 1 ? "1 picture" : `${pictures} pictures`;
}
