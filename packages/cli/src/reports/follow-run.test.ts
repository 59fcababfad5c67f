import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadNetwork, nodeHost, readPicture, startEngine } from "@brushwork/backend-node";
import { DeviceLost, type Engine, type Network, type Picture } from "@brushwork/core";
import { extractRecipe, presets } from "@brushwork/recipes";
import { run } from "@brushwork/runs";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { pictureWriter } from "../files/picture-writer.js";
import { followRun } from "./follow-run.js";
import { quietProgress } from "./progress.js";

describe("a run", () => {
  const picture: Picture = { width: 32, height: 32, data: new Uint8ClampedArray(32 * 32 * 4).fill(200) };
  const recipe = { ...presets.default.recipe, scales: [{ size: 32, steps: 5 }], margin: 0 };
  let engine: Engine;
  let network: Network;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-"));
    engine = await startEngine("wasm", { threads: 1 });
    network = (await loadNetwork("compact")).network;
  });
  afterAll(async () => {
    network.dispose();
    await engine.stop();
    await rm(folder, { recursive: true });
  });
  afterEach(() => vi.restoreAllMocks());

  async function fail(path: string, after: number): Promise<void> {
    let steps = 0;
    const failing: Network = {
      ...network,
      forward(image, layers) {
        if (steps === after) throw new Error("The device is gone.");
        steps++;
        return network.forward(image, layers);
      },
    };
    await paint(engine, failing, path);
  }

  /** No reading takes any time, so that each step's picture is kept. */
  async function paint(
    engine: Engine,
    network: Network,
    path: string,
    { debug = false, warned = vi.fn() }: { debug?: boolean; warned?: (sentence: string) => void } = {},
  ): Promise<void> {
    const outputs = { path, format: "png", intermediate: new Map() } as const;
    const host = { ...nodeHost({ engine, network }), now: () => 0 };
    const events = run({ content: picture, styles: [picture], recipe }, host);
    const progress = { ...quietProgress(vi.fn()), warned };
    const writer = pictureWriter(outputs, {}, progress);
    await followRun(
      events,
      writer,
      { names: { content: "photo.png" }, engine: engine.name, debug },
      progress,
      new AbortController().signal,
    );
  }

  it.each([true, false])("says with --debug why its steps are not repeated: %s", async (debug) => {
    const recorder: Engine["recorder"] = () => ({
      refusal: "a step reads numbers back",
      run: (_, numbers, compute) => tf.tidy(() => [...compute(numbers.map((number) => tf.scalar(number)))]),
      dispose() {},
    });
    const warned = vi.fn();
    await paint({ ...engine, recorder }, network, join(folder, `${debug}.png`), { debug, warned });
    expect(warned.mock.calls.flat()).toEqual(
      debug
        ? ["The GPU gets the commands of each step anew, which takes longer: a step reads numbers back."]
        : [],
    );
  });

  it("that fails leaves the picture that was kept, and says so", async () => {
    const path = join(folder, "out.png");
    await expect(fail(path, 3)).rejects.toThrow(
      `The device is gone. The picture of step 3 of 5 is in ${path}.`,
    );
    expect(extractRecipe(await readFile(path))?.scales).toEqual([{ size: 32, steps: 3 }]);
  });

  it("that fails leaves a picture, however soon it fails", async () => {
    const path = join(folder, "soon.png");
    await expect(fail(path, 1)).rejects.toThrow(`The picture of step 1 of 5 is in ${path}.`);
    expect((await readPicture(path)).width).toBe(32);
  });

  it("that fails leaves the picture that was kept when the device is lost, and nothing can be read back", async () => {
    let lose: (reason: DeviceLost) => void = () => {};
    const lost = new Promise<DeviceLost>((resolve) => {
      lose = resolve;
    });
    let steps = 0;
    const losing: Network = {
      ...network,
      forward(image, layers) {
        if (steps === 3) {
          lose(new DeviceLost("The GPU was lost.", "webgpu"));
          vi.spyOn(tf.backend(), "read").mockRejectedValue(new Error("Nothing can be read."));
        }
        steps++;
        return network.forward(image, layers);
      },
    };
    const settle = () => (steps === 4 ? lost.then((reason) => Promise.reject(reason)) : Promise.resolve());
    const gpu: Engine = { ...engine, lost, settle };
    const path = join(folder, "lost.png");
    await expect(paint(gpu, losing, path)).rejects.toMatchObject({
      message: `The GPU was lost. The picture of step 3 of 5 is in ${path}.`,
      exitCode: 1,
    });
    expect((await readPicture(path)).width).toBe(32);
    expect(extractRecipe(await readFile(path))?.scales).toEqual([{ size: 32, steps: 3 }]);
  });

  it("that fails in the first step leaves nothing", async () => {
    const before = await readdir(folder);
    await expect(fail(join(folder, "other.png"), 0)).rejects.toThrow(/^The device is gone\.$/);
    expect(await readdir(folder)).toEqual(before);
  });
});
