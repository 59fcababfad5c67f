import { createHash } from "node:crypto";
import { presets, type Recipe } from "@brushwork/recipes";
import { describe, expect, it } from "vitest";
import { type Checkpoint, checkpointPace } from "./checkpoint.js";
import {
  content,
  type FakeHostChanges,
  fakeHost,
  inWords,
  job,
  ofType,
  plain,
  style,
  recipe as tinyRecipe,
} from "./run.fixture.js";
import { type Job, type RunControl, run } from "./run.js";
import type { RunEvent } from "./run-event.js";

const digest = async (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function eventsOf(
  asked: Partial<Job<typeof content>>,
  control: RunControl = {},
  host: FakeHostChanges = {},
): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run({ ...job, ...asked }, fakeHost({ digest, ...host }), control))
    events.push(event);
  return events;
}

async function checkpointsOf(
  control: RunControl = {},
  host: FakeHostChanges = {},
): Promise<readonly Checkpoint[]> {
  const events = await eventsOf({}, { wantsCheckpoint: () => true, ...control }, host);
  return ofType(events, "checkpoint").map(({ checkpoint }) => checkpoint);
}

async function checkpointAt(at: number, ...how: Parameters<typeof checkpointsOf>): Promise<Checkpoint> {
  const checkpoint = (await checkpointsOf(...how))[at];
  if (checkpoint === undefined) throw new Error(`Expected a checkpoint ${at}.`);
  return checkpoint;
}

describe("a run that goes on from a checkpoint", () => {
  it("ends with the same picture and recipe, from whichever step", async () => {
    const whole = await eventsOf({});
    const checkpoints = await checkpointsOf();
    expect(checkpoints.length).toBe(4);
    for (const [i, resume] of checkpoints.entries()) {
      // Only its own recipe counts.
      const events = await eventsOf({ resume, recipe: presets.default.recipe });
      expect(events.at(-1)).toEqual(whole.at(-1));
      const losses = (all: readonly RunEvent[]) =>
        ofType(all, "step").map(({ index, total, losses }) => ({ index, total, losses }));
      expect(losses(events)).toEqual(losses(whole).slice(i + 1));
      expect(ofType(events, "planned")).toEqual(ofType(whole, "planned"));
    }
  });

  it("keeps the weights that were changed before it", async () => {
    const weights = { style: 2 };
    const whole = await eventsOf({}, { weights });
    const resume = await checkpointAt(2, { weights });
    expect((await eventsOf({ resume })).at(-1)).toEqual(whole.at(-1));
    const last = ofType(await eventsOf({ resume }, { weights: { content: 3 } }), "picture").at(-1);
    expect(last?.recipe?.terms.map(({ weight }) => weight)).toEqual([3, 2]);
  });

  it("reports how long the rest will take", async () => {
    const resume = await checkpointAt(0);
    let time = 0;
    const host = { now: () => (time += 1000) };
    const events = await eventsOf({ resume }, {}, host);
    expect(ofType(events, "step").map(({ secondsLeft }) => secondsLeft > 0)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it("gives pictures on the way as before, but not the first one again", async () => {
    const resume = await checkpointAt(1);
    const events = await eventsOf({ resume }, { wantsPicture: () => true });
    expect(ofType(events, "picture").map(inWords)).toEqual([
      "picture 3 asked",
      "picture 4 asked",
      "picture 5 last",
    ]);
  });

  it("goes on with the engine of before where there is one, and otherwise says so", async () => {
    const resume = await checkpointAt(0, {}, { engines: ["second"] });
    const same = await eventsOf({ resume }, {}, { engines: ["first", "second"] });
    expect(same.slice(0, 2).map(inWords)).toEqual(["started second", "planned"]);
    const other = await eventsOf({ resume }, {}, { engines: ["first"] });
    expect(other[1]).toEqual({ type: "notice", kind: "other engine", engine: "first", wanted: "second" });
  });

  it.each<[string, Partial<Job<typeof content>>, string]>([
    ["content", { content: plain(12, 8, 90) }, "Expected the content to be the picture that"],
    [
      "size",
      { content: { ...content, width: 8, height: 12 } },
      "Expected the content to be the picture that",
    ],
    [
      "style",
      { styles: [plain(10, 10, 90)] },
      "Expected style 1 to be the picture that the run was painting with",
    ],
    ["second style", { styles: [style, style] }, "Expected style 2 to be the picture that"],
  ])("refuses another %s", async (_, changes, message) => {
    const resume = await checkpointAt(0);
    await expect(eventsOf({ ...changes, resume })).rejects.toThrow(message);
  });

  it("refuses other weights, and never takes the stand-in", async () => {
    const resume = await checkpointAt(0, {}, { weights: `sha256:${"a".repeat(64)}` });
    await expect(eventsOf({ resume }, {}, { weights: `sha256:${"c".repeat(64)}` })).rejects.toThrow(
      /^Expected the weights sha256:a+ of tiny, which the run was painting with, got sha256:c+: give those, or paint anew\.$/,
    );
    const unnamed = await checkpointAt(0);
    const events = await eventsOf({ resume: unnamed }, {}, { hasWeights: async () => false });
    expect(ofType(events, "planned")[0]?.recipe.network.name).toBe("tiny");
  });

  it("leaves steps out whose image is not finite", async () => {
    const recipe: Recipe = {
      ...tinyRecipe,
      optimizer: { name: "adam", options: { learningRate: Number.MAX_VALUE } },
      clamp: false,
    };
    const checkpoints: number[] = [];
    const paint = async () => {
      for await (const event of run({ ...job, recipe }, fakeHost({ digest }), {
        wantsCheckpoint: () => true,
      }))
        if (event.type === "checkpoint") checkpoints.push(event.index);
    };
    await expect(paint()).rejects.toThrow("became");
    expect(checkpoints).toEqual([]);
  });
});

describe("checkpointPace", () => {
  /** The seconds at which steps of a second are kept, when writing takes so many. */
  function keptAt(steps: number, writing: number, longRun?: number): readonly number[] {
    let time = 0;
    const kept: number[] = [];
    const pace = checkpointPace(() => time, longRun);
    for (let index = 1; index <= steps; index++) {
      time += 1000;
      if (!pace.due({ secondsLeft: steps - index })) continue;
      kept.push(index);
      time += writing * 1000;
      pace.written();
    }
    return kept;
  }

  it("is one after the first step, and then one every five seconds", () => {
    expect(keptAt(17, 0)).toEqual([1, 6, 11, 16]);
  });

  it("takes at most three hundredths of the time", () => {
    expect(keptAt(60, 0.6)).toEqual([1, 21, 41]);
  });

  it("begins once the whole run is known to be long", () => {
    expect(keptAt(119, 0, 120)).toEqual([]);
    expect(keptAt(120, 0, 120).slice(0, 2)).toEqual([1, 6]);
  });
});
