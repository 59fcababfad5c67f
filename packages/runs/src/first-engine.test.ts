import { DeviceLost, NoRoom } from "@brushwork/core";
import { describe, expect, it } from "vitest";
import { type EngineChoice, onFirstEngine } from "./first-engine.js";
import type { RunEvent } from "./run-event.js";

const noRoom = (engine: string, longest = 100) => new NoRoom(`too large for ${engine}`, { engine, longest });
const lost = (engine: string) => new DeviceLost(`${engine} is lost`, engine);

const started = (engine: string): RunEvent => ({ type: "started", engine, device: "a fake" });
const skipped = (engine: string, reason: string, started = true): RunEvent => ({
  type: "skipped",
  engine,
  reason,
  started,
});
const step: RunEvent = {
  type: "step",
  index: 1,
  total: 2,
  width: 3,
  height: 4,
  secondsPerStep: 0,
  secondsLeft: 0,
};

/** The outcome of attempts that get the engines that are left, and the engines that each got. */
async function outcomeOf(
  choice: EngineChoice,
  attempt: (engine: string) => AsyncIterable<RunEvent>,
): Promise<{ events: RunEvent[]; told: (readonly string[])[]; error?: unknown }> {
  const told: (readonly string[])[] = [];
  const events: RunEvent[] = [];
  try {
    for await (const event of onFirstEngine(choice, (engines) => {
      told.push(engines);
      return attempt(engines[0]!);
    }))
      events.push(event);
    return { events, told };
  } catch (error) {
    return { events, told, error };
  }
}

const engines = ["gpu", "native", "wasm"];

describe("a run on the first engine that can", () => {
  it("ends where the first one succeeds", async () => {
    const outcome = await outcomeOf({ engines }, async function* (engine) {
      yield started(engine);
      yield step;
    });
    expect(outcome).toEqual({ events: [started("gpu"), step], told: [engines] });
  });

  it("passes on an attempt's events about engines that do not start", async () => {
    const outcome = await outcomeOf({ engines }, async function* () {
      yield skipped("gpu", "There is no GPU.", false);
      yield started("native");
    });
    expect(outcome.events).toEqual([skipped("gpu", "There is no GPU.", false), started("native")]);
  });

  it.each([
    ["has no room", noRoom("gpu"), "too large for gpu"],
    ["is lost before the first step", lost("gpu"), "gpu is lost"],
  ])("moves on where an engine %s", async (_, failure, reason) => {
    const outcome = await outcomeOf({ engines }, async function* (engine) {
      yield started(engine);
      if (engine === "gpu") throw failure;
      yield step;
    });
    expect(outcome).toEqual({
      events: [started("gpu"), skipped("gpu", reason), started("native"), step],
      told: [engines, ["native", "wasm"]],
    });
  });

  it("leaves out those before the one that failed, which did not start", async () => {
    const outcome = await outcomeOf({ engines }, async function* (engine) {
      if (engine === "wasm") yield step;
      else throw noRoom("native");
    });
    expect(outcome).toEqual({
      events: [skipped("native", "too large for native"), step],
      told: [engines, ["wasm"]],
    });
  });

  it.each([
    [{ gpu: 100, native: 300, wasm: 200 }, "native"],
    [{ gpu: 300, native: 100, wasm: 200 }, "gpu"],
    [{ gpu: 100, native: 200, wasm: 300 }, "wasm"],
  ])(
    "ends with the refusal of the engine with most room where all have too little: %o",
    async (rooms, roomiest) => {
      const { error, events, told } = await outcomeOf({ engines }, async function* (engine) {
        yield* [];
        throw noRoom(engine, rooms[engine as keyof typeof rooms]);
      });
      expect(error).toMatchObject({ name: "NoRoom", engine: roomiest, longest: 300 });
      expect(events.map(({ type }) => type)).toEqual(["skipped", "skipped"]);
      expect(told).toHaveLength(3);
    },
  );

  it("ends with a refusal, which names a size that fits, where the last engine was lost", async () => {
    const { error } = await outcomeOf({ engines }, async function* (engine) {
      yield* [];
      throw engine === "gpu" ? noRoom("gpu") : lost(engine);
    });
    expect(error).toMatchObject({ name: "NoRoom", engine: "gpu" });
  });

  it("ends with the last engine's loss where all were lost", async () => {
    const { error } = await outcomeOf({ engines }, async function* (engine) {
      yield* [];
      throw lost(engine);
    });
    expect(error).toMatchObject({ name: "DeviceLost", engine: "wasm" });
  });
});

describe("a failure that ends the run", () => {
  it.each([
    ["of the device", lost("gpu")],
    ["for want of room", noRoom("gpu")],
  ])("is one after the first step: %s", async (_, failure) => {
    const outcome = await outcomeOf({ engines }, async function* (engine) {
      yield started(engine);
      yield step;
      throw failure;
    });
    expect(outcome).toEqual({ events: [started("gpu"), step], told: [engines], error: failure });
  });

  it("is any failure, where a single engine was requested", async () => {
    const failure = lost("gpu");
    const outcome = await outcomeOf({ engines, once: true }, async function* (engine) {
      yield started(engine);
      throw failure;
    });
    expect(outcome).toEqual({ events: [started("gpu")], told: [engines], error: failure });
  });

  it("is one that is not the engine's", async () => {
    const failure = new Error("There are no weights.");
    const outcome = await outcomeOf({ engines }, async function* () {
      yield* [];
      throw failure;
    });
    expect(outcome).toEqual({ events: [], told: [engines], error: failure });
  });

  it("is that of an engine that is not in the list, which would be tried without end", async () => {
    const failure = lost("another");
    const outcome = await outcomeOf({ engines }, async function* () {
      yield* [];
      throw failure;
    });
    expect(outcome).toEqual({ events: [], told: [engines], error: failure });
  });
});

describe("a run that is left early", () => {
  /** Attempts, and how each of them ended. */
  function attempts() {
    const ended: string[] = [];
    const attempt = async function* ([engine = ""]: readonly string[]): AsyncGenerator<RunEvent> {
      try {
        yield started(engine);
        if (engine === "gpu") throw noRoom(engine);
        yield step;
      } finally {
        ended.push(engine);
      }
    };
    return { ended, attempt };
  }

  it("ends the attempt", async () => {
    const { ended, attempt } = attempts();
    for await (const event of onFirstEngine({ engines: ["wasm"] }, attempt))
      if (event.type === "started") break;
    expect(ended).toEqual(["wasm"]);
  });

  it("ends no attempt twice, and begins none, between two of them", async () => {
    const { ended, attempt } = attempts();
    for await (const event of onFirstEngine({ engines }, attempt)) if (event.type === "skipped") break;
    expect(ended).toEqual(["gpu"]);
  });
});
