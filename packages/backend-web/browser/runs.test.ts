import { weightsOf } from "@brushwork/recipes";
import type { Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { stripes } from "../../../tests/pictures.js";
import {
  lastPicture,
  type Outcome,
  of,
  openPage,
  pictures,
  plain,
  run,
  servePage,
  shallowRecipe,
  type Told,
} from "./page.fixture.js";

const endless = shallowRecipe({ steps: 100_000 });

describeInChromium("a run in Chromium", (chromium) => {
  let page: Page;
  beforeAll(async () => {
    page = await openPage(chromium, await chromium.serve(servePage()));
  });

  it("reports what happens, in order, and ends with the picture and its recipe", async () => {
    const recipe = {
      ...shallowRecipe(),
      scales: [
        { size: 32, steps: 2 },
        { size: 48, steps: 2 },
      ],
    };
    const weights = "compact/brushwork@2bc24d52c698b59a";
    const found = { ...recipe, network: { ...recipe.network, weights } };
    const outcome = await run(page, { engine: "wasm", recipe, previewEvery: 1e9 });
    const { events } = outcome;
    expect(events.map(kindOf)).toEqual([
      "started",
      "planned",
      "step",
      "step",
      "picture: asked",
      "step",
      "step",
      "picture: last",
    ]);
    expect(events[1]).toEqual({
      type: "planned",
      recipe: found,
      width: 48,
      height: 36,
      steps: 4,
      scales: [
        { width: 32, height: 24, steps: 2 },
        { width: 48, height: 36, steps: 2 },
      ],
      bytes: expect.any(Number),
      operations: expect.any(Number),
    });
    expect(events[4]).toMatchObject({ index: 2, width: 32, height: 24 });
    const painted = lastPicture(outcome);
    expect(painted).toMatchObject({ index: 4, total: 4, width: 48, height: 36 });
    expect(painted.most).toBeGreaterThan(painted.least);
    expect(painted.recipe).toEqual(found);
  });

  it("shows previews as often as it is asked to", async () => {
    const options = { engine: "wasm", recipe: shallowRecipe({ steps: 3 }), previewEvery: 0 } as const;
    expect(pictures(await run(page, options), "asked").map(({ index }) => index)).toEqual([1, 2]);
  });

  it("gives each preview the recipe of its own steps, with the weights that were in force", async () => {
    const recipe = {
      ...shallowRecipe(),
      scales: [
        { size: 32, steps: 2 },
        { size: 48, steps: 100_000 },
      ],
    };
    const options = { engine: "wasm", recipe, previewEvery: 0 } as const;
    const outcome = await run(page, options, { at: 4, ask: "dropStyleAndStop" });
    const losses = of(outcome, "step").map((step) => step.losses as Readonly<Record<string, number>>);
    const previews = pictures(outcome, "asked");
    expect(previews.map(({ recipe: { scales } }) => scales.map(({ steps }) => steps))).toEqual([
      [1],
      [2],
      ...previews.slice(2).map((_, i) => [2, i + 1]),
    ]);
    // A loss is 0 where its weight is: from the step on at which the change was heard.
    const weights = previews.map(({ index }) => (losses[index - 1]?.style === 0 ? 0 : 1));
    expect(new Set(weights)).toEqual(new Set([1, 0]));
    expect(previews.map(({ recipe: { terms } }) => terms[1]?.weight)).toEqual(weights);
  });

  it("blends styles by their weights, which the recipe keeps", async () => {
    const styles = [{ picture: plain(stripes(36, 48)), weight: 3 }, { picture: plain(stripes(24, 24)) }];
    const recipe = shallowRecipe({ size: 32, steps: 1 });
    const both = lastPicture(await run(page, { engine: "wasm", recipe, style: styles }));
    expect(both.recipe.styles).toEqual([{ weight: 3 }, { weight: 1 }]);
    const [first] = styles;
    const one = lastPicture(
      await run(page, { engine: "wasm", recipe, style: [{ picture: first!.picture }] }),
    );
    expect(one.recipe.styles).toBeUndefined();
  });

  it("ends within a step after an abort that a timer triggers", async () => {
    const outcome = await run(page, { engine: "wasm", recipe: endless }, { at: 3, ask: "abortByTimer" });
    expect(outcome.error?.name).toBe("AbortError");
    expect(of(outcome, "step").length).toBeLessThanOrEqual(10);
  });

  it("ends with the picture so far when it is stopped", async () => {
    const outcome = await run(page, { engine: "wasm", recipe: endless }, { at: 3, ask: "stop" });
    const painted = lastPicture(outcome);
    expect(painted).toMatchObject({ total: 100_000, width: 48, height: 36 });
    const { index, recipe } = painted;
    expect(index).toBeGreaterThanOrEqual(3);
    expect(index).toBeLessThanOrEqual(50);
    expect(recipe.scales).toEqual([{ size: 48, steps: index }]);
  });

  it("ends with the picture so far when it is stopped right after a preview of it", async () => {
    const options = { engine: "wasm", recipe: endless, previewEvery: 0 } as const;
    const outcome = await run(page, options, { at: 3, ask: "stop" });
    expect(lastPicture(outcome)).toMatchObject({ width: 48, height: 36 });
  });

  it.each(["stop", "pauseAndStop"] as const)(
    "ends without a picture when it is stopped before the first step: %s",
    async (ask) => {
      const { events, error } = await run(page, { engine: "wasm", recipe: endless }, { at: 0, ask });
      expect(error).toBeUndefined();
      expect(events.filter(({ type }) => type === "step" || type === "picture")).toEqual([]);
    },
  );

  it("waits while it is paused", async () => {
    const outcome = await run(
      page,
      { engine: "wasm", recipe: shallowRecipe({ steps: 60 }) },
      {
        at: 3,
        ask: "pauseAndResume",
      },
    );
    const types = outcome.events.map(({ type }) => type).filter((type) => type !== "picture");
    const paused = types.indexOf("paused");
    expect(types[paused + 1]).toBe("resumed");
    expect(of(outcome, "paused")[0]?.index).toBe(
      types.slice(0, paused).filter((type) => type === "step").length,
    );
    expect(of(outcome, "step").length).toBe(60);
  });

  it("can be stopped while it is paused", async () => {
    const outcome = await run(page, { engine: "wasm", recipe: endless }, { at: 3, ask: "pauseAndStop" });
    expect(outcome.events.slice(-2).map(kindOf)).toEqual(["paused", "picture: last"]);
  });

  it("takes weights from the next step on, and names them in the recipe", async () => {
    const outcome = await run(
      page,
      { engine: "wasm", recipe: shallowRecipe({ steps: 60 }) },
      {
        at: 3,
        ask: "dropStyle",
      },
    );
    const styles = of(outcome, "step").map(({ losses }) => (losses as Record<string, number>).style);
    expect(styles.slice(0, 3).every((style) => style !== undefined && style > 0)).toBe(true);
    const first = styles.indexOf(0);
    expect(first).toBeGreaterThanOrEqual(3);
    expect(styles.slice(first)).toEqual(Array(60 - first).fill(0));
    expect(weightsOf(lastPicture(outcome).recipe)).toEqual({ content: 0.5, style: 0, tv: 10 });
  });

  it("that fails gives the picture that was kept first, with its recipe, and then the error", async () => {
    // The first step takes the image so far that its squares are too large for float32 at the second.
    const recipe = {
      ...endless,
      terms: endless.terms.filter(({ loss }) => loss === "tv"),
      optimizer: { name: "adam", options: { learningRate: 1e25 } },
      clamp: false,
    };
    const outcome = await run(page, { engine: "wasm", recipe, previewEvery: 1e9 });
    const { step = 0, ...error } = outcome.error ?? {};
    expect(error).toMatchObject({
      name: "Diverged",
      message: `The loss "tv" became Infinity at step ${step}: lower the weights or the learning rate.`,
      term: "tv",
    });
    const [kept] = pictures(outcome, "kept");
    expect(outcome.events.at(-1)).toBe(kept);
    expect(kept?.index).toBeGreaterThanOrEqual(1);
    expect(kept?.index).toBeLessThan(step);
    expect(kept?.most).toBeGreaterThan(kept?.least ?? 255);
    expect(kept?.recipe.scales).toEqual([{ size: 48, steps: kept?.index }]);
    expect(kept && weightsOf(kept.recipe)).toEqual({ tv: 10 });
  });

  it("refuses a size that does not fit, with the largest that does", async () => {
    const { error } = await run(page, { engine: "wasm", recipe: shallowRecipe({ size: 20_000 }) });
    expect(error).toMatchObject({ name: "NoRoom", engine: "wasm" });
    expect(error?.message).toMatch(
      /^Expected a size that fits the engine wasm, got 20000×15000, which takes about [\d.]+ GiB: choose at most \d+ pixels for the longer side\.$/,
    );
  });

  it("goes on with the next engine where one has no room for the picture", async () => {
    const outcome = await run(page, {
      engine: "auto",
      software: true,
      probes: "small-gpu",
      recipe: shallowRecipe({ size: 32, steps: 2 }),
    });
    expect(outcome.error).toBeUndefined();
    expect(engineEvents(outcome)).toEqual([
      "started webgpu",
      "skipped webgpu",
      "started webgl",
      "skipped webgl",
      "started wasm",
    ]);
    expect(of(outcome, "skipped").map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^Expected a size that fits the engine webgpu, got 32×24,/),
      expect.stringMatching(/^Expected a size that fits the engine webgl, got 32×24,/),
    ]);
    expect(of(outcome, "step").length).toBe(2);
  });

  it("refuses a size that fits no engine, with the largest that fits one", async () => {
    const outcome = await run(page, {
      engine: "auto",
      software: true,
      recipe: shallowRecipe({ size: 20_000 }),
    });
    const largest = (sentence: unknown) => Number(/at most (\d+) pixels/.exec(String(sentence))?.[1]);
    const skipped = of(outcome, "skipped").map(({ reason }) => largest(reason));
    expect(skipped.length).toBe(2);
    for (const size of skipped) expect(size).toBeLessThanOrEqual(largest(outcome.error?.message));
    expect(outcome.error?.longest).toBe(largest(outcome.error?.message));
  });

  it("refuses what no recipe can be, with its sentence", async () => {
    const recipe = { ...shallowRecipe(), optimizer: { name: "magic", options: {} } };
    expect((await run(page, { engine: "wasm", recipe })).error).toEqual({
      name: "OptionError",
      message: 'Expected the recipe to name a known optimizer, got "magic"; there are adam, lbfgs.',
    });
  });

  it("on a GPU that is lost before the first step goes on with the next engine, which hears what was asked", async () => {
    const outcome = await run(
      page,
      {
        engine: "auto",
        software: true,
        probes: "lost-at-once",
        recipe: shallowRecipe({ size: 32, steps: 2 }),
      },
      { at: 0, ask: "dropStyle" },
    );
    expect(outcome.error).toBeUndefined();
    expect(engineEvents(outcome)).toEqual(["started webgpu", "skipped webgpu", "started webgl"]);
    expect(of(outcome, "skipped")[0]).toMatchObject({ reason: expect.stringMatching(/lost/), started: true });
    expect(of(outcome, "step").map(({ losses }) => (losses as Record<string, number>).style)).toEqual([0, 0]);
  });
});

/** An event's type, with the reason where it is a picture. */
function kindOf({ type, why }: Told): string {
  return why === undefined ? type : `${type}: ${why}`;
}

/** Which engines were started and skipped, in order. */
function engineEvents({ events }: Outcome): readonly string[] {
  return events
    .filter(({ type }) => type === "skipped" || type === "started")
    .map(({ type, engine }) => `${type} ${engine}`);
}
