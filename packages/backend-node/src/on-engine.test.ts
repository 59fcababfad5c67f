import { DeviceLost, type Engine, NoRoom } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { EngineEntry } from "./engine-entry.js";
import type { SkippedEngine } from "./engines.js";
import { onEngine } from "./on-engine.js";

/** In place of the real ones, which machines have or have not. */
const { webgpu, native } = vi.hoisted(() => {
  const entry = (name: string) => ({ name, load: vi.fn(async () => {}), start: vi.fn() });
  return { webgpu: entry("webgpu"), native: entry("native") };
});
vi.mock("./cuda.js", () => ({
  cuda: {
    name: "cuda",
    load: async () => Promise.reject(new Error("There is no CUDA.")),
    start: async () => Promise.reject(new Error("Never.")),
  } satisfies EngineEntry,
}));
vi.mock("./webgpu.js", () => ({ webgpu }));
vi.mock("./native.js", () => ({ native }));

interface Fake extends Engine {
  lose(): void;
}

function fake(name: string): Fake {
  const { promise: lost, resolve } = promiseWithResolver<DeviceLost>();
  return {
    name,
    device: "a fake",
    largestTensorBytes: 1,
    memoryBytes: 1,
    lost,
    settle: async () => {},
    trim: () => {},
    stop: vi.fn(async () => {}),
    lose: () => resolve(new DeviceLost(`${name} is lost.`, name)),
  };
}

function promiseWithResolver<Value>() {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe("onEngine", () => {
  const fakes = { webgpu: fake("webgpu"), native: fake("native") };
  const skipped: SkippedEngine[] = [];
  const onSkip = (engine: SkippedEngine) => skipped.push(engine);
  const start = () => {
    Object.assign(fakes, { webgpu: fake("webgpu"), native: fake("native") });
    webgpu.start.mockImplementation(async () => fakes.webgpu);
    native.start.mockImplementation(async () => fakes.native);
  };
  afterEach(() => {
    skipped.length = 0;
    expect(tf.getBackend()).toBeFalsy();
  });

  /** The names of the engines whose items came through. */
  async function work(
    name: "auto" | "webgpu",
    act: (engine: Engine) => AsyncIterable<string>,
  ): Promise<readonly string[]> {
    start();
    const items: string[] = [];
    for await (const item of onEngine(name, { onSkip }, act)) items.push(item);
    return items;
  }

  it("works on the first engine that starts, and stops it", async () => {
    const items = await work("auto", async function* ({ name }) {
      yield name;
      yield name;
    });
    expect(items).toEqual(["webgpu", "webgpu"]);
    expect(skipped).toEqual([{ name: "cuda", reason: "There is no CUDA.", started: false }]);
    expect(fakes.webgpu.stop).toHaveBeenCalledOnce();
    expect(native.start).not.toHaveBeenCalled();
  });

  it("moves on where an engine is lost before the first item", async () => {
    const items = await work("auto", async function* (engine) {
      if (engine.name === "webgpu") {
        fakes.webgpu.lose();
        throw new Error("The GPU is gone.");
      }
      yield engine.name;
    });
    expect(items).toEqual(["native"]);
    expect(skipped[1]).toEqual({ name: "webgpu", reason: "The GPU is gone.", started: true });
    expect(fakes.webgpu.stop).toHaveBeenCalledOnce();
    expect(fakes.native.stop).toHaveBeenCalledOnce();
  });

  it("moves on where an engine has no room", async () => {
    const items = await work("auto", async function* (engine) {
      if (engine.name !== "wasm") throw noRoom(engine);
      yield engine.name;
    });
    expect(items).toEqual(["wasm"]);
    expect(skipped.map(({ name, started }) => [name, started])).toEqual([
      ["cuda", false],
      ["webgpu", true],
      ["native", true],
    ]);
  });

  it("ends with the refusal of the roomiest where all have too little room", async () => {
    const painting = work("auto", async function* (engine) {
      yield* [];
      throw noRoom(engine, engine.name === "native" ? 200 : 100);
    });
    await expect(painting).rejects.toThrow("too large for native");
  });

  it.each([
    ["after the first item", "auto", true],
    ["of an engine that was named", "webgpu", false],
  ] as const)("passes on the loss %s", async (_, name, begun) => {
    const painting = work(name, async function* () {
      if (begun) yield "an item";
      fakes.webgpu.lose();
      throw new Error("The GPU is gone.");
    });
    await expect(painting).rejects.toThrow("The GPU is gone.");
    expect(fakes.webgpu.stop).toHaveBeenCalledOnce();
  });

  it("passes on what is not the engine's fault", async () => {
    const painting = work("auto", async function* () {
      yield* [];
      throw new Error("There are no weights.");
    });
    await expect(painting).rejects.toThrow("There are no weights.");
    expect(skipped).toHaveLength(1);
  });

  it("stops the engine when it is left early", async () => {
    start();
    for await (const _ of onEngine("auto", {}, async function* () {
      yield 1;
      yield 2;
    }))
      break;
    expect(fakes.webgpu.stop).toHaveBeenCalledOnce();
  });
});

function noRoom(engine: Engine, longest = 100): NoRoom {
  return new NoRoom(`too large for ${engine.name}`, { engine: engine.name, longest });
}
