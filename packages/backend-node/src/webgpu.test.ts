import type { Engine } from "@brushwork/core";
import { testEngine } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { absenceOfEngine } from "../../../tests/absence-of-engine.js";
import { startEngine } from "./engines.js";
import { explanation, webgpu } from "./webgpu.js";

const missing = await absenceOfEngine("webgpu", () => webgpu.load({ byName: true }));

describe.skipIf(missing !== undefined)(`the engine webgpu${missing ? `, skipped: ${missing}` : ""}`, () => {
  testEngine({ describe, it }, { name: "webgpu", start: () => startEngine("webgpu") });

  it("has no threads and no fast precision to choose", async () => {
    await expect(startEngine("webgpu", { threads: 2 })).rejects.toThrow(
      "Expected no threads for the engine webgpu, which runs on the GPU, got 2.",
    );
    await expect(startEngine("webgpu", { precision: "fast" })).rejects.toThrow(
      'Expected the precision "full" for the engine webgpu, which has no other, got "fast".',
    );
  });

  it("leaves no GPU behind that would keep the process from ending", async () => {
    await (await startEngine("webgpu")).stop();
    expect((globalThis as { navigator?: { gpu?: unknown } }).navigator?.gpu).toBeUndefined();
  });

  describe("while it runs", () => {
    let engine: Engine;
    const backend = () => tf.backend() as tf.KernelBackend & { readonly device: GPUDevice };
    const allocated = () =>
      (tf.memory() as unknown as { readonly numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;

    beforeEach(async () => {
      engine = await startEngine("webgpu");
    });
    afterEach(() => engine.stop());

    it.each([
      ["four at a time", [1, 1, 2, 4]],
      ["one at a time", [1, 2, 4, 1]],
    ] as const)("its ReluGrad passes the gradient where y is above 0, %s", async (_, shape) => {
      const dy = tf.tensor4d([1, 2, 3, -4, 5, -6, 7, 8], [...shape]);
      const y = tf.tensor4d([0, 0.5, -1, 2, 0, 1e-30, -1e-30, 9], [...shape]);
      const dx = tf.engine().runKernel("ReluGrad", { dy, y }) as tf.Tensor;
      expect(dx.shape).toEqual([...shape]);
      expect([...(await dx.data())]).toEqual([0, 2, 0, -4, 0, -6, 0, 8]);
    });

    it("answers a tensor that the GPU has no room for with an error, not with zeros", async () => {
      tf.tile(tf.square(tf.ones([256])), [engine.largestTensorBytes / 1024 + 1]);
      await expect(engine.settle()).rejects.toThrow(
        /^Expected the GPU \(.+\) to do its work, but it failed: .+/,
      );
      expect((await engine.lost).message).toContain("Try a smaller size or another engine.");
    });

    it("says that its device is lost, and settles no more", async () => {
      const sum = tf.add(tf.ones([32, 32]), 1);
      backend().device.destroy();
      expect((await engine.lost).message).toMatch(
        /^Expected the GPU \(.+\) to stay, but it was lost: .+\. Try again, with a smaller size or another engine\.$/,
      );
      await expect(engine.settle()).rejects.toThrow("it was lost");
      sum.dispose();
    });

    it("gives the buffers of freed tensors back, and keeps the others", async () => {
      const kept = tf.square(tf.ones([64, 64]));
      const before = allocated();
      for (const side of [100, 110, 120]) tf.tidy(() => void tf.square(tf.ones([side, side])));
      await engine.settle();
      expect(allocated()).toBeGreaterThan(before + 4 * (100 ** 2 + 110 ** 2 + 120 ** 2));
      engine.trim();
      expect(allocated()).toBeLessThanOrEqual(before);
      expect((await kept.data())[4095]).toBe(1);
    });
  });
});

describe("why webgpu does not load", () => {
  it("is told in one sentence with a remedy", () => {
    const notInstalled = Object.assign(new Error("Cannot find package 'webgpu' imported from webgpu.js"), {
      code: "ERR_MODULE_NOT_FOUND",
    });
    expect(explanation(notInstalled)).toBe(
      "Expected the package webgpu for the engine webgpu, found none. " +
        "Install it with `brushwork engines install webgpu`, or use another engine.",
    );
    expect(explanation(new Error("version `GLIBC_2.34' not found\nRequire stack: …"))).toBe(
      "Expected the package webgpu to load for the engine webgpu, but it did not (version `GLIBC_2.34' not found). " +
        "Its builds are for Linux with glibc 2.34 or newer, macOS and Windows: use another engine.",
    );
  });
});
