import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Failure, UsageError } from "../failure.js";
import type { JobQueue } from "./queue.js";
import type { WorkEvent } from "./worker.js";

/** What a worker has done, as Prometheus reads it. */
export interface WorkMetrics {
  saw(event: WorkEvent): void;
  /** In Prometheus's text format. */
  text(queue: Pick<JobQueue, "counts">): Promise<string>;
}

/** Upper bounds of the seconds of a step: from a small picture on a GPU to a large one in tiles. */
const bounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

const outcomes = ["painted", "failed", "cancelled", "returned", "lost"] as const;

export function workMetrics(): WorkMetrics {
  const jobs = new Map<string, number>(outcomes.map((outcome) => [outcome, 0]));
  const painting = new Set<string>();
  const buckets = bounds.map(() => 0);
  let [steps, timed, seconds] = [0, 0, 0];
  return {
    saw(event) {
      if (event.event === "begun") painting.add(event.job);
      if (event.event === "step") {
        steps++;
        if (event.seconds === undefined) return;
        timed++;
        seconds += event.seconds;
        for (const [i, bound] of bounds.entries())
          if (event.seconds <= bound) buckets[i] = (buckets[i] ?? 0) + 1;
      }
      if (jobs.has(event.event) && "job" in event) {
        jobs.set(event.event, (jobs.get(event.event) ?? 0) + 1);
        painting.delete(event.job);
      }
    },
    async text(queue) {
      const depth = await queue.counts();
      const metric = (name: string, type: string, help: string, samples: readonly string[]) => [
        `# HELP brushwork_${name} ${help}`,
        `# TYPE brushwork_${name} ${type}`,
        ...samples.map((sample) => `brushwork_${name}${sample}`),
      ];
      return [
        ...metric(
          "jobs_total",
          "counter",
          "Jobs that this worker has finished with, by outcome.",
          [...jobs].map(([outcome, count]) => `{outcome="${outcome}"} ${count}`),
        ),
        ...metric("jobs_painting", "gauge", "Jobs that this worker is painting.", [` ${painting.size}`]),
        ...metric("steps_total", "counter", "Steps that this worker has done.", [` ${steps}`]),
        ...metric("step_seconds", "histogram", "Time from one step of a job to the next.", [
          ...bounds.map((bound, i) => `_bucket{le="${bound}"} ${buckets[i]}`),
          `_bucket{le="+Inf"} ${timed}`,
          `_sum ${seconds}`,
          `_count ${timed}`,
        ]),
        ...metric(
          "queue_jobs",
          "gauge",
          "Jobs of the queue, by where they are.",
          Object.entries(depth).map(([state, count]) => `{state="${state}"} ${count}`),
        ),
        "",
      ].join("\n");
    },
  };
}

/** Where metrics are served: "9464", "0.0.0.0:9464" or "[::1]:9464". */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/** @throws {UsageError} when the text names no port */
export function metricsAddress(text: string): MetricsAddress {
  const [, host = "127.0.0.1", port] = /^(?:(\[[\da-f:]+\]|[^:[\]]+):)?(\d{1,5})$/i.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new UsageError(`Expected --metrics to be a port or HOST:PORT, such as 9464, got ${text}.`);
  return { host: host.replaceAll(/[[\]]/g, ""), port: Number(port) };
}

/**
 * Serves metrics at /metrics.
 * @returns the address, and a function that ends it
 * @throws {Failure} when the port cannot be had
 */
export async function serveMetrics({ host, port }: MetricsAddress, text: () => Promise<string>) {
  const server = createServer(async ({ url }, response) => {
    if (url !== "/metrics") return void response.writeHead(404).end("Metrics are at /metrics.\n");
    try {
      const body = await text();
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(body);
    } catch {
      response.writeHead(503).end("The queue cannot be reached.\n");
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new Failure(
          `Metrics cannot be served at ${host}:${port} (${cause.code}): choose another port with --metrics.`,
          { cause },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  const { address, family, port: actual } = server.address() as AddressInfo;
  return {
    address: `http://${family === "IPv6" ? `[${address}]` : address}:${actual}/metrics`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
