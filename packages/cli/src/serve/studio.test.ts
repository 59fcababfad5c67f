import type { Picture } from "@brushwork/core";
import { presets } from "@brushwork/recipes";
import type { RunEvent } from "@brushwork/runs";
import { expect, it } from "vitest";
import type { Order, OrderedRun, Painter } from "../painting/order.js";
import { Busy, type Job, type JobEvent, type StudioOptions, studio } from "./studio.js";

const { recipe } = presets.default;
const order: Order = {
  content: new Uint8Array(1),
  styles: [new Uint8Array(1)],
  masks: [{}],
  recipe,
  previewEvery: 500,
  machine: {},
};
const names = { content: "photo.jpg", styles: ["starry.jpg"] };
const picture: Picture = { width: 2, height: 1, data: new Uint8ClampedArray(8) };
const planned: RunEvent = { type: "planned", recipe, width: 2, height: 1, steps: 3, scales: [] };
const step = (index: number): RunEvent => ({
  type: "step",
  index,
  total: 3,
  width: 2,
  height: 1,
  secondsPerStep: 1,
  secondsLeft: 3 - index,
});
const painted = (index: number, why: "asked" | "last" | "kept" = "asked"): RunEvent => ({
  type: "picture",
  picture,
  recipe,
  index,
  total: 3,
  why,
});

/** A run that does what the test says. */
class FakeRun implements OrderedRun {
  readonly asked: string[] = [];
  private readonly waiting: (RunEvent | Error | "end")[] = [];
  private wake = () => {};

  give(...events: (RunEvent | Error | "end")[]): void {
    this.waiting.push(...events);
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RunEvent, void, void> {
    this.asked.push("paint");
    for (;;) {
      const event = this.waiting.shift();
      if (event === "end") return;
      if (event instanceof Error) throw event;
      if (event !== undefined) yield event;
      else
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
    }
  }

  pause = () => void this.asked.push("pause");
  resume = () => void this.asked.push("resume");
  checkpoint = () => void this.asked.push("checkpoint");
  setWeights = (weights: object) => void this.asked.push(JSON.stringify(weights));
  stop = () => {
    this.asked.push("stop");
    this.give(painted(1, "last"), "end");
  };
  abandon = () => {
    this.asked.push("abandon");
    this.give(new Error("killed"));
  };
}

function made(options: StudioOptions = {}) {
  const runs: FakeRun[] = [];
  let ended = false;
  const painter: Painter = {
    paint() {
      const run = new FakeRun();
      runs.push(run);
      return run;
    },
    end: async () => {
      ended = true;
    },
  };
  return { jobs: studio(painter, options), runs, hasEnded: () => ended };
}

async function eventsOf(job: Job, after = 0): Promise<readonly JobEvent[]> {
  const events: JobEvent[] = [];
  for await (const [, event] of job.events(after)) events.push(event);
  return events;
}

const typesOf = (events: readonly JobEvent[]) => events.map(({ type }) => type);

it("paints one job at a time, in their order, and says how many are before each", async () => {
  const { jobs, runs } = made();
  const [first, second, third] = [jobs.add(order, names), jobs.add(order, names), jobs.add(order, names)];
  await expect.poll(() => first.state().status).toBe("painting");
  expect(runs).toHaveLength(1);
  expect([second.state(), third.state()]).toMatchObject([
    { status: "queued", before: 1 },
    { status: "queued", before: 2 },
  ]);
  runs[0]?.give(planned, step(1), painted(1), step(2), step(3), painted(3, "last"), "end");
  const events = await eventsOf(first);
  expect(typesOf(events).slice(1)).toEqual([
    "planned",
    "step",
    "picture",
    "step",
    "step",
    "picture",
    "ended",
  ]);
  // Pixels are fetched apart.
  expect(events.find(({ type }) => type === "picture")).toEqual({
    ...{ type: "picture", recipe, index: 1, total: 3, why: "asked", width: 2, height: 1 },
  });
  expect(first.state()).toMatchObject({ status: "painted", index: 3, total: 3, width: 2, height: 1 });
  expect(first.picture()).toEqual({ picture, recipe, index: 3 });
  await expect.poll(() => second.state().status).toBe("painting");
  expect(third.state().before).toBe(1);
  expect(await eventsOf(first, events.length - 1)).toEqual([{ type: "ended", status: "painted" }]);
});

it("goes on after a job that fails, whose picture so far is kept and written", async () => {
  const written: unknown[] = [];
  const { jobs, runs } = made({ onPainted: async (_, latest) => `${written.push(latest)}.png` });
  const [first, second] = [jobs.add(order, names), jobs.add(order, names)];
  await expect.poll(() => runs.length).toBe(1);
  runs[0]?.give(planned, step(1), painted(1, "kept"), new RangeError("The GPU was lost."));
  expect((await eventsOf(first)).at(-1)).toEqual({
    type: "failed",
    error: { name: "RangeError", message: "The GPU was lost." },
  });
  expect(first.state()).toMatchObject({ status: "failed", file: "1.png" });
  expect(written).toEqual([{ picture, recipe, index: 1 }]);
  await expect.poll(() => runs.length).toBe(2);
  runs[1]?.give("end");
  expect(typesOf(await eventsOf(second)).at(-1)).toBe("ended");
});

it("steers the run, with weights from before its turn too", async () => {
  const { jobs, runs } = made();
  jobs.add(order, names);
  const job = jobs.add(order, names);
  job.setWeights({ style: 2 });
  job.setWeights({ tv: 3 });
  expect(() => job.setWeights({ styl: 3 })).toThrow(
    'Expected weights of the job\'s losses, content, style, tv, got "styl".',
  );
  await expect.poll(() => runs.length).toBe(1);
  runs[0]?.give("end");
  await expect.poll(() => runs.length).toBe(2);
  job.setWeights({ style: 4 });
  job.pause();
  runs[1]?.give(planned, step(1), { type: "paused", index: 1 });
  await expect.poll(() => job.state().status).toBe("paused");
  job.resume();
  expect(job.state().status).toBe("painting");
  job.stop();
  expect((await eventsOf(job)).at(-1)).toEqual({ type: "ended", status: "stopped" });
  expect(runs[1]?.asked).toEqual(["paint", '{"style":2,"tv":3}', '{"style":4}', "pause", "resume", "stop"]);
});

it("removes jobs that wait, and ends the one that is painted", async () => {
  const { jobs, runs } = made();
  const [first, second, third] = [jobs.add(order, names), jobs.add(order, names), jobs.add(order, names)];
  await expect.poll(() => runs.length).toBe(1);
  const following = eventsOf(second);
  expect(jobs.remove(second.state().id)).toBe(true);
  expect((await following).at(-1)).toMatchObject({
    type: "failed",
    error: { message: "The job was cancelled." },
  });
  expect(third.state().before).toBe(1);
  expect(jobs.remove(first.state().id)).toBe(true);
  expect(runs[0]?.asked).toEqual(["paint", "abandon"]);
  expect((await eventsOf(first)).filter(({ type }) => type === "failed")).toHaveLength(1);
  await expect.poll(() => third.state().status).toBe("painting");
  expect(jobs.job(first.state().id)).toBeUndefined();
  expect(jobs.remove("another")).toBe(false);
  expect(jobs.jobs().map(({ id }) => id)).toEqual([third.state().id]);
});

it("refuses jobs when too many wait, and forgets the oldest that are over", async () => {
  const { jobs, runs } = made({ mostQueued: 2, mostKept: 1 });
  const first = jobs.add(order, names);
  await expect.poll(() => runs.length).toBe(1);
  const second = jobs.add(order, names);
  jobs.add(order, names);
  expect(() => jobs.add(order, names)).toThrow(Busy);
  expect(() => jobs.add(order, names)).toThrow(
    "2 jobs are waiting already. Try again when some of them are done.",
  );
  runs[0]?.give("end");
  await eventsOf(first);
  expect(jobs.job(first.state().id)).toBe(first);
  await expect.poll(() => runs.length).toBe(2);
  runs[1]?.give("end");
  await eventsOf(second);
  await expect.poll(() => jobs.job(first.state().id)).toBeUndefined();
  expect(jobs.job(second.state().id)).toBe(second);
});

it("closes with the picture in progress, and leaves the rest", async () => {
  const written: unknown[] = [];
  const { jobs, runs, hasEnded } = made({ onPainted: async () => `${written.push(1)}.png` });
  const [first, second] = [jobs.add(order, names), jobs.add(order, names)];
  await expect.poll(() => runs.length).toBe(1);
  runs[0]?.give(planned, step(1));
  await expect.poll(() => first.state().index).toBe(1);
  await jobs.close();
  expect(first.state()).toMatchObject({ status: "stopped", file: "1.png" });
  expect(second.state()).toMatchObject({
    status: "failed",
    error: { message: "The server was stopped before the job's turn came." },
  });
  expect([runs.length, hasEnded()]).toEqual([1, true]);
});

it("follows a job until whoever follows has gone", async () => {
  const { jobs, runs } = made();
  const job = jobs.add(order, names);
  await expect.poll(() => runs.length).toBe(1);
  const gone = new AbortController();
  const events = job.events(0, gone.signal);
  expect((await events.next()).value).toEqual([1, { type: "queued", before: 0 }]);
  const next = events.next();
  gone.abort();
  expect(await next).toEqual({ done: true, value: undefined });
});

it("remembers the latest steps only", async () => {
  const { jobs, runs } = made();
  const job = jobs.add(order, names);
  await expect.poll(() => runs.length).toBe(1);
  runs[0]?.give(planned, ...Array.from({ length: 3000 }, (_, i) => step(i + 1)), "end");
  await expect.poll(() => job.state().status).toBe("painted");
  const events = await eventsOf(job);
  expect(events.length).toBeLessThan(2010);
  expect(typesOf(events).slice(0, 2)).toEqual(["queued", "planned"]);
  expect(events.at(-2)).toMatchObject({ type: "step", index: 3000 });
});
