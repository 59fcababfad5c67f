import { randomUUID } from "node:crypto";
import { OptionError, type Picture } from "@brushwork/core";
import { quoted } from "@brushwork/core/reading";
import { type Recipe, termName } from "@brushwork/recipes";
import { dataOf, type ErrorData, type RunControls, type RunEvent } from "@brushwork/runs";
import type { Order, OrderedRun, Painter } from "../painting/order.js";

/** Whether a job waits for its turn, is being painted, or has ended. */
type JobStatus = "queued" | "painting" | "paused" | "painted" | "stopped" | "failed";

/** An event of a job: one of its run, whose pictures are fetched apart, or its end. */
export type JobEvent =
  | Exclude<RunEvent, { readonly type: "picture" | "checkpoint" }>
  | (Omit<Extract<RunEvent, { readonly type: "picture" }>, "picture"> & {
      readonly width: number;
      readonly height: number;
    })
  /** The job's turn has not come: the number of jobs before it. */
  | { readonly type: "queued"; readonly before: number }
  /** Every step is done, or the job was stopped. No event follows. */
  | { readonly type: "ended"; readonly status: "painted" | "stopped" }
  /** No event follows. */
  | { readonly type: "failed"; readonly error: ErrorData };

/** A job as data. */
export interface JobState {
  readonly id: string;
  /** What the pictures are called. */
  readonly names: { readonly content: string; readonly styles: readonly string[] };
  readonly status: JobStatus;
  /** The number of jobs before it, while it is queued. */
  readonly before?: number;
  /** When it was ordered, in ISO 8601. */
  readonly ordered: string;
  readonly engine?: string;
  readonly device?: string;
  /** Steps that are done, and all of them; absent before the plan. */
  readonly index?: number;
  readonly total?: number;
  /** Size of the finished picture, in pixels. */
  readonly width?: number;
  readonly height?: number;
  readonly secondsLeft?: number;
  /** The file that the picture was written to, where pictures are. */
  readonly file?: string;
  readonly error?: ErrorData;
}

/** The latest picture of a job. */
export interface JobPicture {
  readonly picture: Picture;
  /** Its own: the steps done, the weights in force. */
  readonly recipe: Recipe | undefined;
  readonly index: number;
}

/** A job, for those who know its id. */
export interface Job extends Omit<RunControls, "setWeights"> {
  state(): JobState;
  picture(): JobPicture | undefined;
  /**
   * Changes weights by term name; before its turn, they are those that it begins with.
   * @throws {OptionError} when the recipe has no term of a name
   */
  setWeights(weights: Readonly<Record<string, number>>): void;
  /** Events after a number, each with its own, and those to come, until the last. The signal ends the iteration. */
  events(after: number, signal?: AbortSignal): AsyncGenerator<readonly [number, JobEvent], void, void>;
}

/** Paints jobs in the order in which they were given, one at a time. */
export interface Studio {
  /** @throws {Busy} when too many are waiting */
  add(order: Order, names: JobState["names"]): Job;
  job(id: string): Job | undefined;
  /** In their order. */
  jobs(): readonly JobState[];
  /** Ends a job if it is not over, and forgets it. @returns whether there was one */
  remove(id: string): boolean;
  /** Stops what is being painted, with its picture, and leaves the rest of the queue. */
  close(): Promise<void>;
}

/** Too many jobs are waiting. */
export class Busy extends Error {
  override readonly name = "Busy";
}

export interface StudioOptions {
  /** Most jobs that wait. @default 100 */
  readonly mostQueued?: number;
  /** Jobs that are over and still known: those before are forgotten. @default 50 */
  readonly mostKept?: number;
  /**
   * Called with the last picture of a job.
   * @returns the file that it was written to, if it was
   */
  readonly onPainted?: (job: JobState, picture: JobPicture) => Promise<string | undefined>;
}

/** Steps of a job that are remembered for those who follow it later. */
const mostSteps = 2000;

/** A job with what only the studio sees. */
interface Entry {
  readonly job: Job;
  state: JobState;
  order: Order | undefined;
  run: OrderedRun | undefined;
  weights: Readonly<Record<string, number>> | undefined;
  latest: JobPicture | undefined;
  /** Whether somebody stopped it. */
  stopped: boolean;
  events: (readonly [number, JobEvent])[];
  /** Those who wait for the next event. */
  readonly waiting: Set<() => void>;
}

export function studio(
  painter: Painter,
  { mostQueued = 100, mostKept = 50, onPainted }: StudioOptions = {},
): Studio {
  const entries = new Map<string, Entry>();
  let closed = false;
  let working: Promise<void> | undefined;
  const queued = () => [...entries.values()].filter(({ state }) => state.status === "queued");
  const running = () => [...entries.values()].find(({ run }) => run !== undefined);

  /** Says to each job that waits how many are before it, where that has changed. */
  function countQueue(): void {
    const busy = running() === undefined ? 0 : 1;
    for (const [i, entry] of queued().entries()) {
      const before = i + busy;
      if (entry.state.before === before) continue;
      entry.state = { ...entry.state, before };
      tell(entry, { type: "queued", before });
    }
  }

  async function work(): Promise<void> {
    for (let [next] = queued(); next !== undefined && !closed; [next] = queued()) {
      await paint(next);
      forgetOld();
    }
  }

  async function paint(entry: Entry): Promise<void> {
    const { order, state } = entry;
    if (order === undefined) return;
    const { before: _, ...rest } = state;
    entry.state = { ...rest, status: "painting" };
    const run = painter.paint(order);
    entry.run = run;
    countQueue();
    let failure: unknown;
    try {
      const events = run[Symbol.asyncIterator]();
      const first = events.next();
      // The run has begun, and takes what it is asked.
      if (entry.weights) run.setWeights(entry.weights);
      for (let event = await first; !event.done; event = await events.next()) see(entry, event.value);
    } catch (error) {
      failure = error;
    }
    entry.run = undefined;
    entry.order = undefined;
    await keep(entry, failure);
  }

  /** Ends a job whose run is over; also the picture of one that failed is written. */
  async function keep(entry: Entry, failure: unknown): Promise<void> {
    const { latest, state } = entry;
    // It was cancelled meanwhile.
    if (isOver(state)) return;
    try {
      const file = latest && (await onPainted?.(state, latest));
      if (file !== undefined) entry.state = { ...entry.state, file };
      if (failure !== undefined) throw failure;
    } catch (error) {
      return end(entry, dataOf(error));
    }
    const { index = 0, total = 0 } = state;
    const status = entry.stopped && index < total ? "stopped" : "painted";
    entry.state = { ...entry.state, status };
    tell(entry, { type: "ended", status });
  }

  /** The jobs that ended first are forgotten first. */
  function forgetOld(): void {
    const over = [...entries.values()].filter(({ state }) => isOver(state));
    for (const { state } of over.slice(0, Math.max(0, over.length - mostKept))) entries.delete(state.id);
  }

  return {
    add(order, names) {
      if (queued().length >= mostQueued)
        throw new Busy(`${mostQueued} jobs are waiting already. Try again when some of them are done.`);
      const entry = newEntry(order, names);
      entries.set(entry.state.id, entry);
      countQueue();
      working = Promise.resolve(working).then(work);
      return entry.job;
    },
    job: (id) => entries.get(id)?.job,
    jobs: () => [...entries.values()].map(({ state }) => state),
    remove(id) {
      const entry = entries.get(id);
      if (entry === undefined) return false;
      entries.delete(id);
      if (!isOver(entry.state)) end(entry, { name: "Error", message: "The job was cancelled." });
      entry.run?.abandon();
      countQueue();
      return true;
    },
    async close() {
      closed = true;
      for (const entry of queued())
        end(entry, { name: "Error", message: "The server was stopped before the job's turn came." });
      running()?.job.stop();
      await working;
      await painter.end();
    },
  };
}

function newEntry(order: Order, names: JobState["names"]): Entry {
  const terms = order.recipe.terms.map(termName);
  const state: JobState = {
    id: randomUUID(),
    names,
    status: "queued",
    ordered: new Date().toISOString(),
  };
  const entry: Entry = {
    state,
    order,
    run: undefined,
    weights: undefined,
    latest: undefined,
    stopped: false,
    events: [],
    waiting: new Set(),
    job: {
      state: () => entry.state,
      picture: () => entry.latest,
      pause: () => entry.run?.pause(),
      resume() {
        entry.run?.resume();
        if (entry.state.status === "paused") entry.state = { ...entry.state, status: "painting" };
      },
      stop() {
        entry.stopped = true;
        if (entry.state.status === "queued")
          end(entry, { name: "Error", message: "The job was stopped before its turn came." });
        entry.run?.stop();
      },
      setWeights(weights) {
        const unknown = Object.keys(weights).find((name) => !terms.includes(name));
        if (unknown !== undefined)
          throw new OptionError(
            `Expected weights of the job's losses, ${terms.join(", ")}, got ${quoted(unknown)}.`,
          );
        entry.weights = { ...entry.weights, ...weights };
        entry.run?.setWeights(weights);
      },
      events: (after, signal) => eventsOf(entry, after, signal),
    },
  };
  return entry;
}

async function* eventsOf(
  { events, waiting }: Entry,
  after: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly [number, JobEvent], void, void> {
  let last = after;
  while (!signal?.aborted) {
    const next = events.find(([number]) => number > last);
    if (next !== undefined) {
      last = next[0];
      yield next;
      if (next[1].type === "ended" || next[1].type === "failed") return;
      continue;
    }
    await new Promise<void>((resolve) => {
      const wake = () => {
        waiting.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      waiting.add(wake);
      signal?.addEventListener("abort", wake);
    });
  }
}

/** Takes an event of a job's run. */
function see(entry: Entry, event: RunEvent): void {
  switch (event.type) {
    case "checkpoint":
      return;
    case "picture": {
      const { picture, ...rest } = event;
      entry.latest = { picture, recipe: event.recipe, index: event.index };
      tell(entry, { ...rest, width: picture.width, height: picture.height });
      return;
    }
    case "started":
      entry.state = { ...entry.state, engine: event.engine, device: event.device };
      break;
    case "planned":
      entry.state = {
        ...entry.state,
        index: 0,
        total: event.steps,
        width: event.width,
        height: event.height,
      };
      break;
    case "step":
      entry.state = {
        ...entry.state,
        status: "painting",
        index: event.index,
        secondsLeft: event.secondsLeft,
      };
      break;
    case "paused":
      entry.state = { ...entry.state, status: "paused" };
      break;
  }
  tell(entry, event);
}

function end(entry: Entry, error: ErrorData): void {
  if (isOver(entry.state)) return;
  const { before: _, ...state } = entry.state;
  entry.state = { ...state, status: "failed", error };
  tell(entry, { type: "failed", error });
}

function tell(entry: Entry, event: JobEvent): void {
  const { events, waiting } = entry;
  events.push([(events.at(-1)?.[0] ?? 0) + 1, event]);
  if (event.type === "step" && events.length > mostSteps) {
    const oldest = events.findIndex(([, { type }]) => type === "step");
    events.splice(oldest, 1);
  }
  for (const wake of [...waiting]) wake();
}

function isOver({ status }: JobState): boolean {
  return status === "painted" || status === "stopped" || status === "failed";
}
