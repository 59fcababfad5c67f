import { once } from "node:events";
import { Failure, sentenceOf, UsageError } from "../failure.js";
import { painterProcess } from "../painting/painter-process.js";
import { bullQueue } from "../queue/bull-queue.js";
import { metricsAddress, serveMetrics, workMetrics } from "../queue/metrics.js";
import { storeOf } from "../queue/open-store.js";
import { Cancelled, GivenBack, Lost, StoreFailure } from "../queue/outcomes.js";
import { storeIdentity } from "../queue/store.js";
import { paintJob, type WorkEvent } from "../queue/worker.js";
import { secondsText } from "../reports/quantities.js";
import type { MachineOptions } from "../run-recipe.js";

export interface WorkOptions extends MachineOptions {
  readonly queue?: string;
  readonly store?: string;
  readonly concurrency?: number;
  /** Seconds. */
  readonly lease?: number;
  readonly metrics?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

const usualLease = 30;

/**
 * Paints the jobs of a queue until it is stopped. Then each job in progress keeps its checkpoint and is given back.
 *
 * @param print called with the lines for the user
 * @param signal aborted by Ctrl-C, or by the system
 * @throws {Failure} when the store can no longer be used; jobs are given back then too
 */
export async function work(
  options: WorkOptions,
  print: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { queue: address, store: word, concurrency = 1, lease = usualLease, debug } = options;
  const { engine, threads, precision, memory } = options;
  if (!address || !word)
    throw new UsageError(
      `Expected ${address ? "--store" : "--queue"}: brushwork work --queue redis://HOST:6379 --store FOLDER.`,
    );
  const at = options.metrics === undefined ? undefined : metricsAddress(options.metrics);
  const store = storeOf(word, process.env);
  const metrics = workMetrics();
  const show = (event: WorkEvent | { readonly event: "ready"; readonly message: string }) => {
    if (options.json) print(`${JSON.stringify(event)}\n`);
    else if (!options.quiet || isBad(event)) {
      const text = textOf(event);
      if (text !== undefined) print(`${text}\n`);
    }
  };
  const report = (event: WorkEvent) => {
    metrics.saw(event);
    show(event);
  };
  const warn = (message: string) => report({ event: "warning", message });
  // A folder that is not there, or keys that are wrong, are better found out now.
  await storeIdentity(store);
  const queue = await bullQueue(address, warn);
  const painters = Array.from({ length: concurrency }, () =>
    painterProcess({ ...(debug !== undefined && { debug }) }),
  );
  const idle = [...painters];
  const machine: MachineOptions = {
    ...(engine !== undefined && { engine }),
    ...(threads !== undefined && { threads }),
    ...(precision !== undefined && { precision }),
    ...(memory !== undefined && { memory }),
  };
  const broken = new AbortController();
  const over = AbortSignal.any([signal, broken.signal]);
  let served: Awaited<ReturnType<typeof serveMetrics>> | undefined;
  try {
    served = at && (await serveMetrics(at, () => metrics.text(queue)));
    const taking = queue.take(
      async (job) => {
        const painter = idle.pop();
        if (painter === undefined) throw new GivenBack("All painters are busy.");
        const name = String((job.data as { readonly name?: unknown } | null)?.name ?? job.id);
        try {
          await paintJob(job, { store, painter, machine, report, now: () => performance.now() });
        } catch (error) {
          if (error instanceof StoreFailure) broken.abort(error);
          const event = outcomeOf(error);
          report({ event, job: job.id, name, reason: sentenceOf(error) });
          throw event === "returned" && !(error instanceof GivenBack)
            ? new GivenBack(sentenceOf(error))
            : error;
        } finally {
          idle.push(painter);
        }
      },
      { concurrency, lease, onTrouble: warn },
    );
    show({
      event: "ready",
      message:
        `Waiting for jobs at ${queue.name}, ${concurrency === 1 ? "one" : concurrency} at a time.` +
        `${served === undefined ? "" : ` Metrics are at ${served.address}.`} Ctrl-C ends it.`,
    });
    if (!over.aborted) await once(over, "abort");
    await taking.stop();
    if (broken.signal.aborted && !signal.aborted)
      throw new Failure(sentenceOf(broken.signal.reason), { cause: broken.signal.reason });
  } finally {
    served?.close();
    await Promise.all(painters.map((painter) => painter.end()));
    await queue.close();
  }
}

function outcomeOf(error: unknown): "returned" | "lost" | "cancelled" | "failed" {
  if (error instanceof GivenBack || error instanceof StoreFailure) return "returned";
  if (error instanceof Lost) return "lost";
  return error instanceof Cancelled ? "cancelled" : "failed";
}

function isBad({ event }: { readonly event: string }): boolean {
  return event === "failed" || event === "warning";
}

function textOf(
  event: WorkEvent | { readonly event: "ready"; readonly message: string },
): string | undefined {
  switch (event.event) {
    case "ready":
    case "warning":
      return event.message;
    case "begun":
      return `Painting ${event.name}${event.from > 0 ? `, going on after step ${event.from}` : ""} (${event.job})`;
    case "painted":
      return `Painted ${event.name}, ${event.width}×${event.height}, in ${secondsText(event.seconds)}`;
    case "returned":
      return `Gave ${event.name} back. ${event.reason}`;
    case "lost":
    case "cancelled":
      return `Left ${event.name}. ${event.reason}`;
    case "failed":
      return `${event.name} failed. ${event.reason}`;
    case "step":
      return undefined;
  }
}
