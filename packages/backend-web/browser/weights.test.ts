import { createHash } from "node:crypto";
import type { Recipe } from "@brushwork/recipes";
import type { Page } from "playwright-core";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { type Site, serveSite } from "../../../tests/chromium.js";
import { describeInChromium } from "../../../tests/in-chromium.js";
import type { WeightCatalogue } from "../src/index.js";
import { lastPicture, of, openPage, run, servePage, tinyRecipe } from "./page.fixture.js";

/** A stand-in for VGG-19: two convolutions in three shards. */
const arrays = {
  "conv1_1/kernel": [3, 3, 3, 4],
  "conv1_1/bias": [4],
  "conv1_2/kernel": [3, 3, 4, 4],
  "conv1_2/bias": [4],
};
const second = Buffer.concat([numbers(144), numbers(4)]);
const files: Readonly<Record<string, Buffer>> = {
  "group1-shard1of1": Buffer.concat([numbers(108), numbers(4)]),
  "group2-shard1of2": second.subarray(0, 100),
  "group2-shard2of2": second.subarray(100),
};
/** 3·3·3·4 + 4 + 3·3·4·4 + 4 numbers of four bytes. */
const total = 1040;

describeInChromium("weights in Chromium", (chromium) => {
  let site: Site;
  let page: Page;
  beforeAll(async () => {
    site = await chromium.serve(servePage());
  });
  beforeEach(async () => {
    page = await openPage(chromium, site);
  });

  /** A source on another origin, whose files may differ from what the catalogue says. */
  async function source(offered: Readonly<Record<string, Buffer>> = files) {
    const headers = { "access-control-allow-origin": "*" };
    const running = await chromium.serve(serveSite({ files: offered, headers }));
    const hashes = Object.entries(files).map(([path, bytes]) => [path, gitSha1(bytes)]);
    const shards = Object.fromEntries(hashes);
    const published = { base: running.address, shards, arrays, licence: "", attribution: "" };
    return { running, catalogue: { vgg19: published } satisfies WeightCatalogue };
  }

  const pull = (catalogue: WeightCatalogue) =>
    page.evaluate(async (given) => {
      const progress: { received: number; total: number }[] = [];
      const store = globalThis.brushwork.weightStore({ catalogue: given });
      const refusal = await store.pull("vgg19", { onProgress: (now) => progress.push(now) }).then(
        ({ unkept }) => unkept,
        ({ message }: Error) => message,
      );
      return { progress, refusal, status: await store.status("vgg19") };
    }, catalogue);

  const recipe: Recipe = {
    ...tinyRecipe({ size: 32, steps: 2 }),
    network: { name: "vgg19", pooling: "average" },
    terms: [{ loss: "style", weight: 1, options: { layers: ["relu1_1", "relu1_2"] } }],
  };

  it("are downloaded, checked and kept, and then not asked for again", async () => {
    const { running, catalogue } = await source();
    const { progress, refusal, status } = await pull(catalogue);
    expect([refusal, status]).toEqual([undefined, "kept"]);
    expect(progress.at(-1)).toEqual({ received: total, total });
    expect(progress.map(({ received }) => received)).toEqual(
      [...progress.map(({ received }) => received)].sort((a, b) => a - b),
    );
    expect(running.requests).toEqual(Object.keys(files));

    const outcome = await run(page, { engine: "wasm", recipe, catalogue });
    expect(outcome.error).toBeUndefined();
    expect(of(outcome, "pulling")).toEqual([]);
    expect(of(outcome, "step").length).toBe(2);
    expect(running.requests.length).toBe(3);
  });

  it("are downloaded by a run that needs them, which names them in its recipe", async () => {
    const { catalogue } = await source();
    const outcome = await run(page, { engine: "wasm", recipe, catalogue });
    expect(of(outcome, "pulling").at(-1)).toEqual({ type: "pulling", received: total, total });
    const painted = lastPicture(outcome);
    expect(painted.recipe.network.weights).toMatch(/^sha256:[0-9a-f]{64}$/);
    const again = await run(page, { engine: "wasm", recipe, catalogue });
    expect(of(again, "pulling")).toEqual([]);
    expect(lastPicture(again).recipe.network).toEqual(painted.recipe.network);
  });

  it("are named by their published source, as the command names them, and a recipe of either paints without a notice", async () => {
    const { catalogue } = await source();
    // What the command names the weights of Keras, however it converts them.
    const weights = "vgg19/keras@253f8cb515780f3b799900260a226db6";
    const named = { vgg19: { ...catalogue.vgg19, id: weights } };
    const outcome = await run(page, { engine: "wasm", recipe, catalogue: named });
    expect(lastPicture(outcome).recipe.network.weights).toBe(weights);
    const ofCommand = { ...recipe, network: { ...recipe.network, weights } };
    const again = await run(page, { engine: "wasm", recipe: ofCommand, catalogue: named });
    expect([of(again, "notice"), of(again, "pulling")]).toEqual([[], []]);
    const other = { ...recipe, network: { ...recipe.network, weights: `sha256:${"0".repeat(64)}` } };
    const noticed = await run(page, { engine: "wasm", recipe: other, catalogue: named });
    expect(of(noticed, "notice")).toMatchObject([{ kind: "other weights", found: weights }]);
  });

  it("of which a part is missing are taken up there", async () => {
    const { "group2-shard2of2": missing, ...rest } = files;
    const broken = await source(rest);
    const { refusal, status } = await pull(broken.catalogue);
    expect(refusal).toMatch(
      /^localhost:\d+ did not deliver group2-shard2of2\. It answered 404\. Check the connection and try again: the download continues where it stopped\.$/,
    );
    expect(status).toBe("absent");
    const whole = await source();
    expect(await pull(whole.catalogue)).toMatchObject({ status: "kept" });
    expect(whole.running.requests).toEqual(["group2-shard2of2"]);
  });

  it("that are not what was published are refused", async () => {
    const { catalogue } = await source({ ...files, "group1-shard1of1": Buffer.alloc(448) });
    const { refusal, status } = await pull(catalogue);
    expect(refusal).toMatch(/Its bytes are not the published ones \(SHA-1 [0-9a-f]{40}\)\./);
    expect(status).toBe("absent");
  });

  it("are used without being kept where there is no room, which a run says", async () => {
    const { catalogue } = await source();
    const outcome = await run(page, { engine: "wasm", recipe, catalogue, probes: "full" });
    expect(of(outcome, "notice")).toEqual([
      {
        type: "notice",
        kind: "unkept",
        reason:
          "The browser has no room for 1 MB of weights. Free some space, or pick a weight file each time.",
      },
    ]);
    expect(lastPicture(outcome).index).toBe(2);
  });

  it("are handed over where there is no room, with the reason", async () => {
    const { catalogue } = await source();
    const [size, unkept, status] = await page.evaluate(async (given) => {
      Cache.prototype.put = async () => {
        throw new DOMException("Quota exceeded.", "QuotaExceededError");
      };
      const store = globalThis.brushwork.weightStore({ catalogue: given });
      const { weights, unkept } = await store.pull("vgg19");
      return [weights.size, unkept, await store.status("vgg19")] as const;
    }, catalogue);
    expect(size).toBeGreaterThan(total);
    expect(unkept).toMatch(/^The browser has no room for 1 MB of weights\./);
    expect(status).toBe("absent");
  });

  it("of a picked file are kept until they are removed", async () => {
    const statuses = await page.evaluate(async () => {
      const store = globalThis.brushwork.weightStore();
      const before = await store.status("vgg16");
      await store.keep("vgg16", new Blob(["weights"]));
      const kept = await store.status("vgg16");
      await store.remove("vgg16");
      return [before, kept, await store.status("vgg16")];
    });
    expect(statuses).toEqual(["absent", "kept", "absent"]);
  });

  it("that nobody publishes have to be picked", async () => {
    const { error } = await run(page, {
      engine: "wasm",
      recipe: { ...recipe, network: { name: "vgg16", pooling: "max" } },
    });
    expect(error).toMatchObject({
      name: "OptionError",
      message: 'Expected a network whose weights can be downloaded (vgg19), got "vgg16": pick a weight file.',
    });
  });
});

/** Small numbers of both signs. */
function numbers(count: number): Buffer {
  return Buffer.from(Float32Array.from({ length: count }, (_, i) => ((i * 7) % 11) / 50 - 0.1).buffer);
}

function gitSha1(bytes: Buffer): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
