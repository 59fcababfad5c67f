import { Failure, UsageError } from "../failure.js";
import { bullQueue } from "../queue/bull-queue.js";
import type { JobQueue, QueueStatus } from "../queue/queue.js";

export interface QueueCommandOptions {
  readonly queue?: string;
  readonly json?: boolean;
  readonly all?: boolean;
}

/** What a queue is at, as a text or as JSON. */
export async function queueStatusText(options: QueueCommandOptions): Promise<string> {
  const status = await onQueue(options, (queue) => queue.status());
  return options.json ? `${JSON.stringify(status, null, 2)}\n` : statusText(status);
}

/**
 * Cancels, retries or removes jobs.
 *
 * @param ids of the jobs; none with the option `all`
 * @returns what was done, as a text
 * @throws {Failure} when there is nothing of the kind to be done to a job
 */
export async function changedText(
  action: "cancel" | "retry" | "remove",
  ids: readonly string[],
  options: QueueCommandOptions,
): Promise<string> {
  if ((ids.length === 0) === (options.all !== true))
    throw new UsageError(
      `Expected ids of jobs or --all, got ${ids.length === 0 ? "neither" : "both"}: brushwork queue status lists them.`,
    );
  return onQueue(options, async (queue) => {
    const meant = options.all ? await queue.ids(action === "cancel" ? "unfinished" : "failed") : ids;
    const missed: string[] = [];
    for (const id of meant) if (!(await queue[action](id)) && !options.all) missed.push(id);
    if (missed.length > 0) throw new Failure(`${missed.join(", ")}: ${missedTexts[action]}`);
    const count = meant.length === 1 ? "1 job" : `${meant.length} jobs`;
    return `${doneTexts[action]} ${count}.\n`;
  });
}

const doneTexts = { cancel: "Cancelled", retry: "Waiting again:", remove: "Removed" } as const;

const missedTexts = {
  cancel: "No such job is waiting or in progress: see brushwork queue status.",
  retry: "No such job was set aside: see brushwork queue status.",
  remove: "No such job can be removed: cancel it if it is in progress.",
} as const;

async function onQueue<Value>(
  { queue: address }: QueueCommandOptions,
  act: (queue: JobQueue) => Promise<Value>,
): Promise<Value> {
  if (!address) throw new UsageError("Expected --queue, such as redis://HOST:6379, or BRUSHWORK_QUEUE.");
  const queue = await bullQueue(address, () => {});
  try {
    return await act(queue);
  } finally {
    await queue.close();
  }
}

function statusText({ queue, jobs, workers, active, failed }: QueueStatus): string {
  const { waiting, delayed, painted } = jobs;
  const counts = [
    `${waiting} waiting`,
    ...(delayed > 0 ? [`${delayed} to be tried again`] : []),
    `${jobs.active} being painted`,
    `${painted} painted and not collected`,
    `${jobs.failed} set aside`,
  ];
  const at = workers.reduce((sum, { concurrency }) => sum + concurrency, 0);
  return [
    queue,
    counts.join(", "),
    workers.length === 0
      ? "No worker: start one with brushwork work."
      : `${workers.length === 1 ? "1 worker" : `${workers.length} workers`}, ${at} at a time: ${workers.map(({ name }) => name).join(", ")}`,
    ...active.map(({ id, name, step, total, worker }) =>
      [
        `  ${id}  ${name}`,
        step === undefined ? "beginning" : `step ${step} of ${total}`,
        ...(worker === undefined ? [] : [`at ${worker}`]),
      ].join("  "),
    ),
    ...(failed.length === 0 ? [] : ["Set aside:"]),
    ...failed.map(
      ({ id, name, reason, attempts }) =>
        `  ${id}  ${name}  after ${attempts === 1 ? "1 attempt" : `${attempts} attempts`}: ${reason}`,
    ),
    "",
  ].join("\n");
}
