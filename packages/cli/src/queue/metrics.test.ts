import { expect, it } from "vitest";
import { metricsAddress, serveMetrics, workMetrics } from "./metrics.js";

const job = { job: "a-1", name: "a.png" };
const counts = async () => ({ waiting: 3, active: 1, delayed: 0, painted: 2, failed: 1 });

/** The samples of Prometheus's text format: each line is a comment or a name, labels and a number. */
function samplesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n");
  expect(lines.at(-1)).toBe("");
  const samples = new Map<string, number>();
  for (const line of lines.slice(0, -1)) {
    if (/^# (HELP [a-z_]+ [A-Z].*\.|TYPE [a-z_]+ (counter|gauge|histogram))$/.test(line)) continue;
    const [, name = "", value] = /^([a-z_]+(?:\{[a-z]+="[^"]*"\})?) (\S+)$/.exec(line) ?? [];
    expect([line, name]).toEqual([line, expect.stringMatching(/^brushwork_/)]);
    expect(samples.has(name)).toBe(false);
    samples.set(name, Number(value));
  }
  return samples;
}

it("counts jobs by outcome and steps by their time, and asks the queue for its depth", async () => {
  const metrics = workMetrics();
  metrics.saw({ event: "begun", ...job, from: 0 });
  metrics.saw({ event: "step", ...job, step: 1, total: 4 });
  for (const [i, seconds] of [0.2, 0.25, 70].entries())
    metrics.saw({ event: "step", ...job, step: i + 2, total: 4, seconds });
  const during = samplesOf(await metrics.text({ counts }));
  expect(during.get("brushwork_jobs_painting")).toBe(1);
  metrics.saw({ event: "painted", ...job, width: 1, height: 1, steps: 4, seconds: 71 });
  metrics.saw({ event: "failed", job: "a-2", name: "b.png", reason: "No." });
  metrics.saw({ event: "warning", message: "Careful." });
  const samples = samplesOf(await metrics.text({ counts }));
  expect(Object.fromEntries(samples)).toMatchObject({
    'brushwork_jobs_total{outcome="painted"}': 1,
    'brushwork_jobs_total{outcome="failed"}': 1,
    'brushwork_jobs_total{outcome="lost"}': 0,
    brushwork_jobs_painting: 0,
    brushwork_steps_total: 4,
    'brushwork_step_seconds_bucket{le="0.1"}': 0,
    'brushwork_step_seconds_bucket{le="0.25"}': 2,
    'brushwork_step_seconds_bucket{le="60"}': 2,
    'brushwork_step_seconds_bucket{le="+Inf"}': 3,
    brushwork_step_seconds_count: 3,
    'brushwork_queue_jobs{state="waiting"}': 3,
    'brushwork_queue_jobs{state="failed"}': 1,
  });
  expect(samples.get("brushwork_step_seconds_sum")).toBeCloseTo(70.45);
});

it("serves them, and says that the queue cannot be reached", async () => {
  let isThere = true;
  const served = await serveMetrics({ host: "127.0.0.1", port: 0 }, async () => {
    if (!isThere) throw new Error("gone");
    return "brushwork_x 1\n";
  });
  const found = await fetch(served.address);
  expect([found.status, found.headers.get("content-type"), await found.text()]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
    "brushwork_x 1\n",
  ]);
  isThere = false;
  expect((await fetch(served.address)).status).toBe(503);
  expect((await fetch(new URL("/", served.address))).status).toBe(404);
  const port = Number(new URL(served.address).port);
  await expect(serveMetrics({ host: "127.0.0.1", port }, async () => "")).rejects.toThrow(
    `Metrics cannot be served at 127.0.0.1:${port} (EADDRINUSE): choose another port with --metrics.`,
  );
  served.close();
});

it("reads the address of metrics", () => {
  expect(metricsAddress("9464")).toEqual({ host: "127.0.0.1", port: 9464 });
  expect(metricsAddress("0.0.0.0:9464")).toEqual({ host: "0.0.0.0", port: 9464 });
  expect(metricsAddress("[::1]:1")).toEqual({ host: "::1", port: 1 });
  for (const text of ["", "x", "70000", "1:2:3", "host:"])
    expect(() => metricsAddress(text)).toThrow(`got ${text}.`);
});
