import type { Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { type Outcome, of, openPage, run, servePage, tinyRecipe } from "./page.fixture.js";

const endless = tinyRecipe({ steps: 100_000 });

describeInChromium("a run in Chromium", (chromium) => {
  let page: Page;
  beforeAll(async () => {
    page = await openPage(chromium, await chromium.serve(servePage()));
  });

  it("tells what happens, in order, and ends with the picture and its recipe", async () => {
    const recipe = {
      ...tinyRecipe(),
      scales: [
        { size: 32, steps: 2 },
        { size: 48, steps: 2 },
      ],
    };
    const { events, error } = await run(page, { engine: "wasm", recipe, previewEvery: 1e9 });
    expect(error).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual([
      "started",
      "planned",
      "step",
      "step",
      "preview",
      "step",
      "step",
      "painted",
    ]);
    expect(events[1]).toEqual({
      type: "planned",
      width: 48,
      height: 36,
      steps: 4,
      scales: [
        { width: 32, height: 24, steps: 2 },
        { width: 48, height: 36, steps: 2 },
      ],
    });
    expect(events[4]).toMatchObject({ index: 2, width: 32, height: 24 });
    const painted = events[7];
    expect(painted).toMatchObject({ index: 4, total: 4, width: 48, height: 36 });
    expect(painted?.most).toBeGreaterThan(painted?.least as number);
    // Of the file in packages/networks/assets, by sha256sum.
    const sha256 = "2bc24d52c698b59aef93dd6785a7a80eee2223d6b6ad537ed5fb897d3bb07f97";
    expect(painted?.recipe).toEqual({ ...recipe, network: { ...recipe.network, sha256 } });
  });

  it("shows previews as often as it is asked to", async () => {
    const { events } = await run(page, { engine: "wasm", recipe: tinyRecipe({ steps: 3 }), previewEvery: 0 });
    expect(events.filter(({ type }) => type === "preview").map(({ index }) => index)).toEqual([1, 2]);
  });

  it("ends within a step after an abort that a timer triggers", async () => {
    const outcome = await run(page, { engine: "wasm", recipe: endless }, { at: 3, ask: "abortByTimer" });
    expect(outcome.error?.name).toBe("AbortError");
    expect(of(outcome, "step").length).toBeLessThanOrEqual(10);
  });

  it("ends with the picture so far when it is stopped", async () => {
    const outcome = await run(page, { engine: "wasm", recipe: endless }, { at: 3, ask: "stop" });
    const painted = outcome.events.at(-1);
    expect(painted).toMatchObject({ type: "painted", total: 100_000, width: 48, height: 36 });
    const { index, recipe } = painted as unknown as { index: number; recipe: typeof endless };
    expect(index).toBeGreaterThanOrEqual(3);
    expect(index).toBeLessThanOrEqual(50);
    expect(recipe.scales).toEqual([{ size: 48, steps: index }]);
  });

  it("ends with the picture so far when it is stopped right after a preview of it", async () => {
    const options = { engine: "wasm", recipe: endless, previewEvery: 0 } as const;
    const { events, error } = await run(page, options, { at: 3, ask: "stop" });
    expect(error).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ type: "painted", width: 48, height: 36 });
  });

  it("waits while it is paused", async () => {
    const outcome = await run(
      page,
      { engine: "wasm", recipe: tinyRecipe({ steps: 60 }) },
      {
        at: 3,
        ask: "pauseAndResume",
      },
    );
    const types = outcome.events.map(({ type }) => type).filter((type) => type !== "preview");
    const paused = types.indexOf("paused");
    expect(types[paused + 1]).toBe("resumed");
    expect(of(outcome, "paused")[0]?.index).toBe(
      types.slice(0, paused).filter((type) => type === "step").length,
    );
    expect(of(outcome, "step").length).toBe(60);
  });

  it("can be stopped while it is paused", async () => {
    const outcome = await run(page, { engine: "wasm", recipe: endless }, { at: 3, ask: "pauseAndStop" });
    expect(outcome.events.slice(-2).map(({ type }) => type)).toEqual(["paused", "painted"]);
  });

  it("takes weights from the next step on, and names them in the recipe", async () => {
    const outcome = await run(
      page,
      { engine: "wasm", recipe: tinyRecipe({ steps: 60 }) },
      {
        at: 3,
        ask: "dropStyle",
      },
    );
    const styles = of(outcome, "step").map(({ losses }) => (losses as Record<string, number>).wasserstein);
    expect(styles.slice(0, 3).every((style) => style !== undefined && style > 0)).toBe(true);
    const first = styles.indexOf(0);
    expect(first).toBeGreaterThanOrEqual(3);
    expect(styles.slice(first)).toEqual(Array(60 - first).fill(0));
    const { recipe } = outcome.events.at(-1) as unknown as { recipe: typeof endless };
    expect(recipe.terms.map(({ name, weight }) => [name, weight])).toEqual([
      ["content", 0.5],
      ["wasserstein", 0],
      ["tv", 10],
    ]);
  });

  it("refuses a size that does not fit, with the largest that does", async () => {
    const { error } = await run(page, { engine: "wasm", recipe: tinyRecipe({ size: 20_000 }) });
    expect(error?.name).toBe("RangeError");
    expect(error?.message).toMatch(
      /^Expected a size that fits the engine wasm, got 20000×15000, which takes about [\d.]+ GiB: choose at most \d+ pixels for the longer side\.$/,
    );
  });

  it("goes on with the next engine where one has no room for the picture", async () => {
    const outcome = await run(page, {
      engine: "auto",
      software: true,
      probes: "small-gpu",
      recipe: tinyRecipe({ size: 32, steps: 2 }),
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
    const outcome = await run(page, { engine: "auto", software: true, recipe: tinyRecipe({ size: 20_000 }) });
    const largest = (sentence: unknown) => Number(/at most (\d+) pixels/.exec(String(sentence))?.[1]);
    const skipped = of(outcome, "skipped").map(({ reason }) => largest(reason));
    expect(skipped.length).toBe(2);
    for (const size of skipped) expect(size).toBeLessThanOrEqual(largest(outcome.error?.message));
    expect(outcome.error?.longest).toBe(largest(outcome.error?.message));
  });

  it("refuses what no recipe can be, with its sentence", async () => {
    const recipe = { ...tinyRecipe(), optimizer: { name: "magic", options: {} } };
    expect((await run(page, { engine: "wasm", recipe })).error).toEqual({
      name: "RangeError",
      message: 'Expected the recipe to name a known optimizer, got "magic"; there are adam.',
    });
  });

  it("on a GPU that is lost before the first step goes on with the next engine", async () => {
    const outcome = await run(page, {
      engine: "auto",
      software: true,
      probes: "lost-at-once",
      recipe: tinyRecipe({ size: 32, steps: 2 }),
    });
    expect(outcome.error).toBeUndefined();
    expect(engineEvents(outcome)).toEqual(["started webgpu", "skipped webgpu", "started webgl"]);
    expect(of(outcome, "skipped")[0]?.reason).toMatch(/lost/);
    expect(of(outcome, "step").length).toBe(2);
  });
});

/** Which engines were started and skipped, in order. */
function engineEvents({ events }: Outcome): readonly string[] {
  return events
    .filter(({ type }) => type === "skipped" || type === "started")
    .map(({ type, engine }) => `${type} ${engine}`);
}
