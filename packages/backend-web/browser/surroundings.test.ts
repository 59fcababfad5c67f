import type { Recipe } from "@brushwork/recipes";
import { expect, it } from "vitest";
import { isolation } from "../../../tests/chromium.js";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { lastPicture, of, openPage, run, servePage, shallowRecipe } from "./page.fixture.js";

const recipe = shallowRecipe({ size: 32, steps: 2 });
const policy = {
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:",
};

describeInChromium(
  "a page",
  (chromium) => {
    const serve = (options: Parameters<typeof servePage>[0] = {}) => chromium.serve(servePage(options));

    it("with a GPU in software alone paints on wasm, and says why", async () => {
      const outcome = await run(await openPage(chromium, await serve()), { recipe });
      expect(outcome.error).toBeUndefined();
      expect(of(outcome, "skipped")).toEqual([
        {
          type: "skipped",
          engine: "webgpu",
          reason: expect.stringMatching(/^Expected a real GPU for WebGPU/),
          started: false,
        },
        {
          type: "skipped",
          engine: "webgl",
          reason: expect.stringMatching(/^Expected a real GPU for WebGL/),
          started: false,
        },
      ]);
      expect(of(outcome, "started")[0]?.engine).toBe("wasm");
    });

    it("knows which engines there are", async () => {
      const page = await openPage(chromium, await serve());
      const engines = await page.evaluate(() => globalThis.brushwork.engineReports());
      expect(engines).toEqual([
        { name: "webgpu", available: true, device: expect.stringMatching(/./), software: true },
        { name: "webgl", available: true, device: expect.stringMatching(/./), software: true },
        { name: "wasm", available: true, device: "WebAssembly (SIMD)", software: false },
      ]);
    });

    it("knows which losses there are, and what they can look at", async () => {
      const page = await openPage(chromium, await serve());
      const { losses, layers } = await page.evaluate(() => globalThis.brushwork.lossSupport());
      expect(losses.map(({ name }) => name)).toEqual([
        "content",
        "style",
        "wasserstein",
        "tv",
        "moments",
        "histogram",
        "nearest",
        "laplacian",
      ]);
      expect(losses[1]).toEqual({
        name: "style",
        description: expect.stringMatching(/Gram/),
        options: expect.objectContaining({
          type: "object",
          properties: expect.objectContaining({
            reduction: expect.objectContaining({
              title: "Reduction",
              enum: ["mean", "sum", "relative"],
              default: "mean",
            }),
          }),
        }),
      });
      expect(layers.compact).toContain("relu4_2");
      expect(layers.vgg19).toContain("pool5");
      await expect.poll(() => page.workers().length).toBe(0);
    });

    it("checks recipes without painting", async () => {
      const page = await openPage(chromium, await serve());
      const check = (terms: Recipe["terms"]) =>
        page.evaluate(
          (text) =>
            globalThis.brushwork
              .checkRecipe(JSON.parse(text))
              .catch(
                (error: Error) => `${error instanceof globalThis.brushwork.OptionError} ${error.message}`,
              ),
          JSON.stringify({ ...recipe, terms }),
        );
      expect(await check(recipe.terms)).toBeUndefined();
      expect(await check([{ loss: "brushwork-loss-foo", weight: 1, options: {} }])).toMatch(
        /^true Expected .* got "brushwork-loss-foo"/,
      );
      expect(await check([{ loss: "style", weight: 1, options: { layers: [] } }])).toMatch(
        /^true Expected the option "layers" of the loss "style"/,
      );
      await expect.poll(() => page.workers().length).toBe(0);
    });

    it("with the strictest policy paints on threads", async () => {
      const site = await serve({ headers: { ...isolation, ...policy } });
      const outcome = await run(await openPage(chromium, site), { engine: "wasm", recipe });
      expect(outcome.error).toBeUndefined();
      expect(of(outcome, "started")[0]?.device).toMatch(/^WebAssembly \(SIMD\), \d+ threads?$/);
      expect(lastPicture(outcome).index).toBe(2);
    });

    it("without the threads' file paints on one thread", async () => {
      const redirects = { "assets/wasm-thread.js": "nowhere.js" };
      const site = await serve({ headers: isolation, redirects });
      const page = await openPage(chromium, site);
      const outcome = await run(page, { engine: "wasm", recipe });
      expect(outcome.error).toBeUndefined();
      expect(of(outcome, "started")[0]?.device).toBe("WebAssembly (SIMD)");
      expect(site.requests).toContain("nowhere.js");
    });

    it("below a path paints", async () => {
      const site = await serve({ base: "/deep/down/" });
      expect((await run(await openPage(chromium, site), { engine: "wasm", recipe })).error).toBeUndefined();
    });

    it("that is not secure paints on what there is, and keeps nothing", async () => {
      const site = await serve();
      const address = site.address.replace("localhost", "insecure.example");
      const page = await openPage(chromium, { address });
      const outcome = await run(page, { recipe });
      expect(of(outcome, "skipped")[0]).toEqual({
        type: "skipped",
        engine: "webgpu",
        reason:
          "This browser offers no WebGPU to this page. Update it, and open the page over https or on localhost.",
        started: false,
      });
      // Nor can it compute hashes.
      expect(lastPicture(outcome).recipe.network).toEqual({ name: "compact", pooling: "average" });
      const kept = await page.evaluate(async () => {
        const store = globalThis.brushwork.weightStore();
        const refusal = await store.pull("vgg19").catch(({ message }: Error) => message);
        return [await store.status("vgg19"), refusal];
      });
      expect(kept).toEqual([
        "absent",
        "Downloads can be checked only on a secure page (https or localhost). Pick a weight file instead.",
      ]);
    });

    it("without the worker's file says so", async () => {
      const page = await openPage(chromium, await serve());
      await page.route("**/default-worker.js", (route) => route.abort());
      expect((await run(page, { recipe })).error?.message).toBe(
        "The worker did not load. Check that its file is served, and that the page's policy allows it.",
      );
    });
  },
  { args: ["--host-resolver-rules=MAP insecure.example 127.0.0.1"] },
);
