import { type LossPlugin, OptionError, type Picture, stylize } from "@brushwork/core";
import { presets, type Recipe } from "@brushwork/recipes";
import { tinyNetwork } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeEach, describe, expect, it } from "vitest";
import {
  content,
  type FakeHost,
  fakeHost,
  inWords,
  job,
  ofType,
  plain,
  recipe,
  style,
} from "./run.fixture.js";
import { type Host, type Job, type RunControl, run } from "./run.js";
import { type RunControls, runControls } from "./run-controls.js";
import type { RunEvent } from "./run-event.js";
import { settings } from "./settings.js";

/** The outcome of a run. */
interface Outcome {
  readonly events: readonly RunEvent[];
  readonly words: readonly string[];
  readonly error?: unknown;
}

/** Follows a run to its end. @param heard is called after each event, in words, before the run goes on */
async function outcomeOf(
  events: AsyncIterable<RunEvent>,
  heard: (words: string) => void = () => {},
): Promise<Outcome> {
  const found: RunEvent[] = [];
  const outcome = () => ({ events: found, words: found.map(inWords) });
  try {
    for await (const event of events) {
      found.push(event);
      heard(inWords(event));
    }
    return outcome();
  } catch (error) {
    return { ...outcome(), error };
  }
}

/** The last picture of a run that goes on to its end. */
async function painted(
  changes: Partial<Job<Picture>> = {},
  host: Host<Picture> = fakeHost(),
  control?: RunControl,
): Promise<Picture> {
  const { events, error } = await outcomeOf(run({ ...job, ...changes }, host, control));
  if (error !== undefined) throw error;
  return ofType(events, "picture").at(-1)!.picture;
}

const steps = (...indices: readonly number[]) => indices.map((index) => `step ${index}`);

/**
 * A plugin whose loss is 0 and leaves the image as it is.
 * @param at called with the number of each evaluation, from 1 on; if it returns a number, that is the loss
 */
function acting(at: (evaluation: number) => number | undefined): LossPlugin {
  let evaluation = 0;
  return {
    name: "acting",
    options: {},
    create: () => ({
      name: "acting",
      weight: 1,
      layers: ["image"],
      prepare: () => undefined,
      loss({ image }) {
        const value = at(++evaluation) ?? 0;
        const constant = tf.customGrad((input) => ({
          value: tf.scalar(value),
          gradFunc: () => tf.zerosLike(input as tf.Tensor),
        }));
        return constant(image!) as tf.Scalar;
      },
    }),
  };
}

/** The recipe with the additional loss `acting`. */
const actingRecipe: Recipe = {
  ...recipe,
  terms: [...recipe.terms, { loss: "acting", weight: 1, options: {} }],
};

let tensorsBefore = 0;
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
  return () => {
    expect(tf.memory().numTensors, "tensors left").toBe(tensorsBefore);
  };
});

/** What was started and loaded was stopped and disposed of, network before engine. */
function expectFreed({ log }: FakeHost): void {
  const open: string[] = [];
  for (const entry of log) {
    const [what, name] = entry.split(" ");
    if (what === "start" || what === "load") open.push(`${what === "start" ? "stop" : "dispose"} ${name}`);
    else expect(entry).toBe(open.pop());
  }
  expect(open).toEqual([]);
}

describe("the pictures of a run", () => {
  it("are read one after another, each reduced to what the run needs of it", async () => {
    const log: string[] = [];
    const named = new Map([
      [content, "content"],
      [style, "style"],
    ]);
    const host = fakeHost({
      async picture(source, { longest }) {
        log.push(`${named.get(source)} of ${longest({ width: 8000, height: 6000 })}`);
        await Promise.resolve();
        log.push("read");
        return source;
      },
    });
    await painted({ styles: [style, style], recipe: { ...recipe, styleScale: 100 } }, host);
    // Twice as large as 100 times the largest scale of 12; the content is read with a megapixel at least.
    expect(log).toEqual(["content of 1184", "read", "style of 2400", "read", "style of 2400", "read"]);
  });

  it("are reported if their files lack something", async () => {
    const reason = "The picture photo.jpg is cut off at its end.";
    const host = fakeHost({
      async picture(source, { onWarning }) {
        if (source === content) onWarning(reason);
        return source;
      },
    });
    const { events, words } = await outcomeOf(run(job, host));
    expect(events[0]).toEqual({ type: "notice", kind: "incomplete picture", reason });
    expect(words.slice(0, 3)).toEqual(["notice incomplete picture", "started first", "planned"]);
  });
});

describe("the events of a run", () => {
  it("come in their order", async () => {
    const host = fakeHost();
    const { words } = await outcomeOf(run(job, host));
    expect(words).toEqual(["started first", "planned", ...steps(1, 2, 3, 4, 5), "picture 5 last"]);
    expect(host.log).toEqual(["start first", "load tiny", "dispose tiny", "stop first"]);
  });

  it("say what it runs on", async () => {
    const { events } = await outcomeOf(run(job, fakeHost()));
    expect(ofType(events, "started")).toEqual([{ type: "started", engine: "first", device: "a fake first" }]);
  });

  it("say what it will do", async () => {
    const { events } = await outcomeOf(run(job, fakeHost()));
    // 8 pixels for the longer side leave 8 · 8/12 = 5.3 for the other.
    expect(ofType(events, "planned")).toEqual([
      {
        type: "planned",
        recipe,
        width: 12,
        height: 8,
        steps: 5,
        scales: [
          { width: 8, height: 5, steps: 2 },
          { width: 12, height: 8, steps: 3 },
        ],
      },
    ]);
  });

  it("say what it will cost, where the network knows", async () => {
    const network = {
      cost: ([height, width]: readonly [number, number]) => ({
        bytes: 1000 * height * width,
        largestTensorBytes: 10,
        operations: height * width,
      }),
      featuresCost: () => ({ bytes: 0, peakBytes: 0, largestTensorBytes: 0, operations: 7 }),
    };
    const { events } = await outcomeOf(run(job, fakeHost({ network })));
    // With margins, 9×12 and 12×16 pixels. Beside the network there are twelve images of three numbers of 4 bytes.
    expect(ofType(events, "planned")[0]).toMatchObject({
      bytes: 192 * (1000 + 12 * 3 * 4),
      // At both scales, once the features of the content and of the style.
      operations: 2 * 108 + 3 * 192 + 2 * 2 * 7,
    });
  });

  it("count the steps, and say the size that each is painted at", async () => {
    const { events } = await outcomeOf(run(job, fakeHost()));
    const found = ofType(events, "step").map(({ index, total, width, height }) => [
      index,
      total,
      width,
      height,
    ]);
    expect(found).toEqual([
      [1, 5, 8, 5],
      [2, 5, 8, 5],
      [3, 5, 12, 8],
      [4, 5, 12, 8],
      [5, 5, 12, 8],
    ]);
  });

  it("say how large each term's loss is, by its name, and their total", async () => {
    const { events } = await outcomeOf(run(job, fakeHost()));
    for (const { losses } of ofType(events, "step")) {
      expect(Object.keys(losses!)).toEqual(["content", "style", "total"]);
      expect(losses!.style).toBeGreaterThan(0);
      expect(losses!.total).toBeCloseTo(losses!.content! + losses!.style!, 5);
    }
    expect(ofType(events, "step")[0]!.losses!.content, "it starts from the photograph").toBe(0);
  });

  it("say how long a step takes, and how long the run still takes", async () => {
    let time = 0;
    const plugins = [
      acting(() => {
        time += 2000;
        return 0;
      }),
    ];
    const flat = { ...actingRecipe, scales: [{ size: 12, steps: 3 }] };
    const { events } = await outcomeOf(run({ ...job, recipe: flat, plugins }, fakeHost({ now: () => time })));
    // Two seconds a step, for three of them.
    expect(ofType(events, "step")).toMatchObject([
      { secondsPerStep: 2, secondsLeft: 4 },
      { secondsPerStep: 2, secondsLeft: 2 },
      { secondsPerStep: 2, secondsLeft: 0 },
    ]);
  });

  it("have losses only where they are wanted, and always at the last step", async () => {
    const asked: unknown[] = [];
    const control: RunControl = {
      wantsLosses: ({ index, total }) => {
        asked.push([index, total]);
        return index === 2;
      },
    };
    const { events } = await outcomeOf(run(job, fakeHost(), control));
    expect(ofType(events, "step").map(({ losses }) => losses !== undefined)).toEqual([
      false,
      true,
      false,
      false,
      true,
    ]);
    expect(asked).toEqual([
      [1, 5],
      [2, 5],
      [3, 5],
      [4, 5],
    ]);
  });

  it("are plain data that can be sent elsewhere", async () => {
    const { events } = await outcomeOf(run(job, fakeHost(), { wantsPicture: () => true }));
    expect(structuredClone(events)).toEqual(events);
  });
});

describe("what is painted", () => {
  it("is what stylize paints by the recipe's settings", async () => {
    const network = tinyNetwork();
    const engine = await fakeHost().start(["first"], () => {});
    let expected: Picture | undefined;
    const options = { ...settings(recipe), engine, network, content, style };
    for await (const step of stylize(options)) expected = await step.picture();
    network.dispose();
    const found = await painted();
    expect([found.width, found.height]).toEqual([12, 8]);
    expect(found).toEqual(expected);
  });

  it("is the photograph where that is all there is to see", async () => {
    const terms = [{ loss: "content", weight: 1, options: { layers: ["image"] } }];
    const scales = [{ size: 12, steps: 3 }];
    expect(await painted({ recipe: { ...recipe, terms, scales } })).toEqual(content);
  });

  it("refuses weights that are all 0", async () => {
    const terms = recipe.terms.map((term) => ({ ...term, weight: 0 }));
    await expect(painted({ recipe: { ...recipe, terms } })).rejects.toMatchObject({
      name: "OptionError",
      message: "Expected the weight of at least one loss to be above 0, got 0 for each.",
    });
  });

  it("begins with a picture of the job's, where the recipe says so", async () => {
    const still = {
      ...recipe,
      init: "picture",
      terms: [{ loss: "acting", weight: 1, options: {} }],
    } as const;
    const plugins = [acting(() => 0)];
    const init = plain(12, 8, 77);
    expect(await painted({ recipe: still, plugins, init })).toEqual(init);
    const [content, elsewhere] = [plain(12, 8, 51), { ...still, init: "content" } as const];
    expect(await painted({ content, recipe: elsewhere, plugins, init })).toEqual(content);
  });

  /** The weights of the styles, as a loss sees them. */
  async function styleWeights(changes: Partial<Job<Picture>>): Promise<readonly number[]> {
    let weights: readonly number[] = [];
    const plugin: LossPlugin = {
      ...acting(() => 0),
      create: (options) => ({
        ...acting(() => 0).create(options),
        prepare({ styles }) {
          weights = styles.map(({ weight }) => weight);
          return undefined;
        },
      }),
    };
    await painted({ ...changes, plugins: [plugin] });
    return weights;
  }

  it("takes several styles, equally or with the recipe's weights", async () => {
    const styles = [style, plain(4, 4, 0), plain(4, 4, 255)];
    expect(await styleWeights({ styles: styles.slice(1), recipe: actingRecipe })).toEqual([0.5, 0.5]);
    const weighted = { ...actingRecipe, styles: [{ weight: 4 }, { weight: 3 }, { weight: 1 }] };
    expect(await styleWeights({ styles, recipe: weighted })).toEqual([0.5, 0.375, 0.125]);
  });

  it("takes a single style alone, whatever weights the recipe has", async () => {
    const weighted = { ...actingRecipe, styles: [{ weight: 4 }, { weight: 3 }] };
    expect(await styleWeights({ recipe: weighted })).toEqual([1]);
  });
});

describe("a picture of a run", () => {
  /** The pictures of a run that gives all of them. */
  async function pictures(control: RunControl = {}, changes: Partial<Job<Picture>> = {}) {
    const { events } = await outcomeOf(
      run({ ...job, ...changes }, fakeHost(), { ...control, wantsPicture: () => true }),
    );
    return ofType(events, "picture");
  }

  it("comes after the step for which it was requested, and at the end", async () => {
    const asked: unknown[] = [];
    const control: RunControl = {
      wantsPicture(step) {
        asked.push(step);
        return step.ends || step.index === 3;
      },
    };
    const { words } = await outcomeOf(run(job, fakeHost(), control));
    expect(words.slice(2)).toEqual([
      ...steps(1, 2),
      "picture 2 asked",
      ...steps(3),
      "picture 3 asked",
      ...steps(4, 5),
      "picture 5 last",
    ]);
    expect(asked).toMatchObject([
      { index: 0, total: 5, ends: false },
      { index: 1, total: 5, ends: false },
      { index: 2, total: 5, ends: true },
      { index: 3, total: 5, ends: false },
      { index: 4, total: 5, ends: false },
    ]);
  });

  it("of step 0 is what it starts from, at the size of the first scale, and has no recipe", async () => {
    const flat = plain(12, 8, 51);
    const [first] = await pictures({}, { content: flat });
    expect(first).toEqual({ type: "picture", picture: plain(8, 5, 51), index: 0, total: 5, why: "asked" });
  });

  it("has the size of its scale", async () => {
    const sizes = (await pictures()).map(({ index, picture }) => [index, picture.width, picture.height]);
    expect(sizes).toEqual([
      [0, 8, 5],
      [1, 8, 5],
      [2, 8, 5],
      [3, 12, 8],
      [4, 12, 8],
      [5, 12, 8],
    ]);
  });

  it("carries the recipe that paints this very picture again", async () => {
    const found = await pictures();
    expect(found.map(({ recipe }) => recipe?.scales.map(({ steps }) => steps))).toEqual([
      undefined,
      [1],
      [2],
      [2, 1],
      [2, 2],
      [2, 3],
    ]);
    expect(found.at(-1)!.recipe).toEqual(recipe);
    for (const { picture, recipe } of found.slice(1))
      expect(await painted({ recipe: recipe! })).toEqual(picture);
  });

  it("carries the weights that it was painted with, whenever they are changed", async () => {
    const controls = runControls();
    const { events } = await outcomeOf(
      run(job, fakeHost(), withControls(controls, { wantsPicture: () => true })),
      (words) => {
        // From the next step on, so it does not affect this step's picture.
        if (words === "planned") controls.setWeights({ content: 2 });
        if (words === "step 2") controls.setWeights({ style: 3 });
        if (words === "picture 3 asked") controls.setWeights({ content: 0 });
        if (words === "step 5") controls.setWeights({ content: 100 });
      },
    );
    const weights = ofType(events, "picture").map(({ index, recipe }) => [
      index,
      recipe?.terms.map(({ weight }) => weight),
    ]);
    expect(weights).toEqual([
      [0, undefined],
      [1, [2, 10]],
      [2, [2, 10]],
      [3, [2, 3]],
      [4, [0, 3]],
      [5, [0, 3]],
    ]);
  });

  it("has the steps of scales that are left out at the next one, and paints the same picture again without a word", async () => {
    // At 8 and 12 pixels, a sixteenth is half a pixel and 0.75; the layer relu2_1 needs 2, as there are at 32.
    const long = plain(160, 10, 90);
    const scales = [
      { size: 8, steps: 2 },
      { size: 12, steps: 3 },
      { size: 32, steps: 1 },
      { size: 40, steps: 1 },
    ];
    for (const [what, change] of [
      ["content", { content: long }],
      ["style", { styles: [long] }],
    ] as const) {
      const { events, words } = await outcomeOf(
        run({ ...job, ...change, recipe: { ...recipe, scales } }, fakeHost()),
      );
      expect(words.slice(0, 4)).toEqual(["started first", "notice left out", "notice left out", "planned"]);
      expect(ofType(events, "notice")).toEqual([
        { type: "notice", kind: "left out", what, width: 8, height: 1, layer: "relu2_1", least: 2 },
        { type: "notice", kind: "left out", what, width: 12, height: 1, layer: "relu2_1", least: 2 },
      ]);
      const last = ofType(events, "picture").at(-1)!;
      expect([last.index, last.total]).toEqual([7, 7]);
      expect(last.recipe?.scales).toEqual([
        { size: 32, steps: 6 },
        { size: 40, steps: 1 },
      ]);
      const again = await outcomeOf(run({ ...job, ...change, recipe: last.recipe! }, fakeHost()));
      expect(ofType(again.events, "notice")).toEqual([]);
      expect(ofType(again.events, "picture").at(-1)!.picture).toEqual(last.picture);
    }
  });

  it("has the steps that were done at a scale that ended early, and paints the same picture again", async () => {
    const settled: Recipe = {
      ...recipe,
      optimizer: { name: "adam", options: { learningRate: 1e-9 } },
      scales: [
        { size: 8, steps: 60 },
        { size: 12, steps: 3 },
      ],
      untilStable: 0.01,
    };
    const { events } = await outcomeOf(run({ ...job, recipe: settled }, fakeHost()));
    const last = ofType(events, "picture").at(-1)!;
    expect([last.index, last.total]).toEqual([35, 35]);
    expect(ofType(events, "step").at(-1)!.secondsLeft).toBe(0);
    const { untilStable: _, ...rest } = settled;
    expect(last.recipe).toEqual({
      ...rest,
      scales: [
        { size: 8, steps: 32 },
        { size: 12, steps: 3 },
      ],
    });
    expect(await painted({ recipe: last.recipe! })).toEqual(last.picture);
  });

  it("knows the weights of the network that were found", async () => {
    const weights = `sha256:${"1".repeat(64)}`;
    const { events } = await outcomeOf(run(job, fakeHost({ weights })));
    const network = { name: "tiny", pooling: "average", weights };
    expect(ofType(events, "planned")[0]!.recipe).toEqual({ ...recipe, network });
    expect(ofType(events, "picture")[0]!.recipe).toEqual({ ...recipe, network });
  });
});

/** Controls, and what else a run asks; a spread would read them only once. */
function withControls(controls: RunControls, wants: RunControl): RunControl {
  return Object.assign(Object.create(controls) as RunControl, wants);
}

describe("weights that are changed on the way", () => {
  const still = { ...recipe, optimizer: { name: "adam", options: { learningRate: 1e-9 } }, clamp: false };

  it("count from the next step on", async () => {
    const controls = runControls();
    const flat = { ...still, scales: [{ size: 12, steps: 4 }] };
    const { events } = await outcomeOf(run({ ...job, recipe: flat }, fakeHost(), controls), (words) => {
      if (words === "step 1") controls.setWeights({ style: 20 });
      if (words === "step 3") controls.setWeights({ style: 5 });
    });
    const styles = ofType(events, "step").map(({ losses }) => losses!.style!);
    // 10 at first: the image hardly moves, so the loss goes with the weight.
    expect(styles.map((loss) => Number((loss / styles[0]!).toFixed(4)))).toEqual([1, 2, 2, 0.5]);
  });

  it("count from the first step on where they were changed before it", async () => {
    const first = async (weights: Readonly<Record<string, number>>) =>
      ofType((await outcomeOf(run(job, fakeHost(), { weights }))).events, "step")[0]!.losses!.style!;
    expect((await first({ style: 40 })) / (await first({}))).toBeCloseTo(4, 5);
  });

  it("leave alone a term whose label every object has", async () => {
    const terms = recipe.terms.map((term, i) => (i === 0 ? { ...term, name: "toString" } : term));
    const { events, error } = await outcomeOf(run({ ...job, recipe: { ...recipe, terms } }, fakeHost()));
    expect(error).toBeUndefined();
    expect(ofType(events, "picture")[0]!.recipe!.terms).toEqual(terms);
  });

  it("that are invalid end the run, with the picture that was kept", async () => {
    const controls = runControls();
    const host = fakeHost();
    const { words, error } = await outcomeOf(run(job, host, controls), (words) => {
      if (words === "step 2") controls.setWeights({ style: -1 });
    });
    expect(words.slice(-2)).toEqual(["step 2", "picture 2 kept"]);
    expect(error).toEqual(new OptionError('Expected the weight of "style" to be 0 or more, got -1.'));
    expectFreed(host);
  });
});

describe("a run that is stopped", () => {
  it("before it began says nothing and starts nothing", async () => {
    const host = fakeHost();
    expect((await outcomeOf(run(job, host, { stopped: true }))).words).toEqual([]);
    expect(host.log).toEqual([]);
  });

  it.each([
    ["started first", ["started first"]],
    ["planned", ["started first", "planned"]],
    ["picture 0 asked", ["started first", "planned", "picture 0 asked"]],
  ])("before the first step ends without a picture: at %s", async (when, expected) => {
    const host = fakeHost();
    const controls = runControls();
    const control = withControls(controls, { wantsPicture: () => true });
    const { words, error } = await outcomeOf(run(job, host, control), (words) => {
      if (words === when) controls.stop();
    });
    expect(error).toBeUndefined();
    expect(words).toEqual(expected);
    expectFreed(host);
  });

  it("while the weights are loaded loads them and ends", async () => {
    const controls = runControls();
    const host = fakeHost();
    const loading: Host<Picture> = {
      ...host,
      network: async (network, progress) => {
        progress({ received: 1, total: 2 });
        return host.network(network, progress);
      },
    };
    const { words } = await outcomeOf(run(job, loading, controls), (words) => {
      if (words === "pulling") controls.stop();
    });
    expect(words).toEqual(["started first", "pulling"]);
    expectFreed(host);
  });

  it("in mid-run ends with the picture of the step that was done", async () => {
    const host = fakeHost();
    const controls = runControls();
    const { words, events } = await outcomeOf(run(job, host, controls), (words) => {
      if (words === "step 3") controls.stop();
    });
    expect(words.slice(2)).toEqual([...steps(1, 2, 3), "picture 3 last"]);
    const [last] = ofType(events, "picture");
    expect(last!.recipe!.scales).toEqual([
      { size: 8, steps: 2 },
      { size: 12, steps: 1 },
    ]);
    expect(await painted({ recipe: last!.recipe! })).toEqual(last!.picture);
    expectFreed(host);
  });

  it("at a requested picture gives it as the last", async () => {
    const controls = runControls();
    const control = withControls(controls, { wantsPicture: () => true });
    const { words, events } = await outcomeOf(run(job, fakeHost(), control), (words) => {
      if (words === "picture 1 asked") controls.stop();
    });
    expect(words.slice(3)).toEqual(["step 1", "picture 1 asked", "picture 1 last"]);
    const [, asked, last] = ofType(events, "picture");
    expect(last).toEqual({ ...asked, why: "last" });
  });
});

describe("a run that is paused", () => {
  it("waits, and paints the same when it goes on", async () => {
    const host = fakeHost();
    const controls = runControls();
    const resumed: string[] = [];
    const { words, events } = await outcomeOf(run(job, host, controls), (words) => {
      if (words === "planned" || words === "step 2") controls.pause();
      if (!words.startsWith("paused")) return;
      resumed.push(words);
      queueMicrotask(controls.resume);
    });
    expect(words).toEqual([
      "started first",
      "planned",
      "paused 0",
      ...steps(1, 2),
      "paused 2",
      ...steps(3, 4, 5),
      "picture 5 last",
    ]);
    expect(resumed).toEqual(["paused 0", "paused 2"]);
    expect(ofType(events, "picture")[0]!.picture).toEqual(await painted());
    expectFreed(host);
  });

  it("waits again where it is paused again before it went on", async () => {
    const controls = runControls();
    let pauses = 0;
    const { words } = await outcomeOf(run(job, fakeHost(), controls), (words) => {
      if (words === "step 1") controls.pause();
      if (!words.startsWith("paused")) return;
      pauses++;
      queueMicrotask(() => {
        controls.resume();
        if (pauses < 3) controls.pause();
      });
    });
    expect(words.filter((word) => word.startsWith("paused"))).toEqual(["paused 1", "paused 1", "paused 1"]);
    expect(words.at(-1)).toBe("picture 5 last");
  });

  it("gives a requested picture before it waits", async () => {
    const controls = runControls();
    const control = withControls(controls, {
      wantsPicture: ({ index }: { index: number }) => index === 2,
    });
    const { words } = await outcomeOf(run(job, fakeHost(), control), (words) => {
      if (words === "step 2") controls.pause();
      if (words === "paused 2") controls.resume();
    });
    expect(words.slice(2, 6)).toEqual(["step 1", "step 2", "picture 2 asked", "paused 2"]);
  });

  it("takes weights that are changed meanwhile", async () => {
    const controls = runControls();
    const { events } = await outcomeOf(run(job, fakeHost(), controls), (words) => {
      if (words === "step 2") controls.pause();
      if (words !== "paused 2") return;
      controls.setWeights({ style: 3 });
      controls.resume();
    });
    expect(ofType(events, "picture")[0]!.recipe!.terms.map(({ weight }) => weight)).toEqual([1, 3]);
  });

  it("does not count the pause as time of a step", async () => {
    let time = 0;
    const controls = runControls();
    const flat = { ...recipe, scales: [{ size: 12, steps: 3 }] };
    const { events } = await outcomeOf(
      run({ ...job, recipe: flat }, fakeHost({ now: () => time }), controls),
      (words) => {
        if (words === "step 1") controls.pause();
        if (words !== "paused 1") return;
        time += 60_000;
        controls.resume();
      },
    );
    expect(ofType(events, "step").map(({ secondsPerStep }) => secondsPerStep)).toEqual([0, 0, 0]);
  });

  it("ends with the picture so far when it is stopped meanwhile", async () => {
    const host = fakeHost();
    const controls = runControls();
    const { words } = await outcomeOf(run(job, host, controls), (words) => {
      if (words === "step 2") controls.pause();
      if (words === "paused 2") queueMicrotask(controls.stop);
    });
    expect(words.slice(-2)).toEqual(["paused 2", "picture 2 last"]);
    expectFreed(host);
  });

  it("ends without a picture when it is stopped before the first step", async () => {
    const host = fakeHost();
    const controls = runControls();
    controls.pause();
    const { words } = await outcomeOf(run(job, host, controls), (words) => {
      if (words === "paused 0") queueMicrotask(controls.stop);
    });
    expect(words).toEqual(["started first", "planned", "paused 0"]);
    expectFreed(host);
  });
});

describe("a run that is aborted", () => {
  const reason = new Error("tea time");

  it("before it began starts nothing", async () => {
    const host = fakeHost();
    const { words, error } = await outcomeOf(run(job, host, { signal: AbortSignal.abort(reason) }));
    expect(words).toEqual([]);
    expect(error).toBe(reason);
    expect(host.log).toEqual([]);
  });

  it.each([
    ["started first"],
    ["planned"],
    ["picture 0 asked"],
    ["step 1"],
    ["picture 1 asked"],
    ["step 3"],
    ["paused 3"],
    ["step 5"],
  ])("ends at once, with the signal's reason and without a picture: at %s", async (when) => {
    const host = fakeHost();
    const controller = new AbortController();
    const controls = runControls();
    const control = withControls(controls, {
      signal: controller.signal,
      wantsPicture: () => true,
    });
    const { words, error } = await outcomeOf(run(job, host, control), (words) => {
      if (words === "step 3") controls.pause();
      if (words === when) controller.abort(reason);
      if (words === "paused 3") controls.resume();
    });
    expect(words.at(-1)).toBe(when);
    expect(error).toBe(reason);
    expectFreed(host);
  });

  it("has an error of its own where the signal has no reason", async () => {
    const control = { signal: { aborted: true } };
    expect((await outcomeOf(run(job, fakeHost(), control))).error).toMatchObject({
      name: "AbortError",
      message: "The run was aborted.",
    });
  });

  it("says so, and not that the device is lost, where both are true", async () => {
    const host = fakeHost();
    const controller = new AbortController();
    const { error } = await outcomeOf(run(job, host, { signal: controller.signal }), (words) => {
      if (words !== "step 2") return;
      host.lose();
      controller.abort(reason);
    });
    expect(error).toBe(reason);
    expectFreed(host);
  });
});

describe("a run that is left", () => {
  const all = [
    "started first",
    "pulling",
    "notice other weights",
    "planned",
    "picture 0 asked",
    "step 1",
    "picture 1 asked",
    "step 4",
    "step 5",
    "picture 5 last",
  ];
  it.each(all)("stops its engine and disposes of its network: at %s", async (when) => {
    const host = fakeHost({ weights: "found" });
    const loading: Host<Picture> = {
      ...host,
      network: async (network, progress) => {
        progress({ received: 1, total: 2 });
        return host.network(network, progress);
      },
    };
    const asking = { ...recipe, network: { ...recipe.network, weights: "asked" } };
    let met = false;
    for await (const event of run({ ...job, recipe: asking }, loading, { wantsPicture: () => true }))
      if (inWords(event) === when) {
        met = true;
        break;
      }
    expect(met).toBe(true);
    expectFreed(host);
  });

  it("while an engine starts stops that engine", async () => {
    const host = fakeHost({ engines: ["broken", "first"] });
    const starting: Host<Picture> = {
      ...host,
      start(names, onSkip) {
        onSkip({ engine: "broken", reason: "It is broken." });
        return host.start(names.slice(1), onSkip);
      },
    };
    for await (const event of run(job, starting)) {
      expect(inWords(event)).toBe("skipped broken");
      break;
    }
    expect(host.log).toEqual(["start first", "stop first"]);
  });
});

describe("the network of a run", () => {
  const needy = (weights: boolean) => ({ hasWeights: async () => weights });
  const vgg: Recipe = { ...recipe, network: { name: "vgg19", pooling: "max" } };
  const [wanted, found] = ["0", "1"].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
  const exact = (recipe: Recipe): Recipe => ({ ...recipe, network: { ...recipe.network, weights: wanted } });

  it("is the recipe's where its weights are available", async () => {
    const host = fakeHost(needy(true));
    const { words } = await outcomeOf(run({ ...job, recipe: vgg }, host));
    expect(words[1]).toBe("planned");
    expect(host.log[1]).toBe("load vgg19");
  });

  it.each([
    ["the recipe says which weights it wants", { recipe: exact(vgg) }],
    ["no other may take its place", { recipe: vgg, standIn: false }],
  ])("is the recipe's, available or not, where %s", async (_, changes) => {
    const host = fakeHost(needy(false));
    const { events } = await outcomeOf(run({ ...job, ...changes }, host));
    expect(ofType(events, "notice")).toEqual([]);
    expect(host.log[1]).toBe("load vgg19");
  });

  it("is compact instead, with a notice, where its weights are not available", async () => {
    const host = fakeHost(needy(false));
    const { events, words } = await outcomeOf(run({ ...job, recipe: vgg }, host));
    expect(words.slice(0, 3)).toEqual(["started first", "notice stand-in", "planned"]);
    expect(ofType(events, "notice")).toEqual([
      { type: "notice", kind: "stand-in", network: "compact", wanted: "vgg19" },
    ]);
    expect(host.log[1]).toBe("load compact");
    expect(ofType(events, "picture")[0]!.recipe!.network).toEqual({ name: "compact", pooling: "max" });
  });

  it("may be compact where there is no recipe", async () => {
    const host = fakeHost(needy(false));
    const { recipe: _, ...rest } = job;
    for await (const event of run(rest, host)) if (inWords(event) === "notice stand-in") break;
    expect(host.log[0]).toBe("start first");
    expectFreed(host);
  });

  it("is not asked for the weights of the network that it stands in for", async () => {
    const asked: unknown[] = [];
    const host = fakeHost({ ...needy(false), weights: "those of compact" });
    const listening: Host<Picture> = {
      ...host,
      network(network, progress) {
        asked.push(network);
        return host.network(network, progress);
      },
    };
    const { words } = await outcomeOf(run({ ...job, recipe: exact(vgg), standIn: true }, listening));
    expect(asked).toEqual([{ name: "compact", pooling: "max" }]);
    expect(words.filter((word) => word.startsWith("notice"))).toEqual(["notice stand-in"]);
  });

  it("does not stand in for itself", async () => {
    const host = fakeHost(needy(false));
    const compact = { ...recipe, network: { name: "compact", pooling: "average" } } as const;
    const { words } = await outcomeOf(run({ ...job, recipe: compact }, host));
    expect(words[1]).toBe("planned");
  });

  it("has the weights of the losses that sum made up for in compact", async () => {
    const paper: Recipe = {
      ...presets.paper.recipe,
      terms: presets.paper.recipe.terms.map((term) =>
        term.loss === "tv" ? term : { ...term, options: { layers: ["image"], reduction: "sum" } },
      ),
      scales: [{ size: [4, 4], steps: 1 }],
      init: "picture",
    };
    const black = plain(4, 4, 0);
    const pictures = { content: black, styles: [black], init: plain(4, 4, 255) };
    const lossesOf = async (hasWeights: boolean) => {
      const { events } = await outcomeOf(run({ ...pictures, recipe: paper }, fakeHost(needy(hasWeights))));
      return { losses: ofType(events, "step")[0]!.losses!, recipe: ofType(events, "planned")[0]!.recipe };
    };
    // White against black, 16 pixels: 48 squares of 1 for content; nine entries of 16² in the Gram matrices' difference.
    const own = await lossesOf(true);
    expect(own.losses).toMatchObject({ content: 0.5 * 48, style: 1000 * 2304, tv: 0 });
    const standIn = await lossesOf(false);
    expect(standIn.losses).toMatchObject({ content: 2 * 48, style: 256_000 * 2304, tv: 0 });
    expect(standIn.recipe.terms.map(({ weight }) => weight)).toEqual([2, 256_000, 650_250]);
  });

  it("is noted where it has weights other than the recipe names", async () => {
    const { events, words } = await outcomeOf(
      run({ ...job, recipe: exact(recipe) }, fakeHost({ weights: found })),
    );
    expect(words.slice(0, 3)).toEqual(["started first", "notice other weights", "planned"]);
    expect(ofType(events, "notice")).toEqual([
      { type: "notice", kind: "other weights", network: "tiny", wanted, found },
    ]);
    expect(ofType(events, "picture")[0]!.recipe!.network.weights).toBe(found);
  });

  it.each([
    ["they are those that the recipe names", exact(recipe), wanted],
    ["the recipe names none", recipe, found],
    ["it cannot be known which they are", exact(recipe), undefined],
  ])("is not noted where %s", async (_, recipe, weights) => {
    const host = fakeHost(weights === undefined ? {} : { weights });
    const { events } = await outcomeOf(run({ ...job, recipe }, host));
    expect(ofType(events, "notice")).toEqual([]);
    expect(ofType(events, "picture")[0]!.recipe!.network.weights).toBe(weights ?? wanted);
  });

  it("is noted where its weights cannot be kept", async () => {
    const host = fakeHost();
    const unkept: Host<Picture> = {
      ...host,
      network: async (...asked) => ({ ...(await host.network(...asked)), unkept: "The disk is full." }),
    };
    const { events } = await outcomeOf(run(job, unkept));
    expect(ofType(events, "notice")).toEqual([
      { type: "notice", kind: "unkept", reason: "The disk is full." },
    ]);
  });

  it("is asked for with the recipe's pooling, and reports its bytes while it is loaded", async () => {
    const host = fakeHost();
    let arrived = () => {};
    const pulled = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const asked: unknown[] = [];
    const pulling: Host<Picture> = {
      ...host,
      async network(network, progress) {
        asked.push(network);
        progress({ received: 1, total: 4 });
        progress({ received: 3, total: 4 });
        // Goes on only when the event has been received.
        await pulled;
        progress({ received: 4, total: 4 });
        return host.network(network, progress);
      },
    };
    const { events, words } = await outcomeOf(run({ ...job, recipe: vgg }, pulling), (words) => {
      if (words === "pulling") arrived();
    });
    expect(asked).toEqual([{ name: "vgg19", pooling: "max" }]);
    expect(words.slice(0, 5)).toEqual(["started first", "pulling", "pulling", "pulling", "planned"]);
    expect(ofType(events, "pulling").map(({ received, total }) => [received, total])).toEqual([
      [1, 4],
      [3, 4],
      [4, 4],
    ]);
  });
});

describe("an invalid job", () => {
  it.each<[sentence: string, changes: Partial<Job<Picture>>]>([
    [
      'Expected the network to be one of tiny, vgg19, compact, got "vgg11".',
      { recipe: { ...recipe, network: { name: "vgg11", pooling: "max" } } },
    ],
    [
      'Expected the recipe to name a known loss, got "acting"; there are content, style, wasserstein, tv, moments, histogram, nearest, laplacian.',
      { recipe: actingRecipe },
    ],
    [
      'Expected the option "layers" of the loss "content" to be a list of 1 to 64, got [].',
      { recipe: { ...recipe, terms: [{ loss: "content", weight: 1, options: { layers: [] } }] } },
    ],
    [
      "Expected recipe.version to be a version from 1 to 2, which this Brushwork reads, got 3: update Brushwork.",
      { recipe: { ...recipe, version: 3 } as unknown as Recipe },
    ],
    ["Expected at least one style, got none.", { styles: [] }],
    [
      "Expected 2 styles, for which the recipe has weights, got 3: give as many, or other weights.",
      { styles: [style, style, style], recipe: { ...recipe, styles: [{ weight: 1 }, { weight: 2 }] } },
    ],
    [
      "Expected 1 style, for which the recipe has weights, got 2: give as many, or other weights.",
      { styles: [style, style], recipe: { ...recipe, styles: [{ weight: 1 }] } },
    ],
    [
      "Expected a picture to start from, since the recipe's init is picture, got none.",
      { recipe: { ...recipe, init: "picture" } },
    ],
    [
      'Expected loss plugins with different names, got "content" twice: leave one out.',
      { plugins: [{ ...acting(() => 0), name: "content" }] },
    ],
  ])("is refused before anything is read or started: %s", async (sentence, changes) => {
    const read: Picture[] = [];
    const host = fakeHost({
      async picture(source) {
        read.push(source);
        return source;
      },
    });
    const { words, error } = await outcomeOf(run({ ...job, ...changes }, host));
    expect(error).toEqual(new OptionError(sentence));
    expect(words).toEqual([]);
    expect(read).toEqual([]);
    expect(host.log).toEqual([]);
  });

  it("is refused before an engine is started where a picture cannot be read", async () => {
    const failure = new Error("There is no such picture.");
    const host = fakeHost({ picture: async () => Promise.reject(failure) });
    const { words, error } = await outcomeOf(run(job, host));
    expect([words, error, host.log]).toEqual([[], failure, []]);
  });

  it("is refused when the network has no such layer, and frees everything", async () => {
    const host = fakeHost();
    const terms = [{ loss: "content", weight: 1, options: { layers: ["relu9_9"] } }];
    const { words, error } = await outcomeOf(run({ ...job, recipe: { ...recipe, terms } }, host));
    expect(words).toEqual(["started first"]);
    expect(error).toEqual(
      new OptionError(
        'Expected the loss "content" to name layers of tiny, got "relu9_9"; there are image, relu1_1, pool1, relu2_1.',
      ),
    );
    expectFreed(host);
  });
});

describe("a run that fails", () => {
  it("keeps the latest picture, with its recipe, when a loss is not finite", async () => {
    const host = fakeHost();
    const plugins = [acting((evaluation) => (evaluation === 4 ? Number.NaN : undefined))];
    const { words, events, error } = await outcomeOf(run({ ...job, recipe: actingRecipe, plugins }, host));
    expect(words.slice(2)).toEqual([...steps(1, 2, 3), "picture 3 kept"]);
    expect(error).toMatchObject({
      name: "Diverged",
      message: 'The loss "acting" became NaN at step 4: lower the weights or the learning rate.',
      term: "acting",
      step: 4,
    });
    const [kept] = ofType(events, "picture");
    expect(kept!.recipe!.scales.map(({ steps }) => steps)).toEqual([2, 1]);
    expect(await painted({ recipe: kept!.recipe!, plugins: [acting(() => 0)] })).toEqual(kept!.picture);
    expectFreed(host);
  });

  it("has no picture to keep when the first step's loss is not finite", async () => {
    const plugins = [acting(() => Number.POSITIVE_INFINITY)];
    const { words, error } = await outcomeOf(run({ ...job, recipe: actingRecipe, plugins }, fakeHost()));
    // Two steps at the first scale, after which it tries again.
    expect(words).toEqual(["started first", "planned", "notice went back"]);
    expect(error).toMatchObject({ name: "Diverged", step: 3, term: "acting" });
  });

  it("goes back where it still can, says so, and paints the same again", async () => {
    const failing = () => acting((evaluation) => (evaluation === 2 ? Number.NaN : undefined));
    const asked = { ...job, recipe: actingRecipe };
    const { words, events, error } = await outcomeOf(run({ ...asked, plugins: [failing()] }, fakeHost()));
    expect(error).toBeUndefined();
    expect(words.slice(2)).toEqual([...steps(1), "notice went back", ...steps(3, 4, 5), "picture 5 last"]);
    expect(ofType(events, "notice")).toEqual([
      { type: "notice", kind: "went back", problem: 'The loss "acting" became NaN at step 2', to: 0 },
    ]);
    const [last] = ofType(events, "picture");
    expect(await painted({ recipe: last!.recipe!, plugins: [failing()] })).toEqual(last!.picture);
    expect(await painted({ recipe: last!.recipe!, plugins: [acting(() => 0)] })).not.toEqual(last!.picture);
  });

  it("finds a last loss that is not finite though no loss was wanted", async () => {
    const plugins = [acting((evaluation) => (evaluation === 5 ? Number.NaN : undefined))];
    const control = { wantsLosses: () => false };
    const { words, error } = await outcomeOf(
      run({ ...job, recipe: actingRecipe, plugins }, fakeHost(), control),
    );
    expect(words.at(-1)).toBe("picture 4 kept");
    expect(error).toMatchObject({ name: "Diverged", step: 5 });
  });

  it("keeps the picture with the weights that it was painted with", async () => {
    let time = 0;
    const controls = runControls();
    // Each look at the clock takes a second, so that reading the first picture seems slow and the next is kept late.
    const now = () => {
      time += 1000;
      return time;
    };
    const host = fakeHost({ now });
    const plugins = [acting((evaluation) => (evaluation === 4 ? Number.NaN : undefined))];
    const { words, events } = await outcomeOf(
      run({ ...job, recipe: actingRecipe, plugins }, host, controls),
      (words) => {
        if (words === "planned") controls.setWeights({ content: 2 });
        if (words === "step 1") controls.setWeights({ style: 3 });
      },
    );
    expect(words.slice(2)).toEqual([...steps(1, 2, 3), "picture 1 kept"]);
    const [kept] = ofType(events, "picture");
    expect(kept!.recipe!.terms.map(({ weight }) => weight)).toEqual([2, 10, 1]);
  });

  it("names the plugin whose loss fails, and keeps the latest picture", async () => {
    const host = fakeHost();
    const cause = new Error("There is no sun.");
    const plugins = [
      acting((evaluation) => {
        if (evaluation === 3) throw cause;
        return undefined;
      }),
    ];
    const { words, error } = await outcomeOf(run({ ...job, recipe: actingRecipe, plugins }, host));
    expect(words.slice(2)).toEqual([...steps(1, 2), "picture 2 kept"]);
    expect(error).toMatchObject({
      name: "PluginError",
      plugin: "acting",
      message: 'The loss "acting" failed: There is no sun.',
      cause,
    });
    expectFreed(host);
  });

  it("frees the engine when there is no network", async () => {
    const failure = new Error("There are no weights.");
    const host = fakeHost();
    const { words, error } = await outcomeOf(
      run(job, { ...host, network: async () => Promise.reject(failure) }),
    );
    expect([words, error]).toEqual([["started first"], failure]);
    expectFreed(host);
  });

  it("frees the engine when finding out whether weights are available fails", async () => {
    const failure = new Error("The disk is gone.");
    const host = fakeHost({ hasWeights: async () => Promise.reject(failure) });
    const { error } = await outcomeOf(run({ ...job, standIn: true }, host));
    expect(error).toBe(failure);
    expectFreed(host);
  });

  it("has nothing to free when no engine starts", async () => {
    const failure = new Error("There is no GPU.");
    const host = fakeHost({ start: async () => Promise.reject(failure) });
    const { words, error } = await outcomeOf(run(job, host));
    expect([words, error, host.log]).toEqual([[], failure, []]);
  });

  it("frees everything when the consumer of its events fails", async () => {
    const host = fakeHost();
    const failure = new Error("The disk is full.");
    const following = (async () => {
      for await (const event of run(job, host)) if (inWords(event) === "step 2") throw failure;
    })();
    await expect(following).rejects.toBe(failure);
    expectFreed(host);
  });
});

describe("a device that is lost", () => {
  const two = { engines: ["first", "second"] };

  it("in mid-run leaves the latest picture that was kept", async () => {
    const host = fakeHost(two);
    const { words, error, events } = await outcomeOf(run(job, host), (words) => {
      if (words === "step 3") host.lose();
    });
    // What step 3 painted was gone before it could be read.
    expect(words.slice(2)).toEqual([...steps(1, 2, 3), "picture 2 kept"]);
    expect(error).toMatchObject({
      name: "DeviceLost",
      message: "The engine first is lost.",
      engine: "first",
    });
    const [kept] = ofType(events, "picture");
    expect(await painted({ recipe: kept!.recipe! })).toEqual(kept!.picture);
    expectFreed(host);
  });

  it("is the error of a run that failed in any other way just before the loss was known", async () => {
    const host = fakeHost(two);
    const plugins = [
      acting((evaluation) => {
        if (evaluation < 3) return undefined;
        host.lose();
        throw new Error("Tensor is disposed.");
      }),
    ];
    const { words, error } = await outcomeOf(run({ ...job, recipe: actingRecipe, plugins }, host));
    expect(words.slice(2)).toEqual([...steps(1, 2), "picture 2 kept"]);
    expect(error).toMatchObject({ name: "DeviceLost", engine: "first" });
    expectFreed(host);
  });

  it("is the error of a run whose losses are NaN, which a lost device may give", async () => {
    const host = fakeHost();
    const plugins = [
      acting((evaluation) => {
        if (evaluation === 3) host.lose();
        return evaluation === 3 ? Number.NaN : undefined;
      }),
    ];
    const { error } = await outcomeOf(run({ ...job, recipe: actingRecipe, plugins }, host));
    expect(error).toMatchObject({ name: "DeviceLost" });
  });

  it("before the first step leaves the run to the next engine", async () => {
    const host = fakeHost(two);
    let times = 0;
    const { words, events, error } = await outcomeOf(run(job, host), (words) => {
      if (words === "planned" && times++ === 0) host.lose();
    });
    expect(error).toBeUndefined();
    expect(words).toEqual([
      "started first",
      "planned",
      "skipped first",
      "started second",
      "planned",
      ...steps(1, 2, 3, 4, 5),
      "picture 5 last",
    ]);
    expect(ofType(events, "skipped")).toEqual([
      { type: "skipped", engine: "first", reason: "The engine first is lost.", started: true },
    ]);
    expect(ofType(events, "picture")[0]!.picture).toEqual(await painted());
    expectFreed(host);
  });

  it("while the network is loaded leaves the run to the next engine, however the loading failed", async () => {
    const host = fakeHost(two);
    const failing: Host<Picture> = {
      ...host,
      network(network, progress) {
        if (host.log.at(-1) !== "start first") return host.network(network, progress);
        host.lose();
        return Promise.reject(new Error("A buffer cannot be made."));
      },
    };
    const { words } = await outcomeOf(run(job, failing));
    expect(words.slice(0, 4)).toEqual(["started first", "skipped first", "started second", "planned"]);
    expect(words.at(-1)).toBe("picture 5 last");
    expectFreed(host);
  });

  it("ends the run where a single engine was requested", async () => {
    const host = fakeHost({ ...two, once: true });
    const { words, error } = await outcomeOf(run(job, host), (words) => {
      if (words === "planned") host.lose();
    });
    expect(words).toEqual(["started first", "planned"]);
    expect(error).toMatchObject({ name: "DeviceLost", engine: "first" });
    expectFreed(host);
  });
});

describe("an engine that runs out of memory all the same", () => {
  it("leaves the run to the next one before the first step, whatever error came of it", async () => {
    const error = new RangeError("memory access out of bounds");
    const broken = {
      features() {
        throw error;
      },
    };
    const host = fakeHost({
      engines: ["first", "second"],
      network: broken,
      engine: { first: { exhausted: (cause?: unknown) => cause === error } },
    });
    const { words, events, error: last } = await outcomeOf(run(job, host));
    expect(words.slice(0, 4)).toEqual(["started first", "planned", "skipped first", "started second"]);
    expect(ofType(events, "skipped")[0]?.reason).toBe(
      "The engine first ran out of memory at 8×5: choose at most 6 pixels for the longer side.",
    );
    // The second knows nothing of its memory.
    expect(last).toBe(error);
    expectFreed(host);
  });

  it("is no loss that is too large, and keeps no picture that may be wrong", async () => {
    const host = fakeHost({ engine: { first: { exhausted: (cause?: unknown) => cause !== undefined } } });
    const { words, error } = await outcomeOf(
      run({ ...job, recipe: actingRecipe, plugins: [acting(() => Number.POSITIVE_INFINITY)] }, host),
    );
    expect(error).toMatchObject({ name: "NoRoom", engine: "first", longest: 6 });
    expect(words).not.toContain("step 1");
    expectFreed(host);
  });

  it("ends the run where results may be wrong, with the picture that was kept before", async () => {
    let full = false;
    const host = fakeHost({ engine: { first: { exhausted: () => full } } });
    const { words, error } = await outcomeOf(run(job, host), (event) => {
      full = event === "step 3";
    });
    expect(words.slice(2)).toEqual([
      "step 1",
      "step 2",
      "step 3",
      expect.stringMatching(/^picture \d kept$/),
    ]);
    expect(error).toMatchObject({ name: "NoRoom", longest: 9 });
    expectFreed(host);
  });
});

describe("an engine that cannot", () => {
  /** Beside twelve images, a step takes 1000 bytes per pixel of the picture and its margin. */
  const network = {
    cost: ([height, width]: readonly [number, number]) => ({
      bytes: 1000 * height * width,
      largestTensorBytes: 10,
      operations: 0,
    }),
    featuresCost: () => ({ bytes: 0, peakBytes: 0, largestTensorBytes: 0, operations: 0 }),
  };
  /** What the largest scale takes, 12×16 pixels with its margin. */
  const needed = 192 * (1000 + 12 * 3 * 4);

  it("start is left out, with its reason", async () => {
    const host = fakeHost({ engines: ["broken", "first"] });
    const starting: Host<Picture> = {
      ...host,
      start(names, onSkip) {
        onSkip({ engine: "broken", reason: "It is broken." });
        return host.start(names.slice(1), onSkip);
      },
    };
    const { events, words } = await outcomeOf(run(job, starting));
    expect(ofType(events, "skipped")).toEqual([
      { type: "skipped", engine: "broken", reason: "It is broken.", started: false },
    ]);
    expect(words.slice(0, 3)).toEqual(["skipped broken", "started first", "planned"]);
    expect(words.at(-1)).toBe("picture 5 last");
  });

  it("hold the run leaves it to the next one", async () => {
    const host = fakeHost({
      engines: ["first", "second"],
      network,
      engine: { first: { memoryBytes: needed - 1 }, second: { memoryBytes: needed } },
    });
    const { words, events } = await outcomeOf(run(job, host));
    expect(words.slice(0, 4)).toEqual(["started first", "skipped first", "started second", "planned"]);
    expect(ofType(events, "skipped")[0]).toMatchObject({
      engine: "first",
      started: true,
      reason: expect.stringMatching(/^Expected a size that fits the engine first, got 12×8, which takes /),
    });
    expect(words.at(-1)).toBe("picture 5 last");
    expect(host.log.slice(0, 5)).toEqual([
      "start first",
      "load tiny",
      "dispose tiny",
      "stop first",
      "start second",
    ]);
    expectFreed(host);
  });

  it("hold the run, as no other can, gives the refusal of the roomiest", async () => {
    const host = fakeHost({
      engines: ["first", "second", "third"],
      network,
      engine: {
        first: { memoryBytes: needed / 3 },
        second: { memoryBytes: needed / 2 },
        third: { memoryBytes: needed / 4 },
      },
    });
    const { words, error } = await outcomeOf(run(job, host));
    expect(words).toEqual([
      "started first",
      "skipped first",
      "started second",
      "skipped second",
      "started third",
    ]);
    expect(error).toMatchObject({ name: "NoRoom", engine: "second" });
    expectFreed(host);
  });

  it("hold the run ends it where it was the only one requested", async () => {
    const host = fakeHost({
      engines: ["first", "second"],
      once: true,
      network,
      engine: { first: { memoryBytes: 1 } },
    });
    const { words, error } = await outcomeOf(run(job, host));
    expect(words).toEqual(["started first"]);
    expect(error).toMatchObject({ name: "NoRoom", engine: "first" });
    expectFreed(host);
  });
});
