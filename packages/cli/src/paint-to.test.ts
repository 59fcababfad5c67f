import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadNetwork, startEngine } from "@brushwork/backend-node";
import { type Engine, extractRecipe, type Network, type Picture } from "@brushwork/core";
import { presets, settings } from "@brushwork/recipes";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { paintTo } from "./paint-to.js";
import { quietProgress } from "./progress.js";

describe("a run that fails after three steps", () => {
  const picture: Picture = { width: 32, height: 32, data: new Uint8ClampedArray(32 * 32 * 4).fill(200) };
  const recipe = { ...presets.default.recipe, scales: [{ size: 32, steps: 5 }] };
  let engine: Engine;
  let network: Network;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-"));
    engine = await startEngine("wasm");
    network = (await loadNetwork("compact")).network;
  });
  afterAll(async () => {
    network.dispose();
    await engine.stop();
    await rm(folder, { recursive: true });
  });
  afterEach(() => vi.restoreAllMocks());

  async function fail(path: string): Promise<void> {
    let steps = 0;
    const failing: Network = {
      ...network,
      forward(image, layers) {
        if (steps === 3) throw new Error("The device is gone.");
        steps++;
        return network.forward(image, layers);
      },
    };
    const run = { ...settings(recipe), engine, network: failing, content: picture, style: picture };
    const outputs = { path, format: "png", intermediate: new Map() } as const;
    await paintTo(outputs, run, recipe, {}, quietProgress(vi.fn()), new AbortController().signal);
  }

  it("leaves the picture that was kept, and says so", async () => {
    // Each look at the clock is half a minute after the last.
    let time = 0;
    vi.spyOn(performance, "now").mockImplementation(() => {
      time += 30_000;
      return time;
    });
    const path = join(folder, "out.png");
    await expect(fail(path)).rejects.toThrow(`The device is gone. The picture of step 3 of 5 is in ${path}.`);
    expect(extractRecipe(await readFile(path))?.scales).toEqual([{ size: 32, steps: 3 }]);
  });

  it("leaves nothing when it fails sooner than a picture is kept", async () => {
    const before = await readdir(folder);
    await expect(fail(join(folder, "other.png"))).rejects.toThrow(/^The device is gone\.$/);
    expect(await readdir(folder)).toEqual(before);
  });
});
