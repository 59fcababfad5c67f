import os from "node:os";
import { OptionError } from "@brushwork/core";
import type { SkippedEngine } from "@brushwork/runs";
import { testEngine } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type EngineName, engineNames } from "./engine-names.js";
import { startEngine } from "./engines.js";

testEngine({ describe, it }, { name: "wasm", start: () => startEngine("wasm") });

describe("startEngine", () => {
  afterEach(() => vi.restoreAllMocks());

  it("starts wasm, which computes, has gradients and says nothing on the console", async () => {
    const printed = (["log", "info", "warn", "error"] as const).map((level) => vi.spyOn(console, level));
    const engine = await startEngine("wasm");
    expect(engine.name).toBe("wasm");
    expect(engine.device).toMatch(/^WebAssembly/);
    expect(engine.largestTensorBytes).toBe(2 ** 31 - 1);
    expect(engine.memoryBytes).toBeGreaterThan(100 * 2 ** 20);
    expect(engine.memoryBytes).toBeLessThanOrEqual(3.5 * 2 ** 30);
    const slope = tf.grad((x) => tf.sum(tf.square(x)));
    expect([...(await slope(tf.tensor1d([1, -3])).data())]).toEqual([2, -6]);
    await engine.settle();
    engine.trim();
    await engine.stop();
    for (const print of printed) expect(print).not.toHaveBeenCalled();
  });

  it("refuses a second engine until the first is stopped", async () => {
    const engine = await startEngine("wasm");
    await expect(startEngine("wasm")).rejects.toThrow(
      "Expected no engine to be running, got wasm. Stop it first: a process has one.",
    );
    await engine.stop();
    const again = await startEngine("wasm");
    expect([...(await tf.add(1, 2).data())]).toEqual([3]);
    await engine.stop();
    await expect(startEngine("wasm"), "stopping the first once more stopped the second").rejects.toThrow();
    await again.stop();
  });

  it("refuses a second engine while the first is still starting", async () => {
    const starting = startEngine("wasm");
    await expect(startEngine("wasm")).rejects.toThrow("Expected no engine to be running, got wasm.");
    await (await starting).stop();
  });

  it("leaves the process's listeners for crashes alone", async () => {
    const listener = () => {};
    process.on("uncaughtException", listener);
    const count = () => [
      process.listenerCount("uncaughtException"),
      process.listenerCount("unhandledRejection"),
    ];
    const before = count();
    const engine = await startEngine("wasm");
    expect(count()).toEqual(before);
    await engine.stop();
    expect(count()).toEqual(before);
    expect(process.listeners("uncaughtException")).toContain(listener);
    process.off("uncaughtException", listener);
  });

  it("stops the backend", async () => {
    await (await startEngine("wasm")).stop();
    expect(tf.getBackend()).toBeFalsy();
  });

  it("gives wasm as many threads as asked for, up to eight", async () => {
    const x = tf.util.createShuffledIndices(20 * 20 * 8);
    const results: number[][] = [];
    for (const [threads, device] of [
      [2, "WebAssembly (SIMD, 2 threads)"],
      [1, "WebAssembly (SIMD, 1 thread)"],
      [9, "WebAssembly (SIMD, 8 threads)"],
    ] as const) {
      const engine = await startEngine("wasm", { threads });
      expect(engine.device).toBe(device);
      const filter = tf.reshape(tf.range(0, 3 * 3 * 8 * 8), [3, 3, 8, 8]) as tf.Tensor4D;
      const convolved = tf.conv2d(tf.tensor4d([...x], [1, 20, 20, 8]), filter, 1, "same");
      results.push([...(await convolved.data())]);
      await engine.stop();
    }
    expect(results[0]).toHaveLength(20 * 20 * 8);
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it("starts threads without leaving traces in the process", async () => {
    const found = () => [Reflect.get(globalThis, "Worker"), os.cpus().length];
    const before = found();
    const engine = await startEngine("wasm", { threads: 2 });
    expect(found()).toEqual(before);
    await engine.stop();
  });

  it("refuses threads that there cannot be, and can be started afterwards", async () => {
    await expect(startEngine("wasm", { threads: 0 })).rejects.toThrow(
      new OptionError(
        "Expected the option threads of startEngine to be a whole number of at least 1, got 0.",
      ),
    );
    await (await startEngine("wasm", { threads: 1 })).stop();
  });

  it("refuses a name it does not know", async () => {
    await expect(startEngine("abacus" as EngineName)).rejects.toThrow(
      new OptionError('Expected the engine to be one of auto, cuda, webgpu, native, wasm, got "abacus".'),
    );
  });

  it("refuses a precision that wasm does not have, and one that there is not", async () => {
    await expect(startEngine("wasm", { precision: "fast" })).rejects.toThrow(
      new OptionError('Expected the precision "full" for the engine wasm, which has no other, got "fast".'),
    );
    await expect(startEngine("wasm", { precision: "double" as "full" })).rejects.toThrow(
      new OptionError('Expected the option precision of startEngine to be one of full, fast, got "double".'),
    );
    await (await startEngine("wasm", { precision: "full" })).stop();
  });

  it("takes for auto the first engine that can run here, and reports those before it", async () => {
    const skipped: SkippedEngine[] = [];
    const engine = await startEngine("auto", { onSkip: (engine) => skipped.push(engine) });
    expect([...(await tf.add(1, 2).data())]).toEqual([3]);
    await engine.stop();
    expect([...skipped.map((each) => each.engine), engine.name]).toEqual(
      engineNames.slice(0, skipped.length + 1),
    );
    for (const { reason } of skipped) expect(reason).toMatch(/^Expected .+\.$/);
  });
});
