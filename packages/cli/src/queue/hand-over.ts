import { createHash, randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { keepFile, type PictureFormat, writeFileAtomically } from "@brushwork/backend-node";
import { formatRecipe, type Recipe } from "@brushwork/recipes";
import { type Note, readyTask, type Task } from "../commands/batch-tasks.js";
import { Failure, sentenceOf, UsageError } from "../failure.js";
import { isThere } from "../files/is-there.js";
import { pictureExtensions } from "../files/output-name.js";
import type { Progress } from "../reports/progress.js";
import { networkChosen } from "../run-recipe.js";
import { bullQueue } from "./bull-queue.js";
import { storeOf } from "./open-store.js";
import { StoreFailure } from "./outcomes.js";
import type { JobQueue, NewJob, Priority } from "./queue.js";
import { giveIdentity, type Store } from "./store.js";

/** How a batch hands its pictures over. */
export interface HandOverOptions {
  /** The queue's address. */
  readonly queue: string;
  /** A folder or s3://BUCKET/PREFIX. */
  readonly store: string;
  readonly priority?: Priority;
  readonly attempts?: number;
  readonly force?: boolean;
}

/** Where a batch keeps what it is called, so that the same command collects its pictures. */
const batchFile = ".brushwork-queue.json";

const usualAttempts = 3;

/** Milliseconds between looks at all jobs: what a queue says of each may be missed while it cannot be reached. */
const lookEvery = 15_000;

/** Jobs that are put into the queue, or looked at, at a time. */
const atATime = 100;

/** A job that was handed over. */
interface Handed {
  readonly task: Task;
  readonly output: string;
  readonly checkpoint: string;
}

/**
 * Has the workers of a queue paint the pictures of a batch, and collects these. When it is stopped, the jobs stay in the
 * queue, and the same batch goes on collecting.
 *
 * @param signal whose reason is an Interruption
 * @throws {UsageError | Failure} when there is no queue, or the store cannot be used
 */
export async function handOver(
  folder: string,
  tasks: readonly Task[],
  {
    queue: address,
    store: word,
    priority = "normal",
    attempts = usualAttempts,
    force = false,
  }: HandOverOptions,
  progress: Progress,
  signal: AbortSignal,
  note: Note,
): Promise<void> {
  const store = storeOf(word, process.env);
  const wanted: Task[] = [];
  for (const task of tasks)
    if (!force && (await isThere(task.output))) note(task, "skipped");
    else wanted.push(task);
  if (wanted.length === 0) return;
  const queue = await bullQueue(address, progress.warned);
  const handing = async () => {
    const identity = await giveIdentity(store);
    const batch = await batchOf(folder);
    const handed = new Map<string, Handed>();
    progress.began(
      `Handing ${wanted.length === 1 ? "1 picture" : `${wanted.length} pictures`} over to ${queue.name}, by way of ${store.name}`,
    );
    const stored = new Set<string>();
    let ready: NewJob[] = [];
    const flush = async () => {
      await queue.add(ready);
      ready = [];
    };
    for (const task of wanted) {
      if (signal.aborted) break;
      try {
        const job = await jobOf(task, { folder, batch, identity, store, stored, progress });
        handed.set(job.id, { task, output: job.output, checkpoint: job.checkpoint });
        const { id, ...data } = job;
        ready.push({ id, job: data, priority, attempts });
      } catch (error) {
        // It concerns all of them.
        if (error instanceof StoreFailure) throw error;
        note(task, "failed", sentenceOf(error));
      }
      if (ready.length >= atATime) await flush();
    }
    await flush();
    // What failed before and is another job now: with another picture, say.
    for (const id of await queue.ids("failed"))
      if (id.startsWith(`${batch}-`) && !handed.has(id)) await queue.remove(id);
    const failed = await collect(queue, store, handed, { force, progress, signal, note });
    if (signal.aborted) return;
    // Jobs that were set aside may be tried again, with the same files.
    if (failed > 0) return;
    await store.removeBelow(batch);
    await rm(join(folder, batchFile), { force: true });
  };
  // What was asked of a queue that cannot be reached is not answered before it is back.
  const leaving = new Promise<void>((resolve) => {
    const leave = () => queue.isConnected() || resolve();
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });
  try {
    await Promise.race([handing(), leaving]);
  } finally {
    const closing = queue.close().catch(() => {});
    if (queue.isConnected()) await closing;
  }
}

/** What a batch is called: whoever paints into a folder after it was stopped goes on with the same. */
async function batchOf(folder: string): Promise<string> {
  const file = join(folder, batchFile);
  const before = await readFile(file, "utf8").catch(() => undefined);
  const [, found] = /"batch": ?"([\da-f]{12})"/.exec(before ?? "") ?? [];
  if (found !== undefined) return found;
  const batch = randomUUID().replaceAll("-", "").slice(0, 12);
  await writeFileAtomically(file, Buffer.from(`${JSON.stringify({ batch })}\n`));
  return batch;
}

/** A job for a task, whose pictures are put into the store. */
async function jobOf(
  task: Task,
  {
    folder,
    batch,
    identity,
    store,
    stored,
    progress,
  }: {
    readonly folder: string;
    readonly batch: string;
    readonly identity: string;
    readonly store: Store;
    /** Keys that are known to be there. */
    readonly stored: Set<string>;
    readonly progress: Progress;
  },
) {
  const { painting, inputs, outputs } = await readyTask(task, progress);
  const { options } = task;
  if (painting.plugins.length > 0)
    throw new UsageError(
      `Expected only built-in losses with --queue, got ${painting.plugins[0]?.name}: leave it out, or paint here with --no-queue.`,
    );
  const keep = async (file: string) => {
    const bytes = await readFile(file).catch((cause: unknown) => {
      throw new Failure(`${file} cannot be read (${sentenceOf(cause)}).`, { cause });
    });
    const key = `${batch}/inputs/${createHash("sha256").update(bytes).digest("hex")}`;
    if (!stored.has(key) && !(await store.has(key))) await store.write(key, bytes);
    stored.add(key);
    return key;
  };
  const content = await keep(inputs.content);
  const styles = [];
  for (const style of inputs.styles) styles.push(await keep(style));
  const init = inputs.init === undefined ? undefined : await keep(inputs.init);
  const { recipe, standIn } = networkChosen(painting.recipe, options);
  const name = relative(folder, task.output) || basename(task.output);
  const look = { recipe, standIn, content, styles, init, format: outputs.format };
  const writing = {
    ...(options.quality !== undefined && { quality: options.quality }),
    ...(options.strip !== undefined && { strip: options.strip }),
  };
  const digest = digestOf(name, { ...look, ...writing });
  const id = `${batch}-${digest}`;
  return {
    id,
    name,
    store: identity,
    recipe,
    standIn,
    content,
    styles,
    ...(init !== undefined && { init }),
    checkpoint: `${batch}/${digest}.checkpoint`,
    output: `${batch}/${digest}${pictureExtensions[outputs.format]}`,
    format: outputs.format,
    ...writing,
  };
}

/** What a job is known by: another picture, look or name makes it another one. */
function digestOf(
  name: string,
  { recipe, ...look }: { readonly recipe: Recipe; readonly format: PictureFormat },
): string {
  return createHash("sha256")
    .update(JSON.stringify([name, look]))
    .update(formatRecipe(recipe))
    .digest("hex")
    .slice(0, 16);
}

/** Takes pictures out of the store as they are painted. @returns how many jobs failed */
async function collect(
  queue: JobQueue,
  store: Store,
  handed: ReadonlyMap<string, Handed>,
  {
    force,
    progress,
    signal,
    note,
  }: {
    readonly force: boolean;
    readonly progress: Progress;
    readonly signal: AbortSignal;
    readonly note: Note;
  },
): Promise<number> {
  const left = new Set(handed.keys());
  /** Jobs of which there is news. */
  const changed = new Set<string>();
  let wake = () => {};
  let failed = 0;
  const unfollow = await queue.follow((id) => {
    if (!left.has(id)) return;
    changed.add(id);
    wake();
  });
  const fail = (id: string, task: Task, reason: string) => {
    left.delete(id);
    failed++;
    note(task, "failed", reason);
  };
  const deal = async (id: string, mayRetry: boolean) => {
    const one = handed.get(id);
    if (one === undefined || !left.has(id)) return;
    const { task, output, checkpoint } = one;
    const found = await queue.state(id);
    if (found.state === "gone") return fail(id, task, "The job was cancelled or removed from the queue.");
    if (found.state === "failed") {
      if (mayRetry && (await queue.retry(id))) return;
      return fail(id, task, found.reason);
    }
    if (found.state !== "painted") return;
    const bytes = await store.read(output);
    if (bytes === undefined) {
      await queue.remove(id);
      return fail(
        id,
        task,
        `The picture is no longer in the store ${store.name}: run the same command to paint it again.`,
      );
    }
    const kept = await keepFile(task.output, bytes, { replace: force, elsewhere: false }).catch((error) =>
      // It stays in the store, and can be collected once there is room.
      fail(id, task, sentenceOf(error)),
    );
    if (kept === undefined) return;
    left.delete(id);
    await queue.remove(id);
    await store.remove(output);
    await store.remove(checkpoint);
    progress.saved({ path: kept.path });
    note(task, "painted");
  };
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);
  try {
    // Jobs that an earlier command handed over may be over; those that were set aside are tried again.
    for (let isFirst = true; left.size > 0 && !signal.aborted; isFirst = false) {
      const due = isFirst || changed.size === 0 ? [...left] : [...changed];
      changed.clear();
      for (let i = 0; i < due.length && !signal.aborted; i += atATime)
        await Promise.all(due.slice(i, i + atATime).map((id) => deal(id, isFirst)));
      if (left.size > 0 && changed.size === 0 && !signal.aborted)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, lookEvery);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    await unfollow();
  }
  return failed;
}
