import { hostname } from "node:os";
import { clearInterval, setInterval } from "node:timers";
import type { Job, Queue } from "bullmq";
import { sentenceOf } from "../failure.js";
import type { JobProgress } from "./job.js";
import { Cancelled, GivenBack, Lost, Unpaintable } from "./outcomes.js";
import type {
  JobCounts,
  JobQueue,
  JobState,
  Priority,
  QueueStatus,
  TakenJob,
  Taking,
  TakingOptions,
} from "./queue.js";
import { loadForQueue, type RedisConnections, redisConnections } from "./redis.js";

const queueName = "brushwork";
const jobName = "paint";

/** Smaller numbers come first. Jobs of one number keep their order. */
const priorityNumbers: Readonly<Record<Priority, number>> = { high: 1, normal: 10, low: 100 };

/** Milliseconds until a job is tried again, twice as many each time. */
const backOff = 2000;

/** How many workers may die over a job before it is set aside: it may be the job that kills them. */
const mostDeaths = 3;

/** Milliseconds between looks at what was cancelled. */
const heartbeat = 1000;

/** Seconds after which a worker that is not heard of is no longer counted. */
const forgotten = 15;

const workersKey = "brushwork:workers";
const cancelledKey = (id: string) => `brushwork:cancelled:${id}`;

/** Seconds that a cancellation is remembered: its worker may be cut off. */
const daySeconds = 86_400;

/**
 * The queue at an address, which BullMQ keeps in Redis.
 *
 * @param onTrouble called when the connection is lost and found again
 * @throws {UsageError | Failure} when there is none
 */
export async function bullQueue(address: string, onTrouble: (sentence: string) => void): Promise<JobQueue> {
  const { Queue, QueueEvents } = await loadForQueue(() => import("bullmq"));
  const redis = await redisConnections(address, onTrouble);
  const queue = new Queue(queueName, { connection: redis.client, skipVersionCheck: true });
  // Redis's own events say as much.
  queue.on("error", () => {});
  return {
    name: redis.name,
    async add(jobs) {
      if (jobs.length === 0) return;
      await redis.client.del(jobs.map(({ id }) => cancelledKey(id)));
      await queue.addBulk(
        jobs.map(({ id, job, priority, attempts }) => ({
          name: jobName,
          data: job,
          opts: {
            jobId: id,
            priority: priorityNumbers[priority],
            attempts,
            backoff: { type: "exponential", delay: backOff },
            // They are there until the batch has them.
            removeOnComplete: false,
            removeOnFail: false,
            stackTraceLimit: 1,
          },
        })),
      );
    },
    state: async (id) => stateOf(await queue.getJob(id)),
    async follow(onChange) {
      const events = new QueueEvents(queueName, { connection: redis.another(), skipVersionCheck: true });
      events.on("error", () => {});
      for (const name of ["completed", "failed", "removed"] as const)
        events.on(name, ({ jobId }: { jobId: string }) => onChange(jobId));
      await events.waitUntilReady();
      return () => events.close();
    },
    counts: () => countsOf(queue),
    status: () => statusOf(queue, redis),
    async ids(which) {
      const jobs = await queue.getJobs(
        which === "failed" ? ["failed"] : ["waiting", "prioritized", "delayed", "active"],
      );
      return jobs.flatMap((job) => job?.id ?? []);
    },
    async cancel(id) {
      const job = await queue.getJob(id);
      if (job === undefined) return false;
      // First, so that a worker that takes it meanwhile leaves it.
      await redis.client.set(cancelledKey(id), "1", "EX", daySeconds);
      const state = await job.getState();
      if (state === "completed" || state === "failed") {
        await redis.client.del(cancelledKey(id));
        return false;
      }
      // A job in progress is locked: its worker sees to it.
      if (state !== "active") await job.remove().catch(() => {});
      return true;
    },
    async retry(id) {
      const job = await queue.getJob(id);
      if (job === undefined || !(await job.isFailed())) return false;
      await redis.client.del(cancelledKey(id));
      await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
      return true;
    },
    async remove(id) {
      const job = await queue.getJob(id);
      if (job === undefined || (await job.isActive())) return false;
      await job.remove();
      return true;
    },
    isConnected: () => redis.client.status === "ready",
    take: (paint, options) => taking(redis, paint, options),
    async close() {
      // First, where there is no connection: nothing that is asked then is ever answered.
      if (redis.client.status !== "ready") redis.close();
      await queue.close();
      redis.close();
    },
  };
}

async function stateOf(job: Job | undefined): Promise<JobState> {
  const state = job === undefined ? "unknown" : await job.getState();
  switch (state) {
    case "completed":
      return { state: "painted" };
    case "failed":
      return { state: "failed", reason: job?.failedReason || "It was set aside without a reason." };
    case "active":
      return { state: "active" };
    case "unknown":
      return { state: "gone" };
    default:
      return { state: "waiting" };
  }
}

async function countsOf(queue: Queue): Promise<JobCounts> {
  const {
    wait = 0,
    prioritized = 0,
    delayed = 0,
    active = 0,
    completed = 0,
    failed = 0,
  } = await queue.getJobCounts("wait", "prioritized", "delayed", "active", "completed", "failed");
  return { waiting: wait + prioritized, active, delayed, painted: completed, failed };
}

/** Entries that a status lists at most: what there are of jobs, it counts. */
const mostListed = 100;

async function statusOf(queue: Queue, redis: RedisConnections): Promise<QueueStatus> {
  const entryOf = (job: Job) => ({ id: job.id ?? "", name: String(job.data?.name ?? "") });
  const [active, failed] = await Promise.all([
    queue.getJobs(["active"], 0, mostListed - 1),
    queue.getJobs(["failed"], 0, mostListed - 1),
  ]);
  return {
    queue: redis.name,
    jobs: await countsOf(queue),
    workers: await workersOf(redis),
    active: active.filter(Boolean).map((job) => ({
      ...entryOf(job),
      ...(job.processedBy !== undefined && { worker: job.processedBy }),
      ...(typeof job.progress === "object" && (job.progress as JobProgress)),
    })),
    failed: failed.filter(Boolean).map((job) => ({
      ...entryOf(job),
      reason: job.failedReason ?? "",
      attempts: job.attemptsMade,
    })),
  };
}

async function workersOf({ client }: RedisConnections): Promise<QueueStatus["workers"]> {
  const [seconds] = await client.time();
  const members = await client.zrangebyscore(workersKey, Number(seconds) - forgotten, "+inf");
  return members.map((member) => JSON.parse(member)).map(({ name, concurrency }) => ({ name, concurrency }));
}

function taking(
  redis: RedisConnections,
  paint: (job: TakenJob) => Promise<void>,
  { concurrency, lease, onTrouble }: TakingOptions,
): Taking {
  const name = `${hostname()}:${process.pid}`;
  const member = JSON.stringify({ name, concurrency });
  const current = new Map<string, AbortController>();
  const running = new Set<Promise<void>>();
  let isStopping = false;
  const starting = start();

  async function start() {
    const { Worker, WaitingError, UnrecoverableError } = await import("bullmq");
    const processed = async (job: Job, token: string) => {
      const id = job.id ?? "";
      const controller = new AbortController();
      current.set(id, controller);
      try {
        if (isStopping) throw new GivenBack();
        await paint(takenJob(job, token, lease, controller.signal));
      } catch (error) {
        if (error instanceof GivenBack) {
          await job.moveToWait(token);
          throw new WaitingError();
        }
        const message = sentenceOf(error);
        throw error instanceof Unpaintable ? new UnrecoverableError(message) : new Error(message);
      } finally {
        current.delete(id);
      }
    };
    const worker = new Worker(
      queueName,
      (job: Job, token = "") => {
        const processing = processed(job, token);
        running.add(processing);
        return processing.finally(() => running.delete(processing));
      },
      {
        name,
        connection: redis.another(),
        skipVersionCheck: true,
        concurrency,
        lockDuration: lease * 1000,
        stalledInterval: lease * 1000,
        maxStalledCount: mostDeaths,
      },
    );
    worker.on("lockRenewalFailed", (ids) => {
      for (const id of ids) current.get(id)?.abort(new Lost("Another worker has the job."));
    });
    // The connection's own events say what matters; the rest is about jobs that others have by now.
    worker.on("error", (error) => {
      if (!/lock|Connection|ECONN|ETIMEDOUT|EPIPE/i.test(error.message)) onTrouble(sentenceOf(error));
    });
    return worker;
  }

  /** Looks whether jobs were cancelled, and shows that this worker is there. */
  async function beat() {
    const ids = [...current.keys()];
    if (ids.length > 0) {
      const cancelled = await redis.client.mget(ids.map(cancelledKey));
      for (const [i, id] of ids.entries())
        if (cancelled[i] !== null) current.get(id)?.abort(new Cancelled("The job was cancelled."));
    }
    const [seconds] = await redis.client.time();
    await redis.client.zadd(workersKey, Number(seconds), member);
    await redis.client.zremrangebyscore(workersKey, "-inf", Number(seconds) - forgotten);
  }
  let isBeating = false;
  const beatOnce = async () => {
    // While there is no connection, one waits for it.
    if (isBeating) return;
    isBeating = true;
    await beat().catch(() => {});
    isBeating = false;
  };
  // At once, or a quick job would be painted by a worker that nobody has heard of.
  void beatOnce();
  const timer = setInterval(beatOnce, heartbeat);

  return {
    async stop() {
      isStopping = true;
      clearInterval(timer);
      const worker = await starting;
      for (const controller of current.values()) controller.abort(new GivenBack("The worker was stopped."));
      // Without a connection, nothing can be given back: others take it when its time is up.
      const giveUp = () => redis.close();
      if (redis.client.status === "ready") redis.client.once("close", giveUp);
      else giveUp();
      await worker.pause(true);
      await Promise.allSettled(running);
      await worker.close(redis.client.status !== "ready");
      redis.client.off("close", giveUp);
      if (redis.client.status === "ready") await redis.client.zrem(workersKey, member).catch(() => {});
    },
  };
}

function takenJob(job: Job, token: string, lease: number, signal: AbortSignal): TakenJob {
  let reporting: Promise<void> | undefined;
  let reportedAt = Number.NEGATIVE_INFINITY;
  return {
    id: job.id ?? "",
    data: job.data,
    signal,
    report(progress) {
      const now = performance.now();
      if (reporting !== undefined || now - reportedAt < heartbeat) return;
      reportedAt = now;
      reporting = job
        .updateProgress({ ...progress })
        .catch(() => {})
        .finally(() => {
          reporting = undefined;
        });
    },
    // It also lasts longer then, for what is left to do.
    isMine: async () => Number(await job.extendLock(token, lease * 1000)) === 1,
  };
}
