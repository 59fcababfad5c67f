import { loadNetwork, startEngine } from "@brushwork/backend-node";
import { type Picture, type StylizeOptions, stylize } from "@brushwork/core";
import type { Recipe } from "@brushwork/recipes";
import { settings } from "@brushwork/runs";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { isolation } from "../../../tests/chromium.js";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { disc, stripes } from "../../../tests/pictures.js";
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
  tinyRecipe,
} from "./page.fixture.js";

/** So small because GPUs in software are slow, and slower yet at their first step. */
const recipe = tinyRecipe({ size: 32, steps: 7 });

/** The losses that count, sort or look for neighbours, and so use kernels of their own on each engine. */
const otherLosses = {
  ...recipe,
  terms: ["moments", "histogram", "nearest", "laplacian"].map((loss) => ({ loss, weight: 1, options: {} })),
  scales: [{ size: 32, steps: 2 }],
};

/** Every loss, with shallow layers, since GPUs in software are slow. */
const maskedLosses: Recipe = {
  ...recipe,
  terms: ["content", "style", "wasserstein", "moments", "histogram", "nearest", "tv", "laplacian"].map(
    (loss) => ({
      loss,
      weight: 1,
      options: ["tv", "laplacian"].includes(loss) ? {} : { layers: ["relu1_1", "relu2_1"] },
    }),
  ),
  // Steps that are the gradient times a number: the second step's losses show whether it is right.
  optimizer: { name: "lbfgs", options: {} },
  average: { decay: 0, carry: "image" },
  clamp: false,
  scales: [{ size: 32, steps: 2 }],
};

describeInChromium("in Chromium", (chromium) => {
  let page: Page;
  beforeAll(async () => {
    page = await openPage(chromium, await chromium.serve(servePage()));
  });

  describe("the loss curve is Node's", () => {
    let expected: readonly Readonly<Record<string, number>>[];
    let expectedOfOthers: typeof expected;
    let expectedOfMasked: typeof expected;
    beforeAll(async () => {
      expected = await curveInNode(recipe);
      expectedOfOthers = await curveInNode(otherLosses);
      expectedOfMasked = await curveInNode(maskedLosses, maskedStyles);
    });

    it.each(["webgpu", "webgl", "wasm"] as const)("for other losses on %s", async (engine) => {
      const outcome = await run(page, { engine, recipe: otherLosses, probes: "" });
      expectCurve(outcome, expectedOfOthers);
    });

    it.each(["webgpu", "webgl"] as const)("for all losses with masks on %s", async (engine) => {
      const style = maskedStyles.map(({ picture, contentMask, styleMask }) => ({
        picture: plain(picture),
        contentMask: plain(contentMask),
        ...(styleMask && { styleMask: plain(styleMask) }),
      }));
      const outcome = await run(page, { engine, recipe: maskedLosses, style, probes: "" });
      expectCurve(outcome, expectedOfMasked);
    });

    it.each(["webgpu", "webgl", "wasm"] as const)("on %s", async (engine) => {
      const outcome = await run(page, { engine, recipe, probes: "" });
      expectCurve(outcome, expected);
      expect(of(outcome, "started")[0]).toMatchObject({ engine });
      expectSteadyMemory(outcome);
    });

    it("on wasm with threads", async () => {
      const isolated = await chromium.serve(servePage({ headers: isolation }));
      const outcome = await run(await openPage(chromium, isolated), {
        engine: "wasm",
        recipe,
        probes: "four-processors",
      });
      expectCurve(outcome, expected);
      // One processor is left to the page.
      expect(of(outcome, "started")[0]?.device).toBe("WebAssembly (SIMD), 3 threads");
    });
  });

  describe("a style with a mask pulls where it acts, as in Node, and nowhere else", () => {
    let expected: Picture;
    beforeAll(async () => {
      expected = await maskedInNode();
    });

    it.each(["webgpu", "webgl", "wasm"] as const)("on %s", async (engine) => {
      const style = [{ picture: plain(stripes(24, 24)), contentMask: plain(leftHalf) }];
      const outcome = await run(page, {
        engine,
        recipe: maskedStep,
        content: plain(photograph),
        style,
        all: true,
      });
      const { pixels = [] } = lastPicture(outcome);
      const [left, right] = [changesOf(pixels, 0, half), changesOf(pixels, reached, photograph.width)];
      expect(Math.max(...right)).toBe(0);
      expect(left.reduce((sum, change) => sum + change, 0) / left.length).toBeGreaterThan(10);
      // A level may be rounded up on one engine and down on another.
      expect(Math.max(...pixels.map((level, i) => Math.abs(level - (expected.data[i] ?? 0))))).toBeLessThan(
        2,
      );
    });
  });

  describe("a device that is lost leaves the picture so far", () => {
    it.each(["webgpu", "webgl"] as const)("on %s", async (engine) => {
      const outcome = await run(
        page,
        { engine, recipe: shallowRecipe({ size: 32, steps: 100_000 }), probes: "", previewEvery: 0 },
        { at: 2, ask: "loseDevice" },
      );
      expect(outcome.error).toMatchObject({
        name: "DeviceLost",
        message: expect.stringMatching(/lost/),
        engine,
      });
      const [kept] = pictures(outcome, "kept");
      expect(outcome.events.at(-1)).toBe(kept);
      expect(kept?.index).toBeGreaterThanOrEqual(1);
      expect(kept?.most).toBeGreaterThan(kept?.least ?? 255);
    });
  });

  it("runs leave no worker and no memory behind", async () => {
    const session = await page.context().newCDPSession(page);
    const heap = async () => {
      await session.send("HeapProfiler.collectGarbage");
      return (await session.send("Runtime.getHeapUsage")).usedSize;
    };
    const short = { engine: "wasm", recipe: shallowRecipe({ size: 32, steps: 2 }) } as const;
    await run(page, short);
    const before = await heap();
    for (let i = 0; i < 4; i++) await run(page, short);
    await expect.poll(() => page.workers().length).toBe(0);
    // A picture of 32×24 takes 3 kB, the worker's code 1 MB.
    expect((await heap()) - before).toBeLessThan(300_000);
  });
});

const photograph = disc(32, 24);
const half = photograph.width / 2;
/** Deep positions lie on pairs of pixels, and see two pairs' convolutions further: those of the left half see up to here. */
const reached = half + 5;
const leftHalf = {
  ...photograph,
  data: photograph.data.map((_, i) => (i % 4 === 3 || (i / 4) % photograph.width < half ? 255 : 0)),
};

/** Grey from black on the left to white on the right, or the other way. */
const ramp = (rises: boolean) => {
  const { width, height } = photograph;
  const grey = (i: number) => Math.round((255 * ((i >> 2) % width)) / (width - 1));
  const data = photograph.data.map((_, i) => (i % 4 === 3 ? 255 : rises ? grey(i) : 255 - grey(i)));
  return { width, height, data };
};

/** Two styles that act in two regions, and a part of the second one's picture. */
const maskedStyles = [
  { picture: stripes(36, 48), contentMask: ramp(true) },
  { picture: disc(40, 40), contentMask: ramp(false), styleMask: leftHalf },
];

/** One step of L-BFGS, which is the gradient times a number: the change of the picture shows it. */
const maskedStep: Recipe = {
  ...tinyRecipe({ size: photograph.width, steps: 1 }),
  terms: ["style", "wasserstein"].map((loss) => ({
    loss,
    weight: 1,
    options: { layers: ["relu1_1", "relu2_1"], reduction: "relative" },
  })),
  optimizer: { name: "lbfgs", options: { learningRate: 300 } },
  average: { decay: 0, carry: "image" },
  margin: 0,
  init: "content",
};

async function maskedInNode(): Promise<Picture> {
  const engine = await startEngine("wasm");
  const { network } = await loadNetwork("compact");
  const style = [{ picture: stripes(24, 24), contentMask: leftHalf }];
  const options = { engine, network, content: photograph, style, init: "content" as const };
  let painted: Picture | undefined;
  for await (const step of stylize({ ...settings(maskedStep), ...options })) painted = await step.picture();
  network.dispose();
  await engine.stop();
  if (painted === undefined) throw new Error("Expected a picture, got none.");
  return painted;
}

/** How far the levels of some columns are from the photograph's. */
function changesOf(pixels: readonly number[], from: number, to: number): readonly number[] {
  return pixels.flatMap((level, i) => {
    const column = Math.floor(i / 4) % photograph.width;
    return column >= from && column < to ? [Math.abs(level - (photograph.data[i] ?? 0))] : [];
  });
}

/** From the fifth step on, with WebGPU the second that is repeated, nothing more is taken, and in the end nothing is left. */
function expectSteadyMemory(outcome: Outcome): void {
  const steps = of(outcome, "step");
  expect(steps.length).toBeGreaterThan(5);
  for (const { tensors, bytes, buffers } of steps.slice(5)) {
    expect(tensors).toBe(steps[4]?.tensors);
    expect(buffers).toBe(steps[4]?.buffers);
    expect(bytes).toBe(steps[4]?.bytes);
  }
  expect(lastPicture(outcome)).toMatchObject({ tensors: 0, bytes: 0 });
}

async function curveInNode(
  recipe: Recipe,
  style: StylizeOptions["style"] = stripes(36, 48),
): Promise<readonly Readonly<Record<string, number>>[]> {
  const engine = await startEngine("wasm", { threads: 1 });
  const { network } = await loadNetwork("compact");
  const curve: Readonly<Record<string, number>>[] = [];
  const options = { engine, network, content: disc(48, 36), style, init: "noise" as const };
  for await (const step of stylize({ ...settings(recipe), ...options })) curve.push(await step.losses());
  network.dispose();
  await engine.stop();
  return curve;
}

/** Each term at each step, to a thousandth. */
function expectCurve(outcome: Outcome, expected: readonly Readonly<Record<string, number>>[]): void {
  expect(outcome.error).toBeUndefined();
  const curve = of(outcome, "step").map(({ losses }) => losses as Readonly<Record<string, number>>);
  expect(curve.length).toBe(expected.length);
  expect(Object.keys(curve[0] ?? {}).sort()).toEqual(Object.keys(expected[0] ?? {}).sort());
  curve.forEach((losses, i) => {
    for (const [term, value] of Object.entries(losses)) {
      const wanted = expected[i]?.[term] ?? Number.NaN;
      expect(Math.abs(value - wanted) / wanted, `${term} of step ${i + 1}`).toBeLessThan(1e-3);
    }
  });
}
