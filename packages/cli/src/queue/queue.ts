import type { JobProgress, PaintJob } from "./job.js";

/** How soon a job's turn comes, before others and after others. */
export const priorities = ["high", "normal", "low"] as const;
export type Priority = (typeof priorities)[number];

/** A job for a queue. */
export interface NewJob {
  /** A queue takes each but once. */
  readonly id: string;
  readonly job: PaintJob;
  readonly priority: Priority;
  /** How often it is tried before it is set aside. */
  readonly attempts: number;
}

/** Where a job is. `gone`: it was removed, or its queue was emptied. */
export type JobState =
  | { readonly state: "waiting" | "active" | "painted" | "gone" }
  | { readonly state: "failed"; readonly reason: string };

/** A job that a worker has taken. */
export interface TakenJob {
  readonly id: string;
  /** What the queue has, to be checked. */
  readonly data: unknown;
  /** Aborted once the worker has to leave it; the reason is a GivenBack, a Lost or a Cancelled. */
  readonly signal: AbortSignal;
  /** Lets others know how far it is, now and then. */
  report(progress: JobProgress): void;
  /** Whether it is still this worker's; waits for the queue where that cannot be reached. */
  isMine(): Promise<boolean>;
}

/** A worker that takes jobs until it is stopped. */
export interface Taking {
  /** Resolves once the jobs in progress are given back or done. */
  stop(): Promise<void>;
}

export interface TakingOptions {
  /** Jobs at a time. */
  readonly concurrency: number;
  /** Seconds after which others take the jobs of a worker that is not heard of. */
  readonly lease: number;
  /** Told of what goes wrong with the queue. */
  readonly onTrouble: (sentence: string) => void;
}

/** Jobs of a queue by where they are. */
export type JobCounts = Readonly<Record<"waiting" | "active" | "delayed" | "painted" | "failed", number>>;

/** What a queue is at, as data. */
export interface QueueStatus {
  /** Its address, without a password. */
  readonly queue: string;
  readonly jobs: JobCounts;
  readonly workers: readonly { readonly name: string; readonly concurrency: number }[];
  readonly active: readonly (JobEntry & Partial<JobProgress> & { readonly worker?: string })[];
  /** Jobs that were set aside. */
  readonly failed: readonly (JobEntry & { readonly reason: string; readonly attempts: number })[];
}

interface JobEntry {
  readonly id: string;
  /** What its picture is called. */
  readonly name: string;
}

/** Jobs that machines share: batches put them in, workers take them out. */
export interface JobQueue {
  /** Its address, without a password. */
  readonly name: string;
  /** Puts jobs in. Those that are there already stay as they are. */
  add(jobs: readonly NewJob[]): Promise<void>;
  state(id: string): Promise<JobState>;
  /** Calls back with the id of each job that is painted, set aside or removed. @returns a function that ends it */
  follow(onChange: (id: string) => void): Promise<() => Promise<void>>;
  counts(): Promise<JobCounts>;
  status(): Promise<QueueStatus>;
  /** The ids of jobs that are waiting or active, or of those that were set aside. */
  ids(which: "unfinished" | "failed"): Promise<readonly string[]>;
  /** Removes a job that waits, and has the worker of one in progress leave it. @returns whether there was one */
  cancel(id: string): Promise<boolean>;
  /** Lets a job that was set aside wait for its turn again. @returns whether there was one */
  retry(id: string): Promise<boolean>;
  /** Removes a job that is over or waits. @returns whether there was one */
  remove(id: string): Promise<boolean>;
  /** Takes jobs. What `paint` throws decides what becomes of a job: see `outcomes.ts`. */
  take(paint: (job: TakenJob) => Promise<void>, options: TakingOptions): Taking;
  /** Whether it can be reached now, as far as this machine knows. */
  isConnected(): boolean;
  /** Whatever still waits for an answer fails. */
  close(): Promise<void>;
}
