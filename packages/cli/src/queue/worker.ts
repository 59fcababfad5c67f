import { pictureBytes, readMetadata } from "@brushwork/backend-node";
import type { Picture } from "@brushwork/core";
import type { Recipe } from "@brushwork/recipes";
import { sentenceOf } from "../failure.js";
import type { Order, OrderedRun, Painter } from "../painting/order.js";
import type { MachineOptions } from "../run-recipe.js";
import { checkedJob, type PaintJob } from "./job.js";
import { GivenBack, Lost, StoreFailure, Unpaintable } from "./outcomes.js";
import type { TakenJob } from "./queue.js";
import { type Store, storeIdentity } from "./store.js";

/** What happens to a job at a worker, as data. */
export type WorkEvent =
  /** `from`: the number of steps that an earlier attempt has done. */
  | { readonly event: "begun"; readonly job: string; readonly name: string; readonly from: number }
  | {
      readonly event: "step";
      readonly job: string;
      readonly name: string;
      readonly step: number;
      readonly total: number;
      /** Since the step before; absent for the first. */
      readonly seconds?: number;
    }
  | {
      readonly event: "painted";
      readonly job: string;
      readonly name: string;
      readonly width: number;
      readonly height: number;
      readonly steps: number;
      readonly seconds: number;
    }
  | {
      /** `lost`: another worker has the job by now. */
      readonly event: "returned" | "lost" | "cancelled" | "failed";
      readonly job: string;
      readonly name: string;
      readonly reason: string;
    }
  | { readonly event: "warning"; readonly message: string };

export interface JobPainterOptions {
  readonly store: Store;
  /** The painter of one job at a time. */
  readonly painter: Painter;
  readonly machine: MachineOptions;
  readonly report: (event: WorkEvent) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

/**
 * Paints a job, going on from its checkpoint if there is one, and puts the picture into the store.
 *
 * @throws {Unpaintable} when no worker could; {GivenBack | Lost | Cancelled} when the job's signal says so;
 * {StoreFailure} when this one cannot; another error when a later attempt may succeed
 */
export async function paintJob(taken: TakenJob, options: JobPainterOptions): Promise<void> {
  const { store, report, now } = options;
  const job = checkedJob(taken.data);
  const beganAt = now();
  if ((await storeIdentity(store)) !== job.store)
    throw new StoreFailure(
      `Expected --store to be the store of the batch, got ${store.name}, which is a different store: name the folder or bucket that the batch named.`,
    );
  const order = await orderOf(job, options);
  const { painted, steps } = await painting(taken, job, order, options);
  const { picture, recipe } = painted;
  const { output, format, quality, strip = false } = job;
  const bytes = await pictureBytes(job.name, picture, {
    format,
    ...(recipe && { recipe }),
    ...(quality !== undefined && { quality }),
    ...(!strip && { metadata: await readMetadata(order.content) }),
  });
  // A worker that was cut off may have lost the job to another, whose picture may even have been collected by now.
  if (!(taken.signal.reason instanceof GivenBack)) taken.signal.throwIfAborted();
  if (!(await taken.isMine())) throw new Lost("Another worker has the job.");
  await store.write(output, bytes);
  await store.remove(job.checkpoint);
  const { width, height } = picture;
  report({
    event: "painted",
    job: taken.id,
    name: job.name,
    width,
    height,
    steps,
    seconds: (now() - beganAt) / 1000,
  });
}

async function orderOf(job: PaintJob, { store, machine }: JobPainterOptions): Promise<Order> {
  const read = async (key: string) => {
    const bytes = await store.read(key);
    if (bytes !== undefined) return bytes;
    throw new Unpaintable(
      `A picture that ${job.name} is painted from is no longer in the store ${store.name}: run the same batch again to put it back.`,
    );
  };
  const resume = await store.read(job.checkpoint);
  return {
    content: await read(job.content),
    styles: await Promise.all(job.styles.map(read)),
    masks: [],
    ...(job.init !== undefined && { init: await read(job.init) }),
    recipe: job.recipe,
    standIn: job.standIn,
    machine,
    ...(resume !== undefined && { resume }),
  };
}

interface Painted {
  readonly picture: Picture;
  readonly recipe?: Recipe;
}

/** Follows the run of an order to its end. */
async function painting(
  taken: TakenJob,
  { name, checkpoint }: PaintJob,
  order: Order,
  { store, painter, report, now }: JobPainterOptions,
): Promise<{ readonly painted: Painted; readonly steps: number }> {
  const { id, signal } = taken;
  /** Whether there is anything to keep. */
  let hasStepped = false;
  const run: OrderedRun = painter.paint(order, async (bytes) => {
    try {
      await store.write(checkpoint, bytes);
    } catch (error) {
      report({ event: "warning", message: `No checkpoint of ${name} was kept. ${sentenceOf(error)}` });
    }
    if (signal.aborted) run.abandon();
  });
  const leave = () => {
    // What was painted so far is worth keeping for the next worker, and only for that.
    if (signal.reason instanceof GivenBack && hasStepped) run.checkpoint();
    else run.abandon();
  };
  let painted: Painted | undefined;
  let first: number | undefined;
  let [steps, steppedAt] = [0, now()];
  signal.throwIfAborted();
  signal.addEventListener("abort", leave);
  try {
    for await (const event of run) {
      if (event.type === "step") {
        const { index, total } = event;
        hasStepped = true;
        steps++;
        if (first === undefined) {
          first = index;
          report({ event: "begun", job: id, name, from: index - 1 });
        }
        const seconds = steps > 1 && { seconds: (now() - steppedAt) / 1000 };
        steppedAt = now();
        report({ event: "step", job: id, name, step: index, total, ...seconds });
        taken.report({ step: index, total });
      }
      if (event.type === "notice" && event.kind === "stand-in")
        report({
          event: "warning",
          message: `${name} is painted with ${event.network}, since the weights of ${event.wanted} are not here: run brushwork weights pull ${event.wanted}.`,
        });
      if (event.type === "picture" && event.why === "last") painted = event;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw errorForQueue(error);
  } finally {
    signal.removeEventListener("abort", leave);
  }
  if (painted !== undefined) return { painted, steps };
  signal.throwIfAborted();
  throw new Error(`The run of ${name} ended without a picture.`);
}

/** Names of errors that would be the same anywhere and at any time. */
const lasting = ["OptionError", "RangeError", "Diverged", "PluginError", "TypeError"];

function errorForQueue(error: unknown): unknown {
  return error instanceof Error && lasting.includes(error.name)
    ? new Unpaintable(sentenceOf(error), { cause: error })
    : error;
}
