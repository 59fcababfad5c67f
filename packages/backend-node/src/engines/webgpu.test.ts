import type { Engine } from "@brushwork/core";
import { testEngine } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { absenceOfEngine } from "../../../../tests/absence-of-engine.js";
import { startEngine } from "./engines.js";
import { loadingError, webgpu } from "./webgpu.js";

const missing = await absenceOfEngine("webgpu", () => webgpu.load({ byName: true }));
/** Where a driver of software alone is named, that is what is found. */
const inSoftware = process.env.VK_ICD_FILENAMES !== undefined;

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
    const programs = () =>
      Object.keys(
        (backend() as unknown as { readonly pipelineCache: Record<string, unknown> }).pipelineCache,
      );
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

    describe.skipIf(!inSoftware)("in software, where threads share nothing", () => {
      it.each([
        [3, 4, 6],
        [4, 3, 6],
        [8, 4, 11],
        [4, 16, 9],
        [2, 8, 3],
        [2, 5, 6],
      ])("convolves %i channels to %i, %i pixels wide", async (inputs, outputs, width) => {
        const height = 3;
        // Each tap is told from the others: up and to the right, from the last channel to the first.
        const filter = tf.buffer([3, 3, inputs, outputs]);
        filter.set(10, 0, 2, inputs - 1, 0);
        filter.set(1, 2, 0, 0, outputs - 1);
        const data = Array.from({ length: height * width * inputs }, (_, i) => i);
        const x = tf.tensor4d(data, [1, height, width, inputs]);
        const at = (y: number, column: number, channel: number) =>
          y < 0 || y >= height || column < 0 || column >= width ? 0 : (y * width + column) * inputs + channel;
        const expected = Array.from({ length: height * width * outputs }, (_, i) => {
          const [y, column, channel] = [
            Math.floor(i / (width * outputs)),
            Math.floor(i / outputs) % width,
            i % outputs,
          ];
          if (channel === 0) return 10 * at(y - 1, column + 1, inputs - 1);
          return channel === outputs - 1 ? at(y + 1, column - 1, 0) : 0;
        });
        const kernel = filter.toTensor() as tf.Tensor4D;
        expect([...(await tf.conv2d(x, kernel, 1, "same").data())]).toEqual(expected);
        const bias = tf.fill<tf.Rank.R1>([outputs], -20);
        const biased = tf.fused.conv2d({
          x,
          filter: kernel,
          bias,
          strides: 1,
          pad: "same",
          activation: "relu",
        });
        expect([...(await biased.data())]).toEqual(expected.map((value) => Math.max(0, value - 20)));
        expect(programs().some((key) => key.startsWith("directConvolution"))).toBe(true);
      });

      it.each([
        [4, 4, 8],
        [8, 12, 4],
        [16, 4, 8],
        [16, 8, 16],
      ])("multiplies matrices, %i by %i times %i", async (rows, depth, columns) => {
        const numbers = (count: number, step: number) =>
          Array.from({ length: count }, (_, i) => ((i * step) % 7) - 3);
        const a = tf.tensor2d(numbers(rows * depth, 3), [rows, depth]);
        const b = tf.tensor2d(numbers(depth * columns, 5), [depth, columns]);
        const [left, right] = [await a.array(), await b.array()];
        const expected = left.map((row) =>
          Array.from({ length: columns }, (_, j) =>
            row.reduce((sum, x, k) => sum + x * (right[k]?.[j] ?? 0), 0),
          ),
        );
        expect(await tf.matMul(a, b).array()).toEqual(expected);
        expect(await tf.matMul(tf.transpose(a), b, true, false).array()).toEqual(expected);
        expect(programs().filter((key) => key.startsWith("directMatMul"))).toHaveLength(2);
      });

      it("multiplies rows that are not a multiple of four", async () => {
        const a = tf.tensor2d(
          [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
          [5, 4],
        );
        const b = tf.tensor2d([1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1], [4, 4]);
        expect(await tf.matMul(a, b).array()).toEqual([
          [1, 2, 3, 10],
          [5, 6, 7, 26],
          [9, 10, 11, 42],
          [13, 14, 15, 58],
          [17, 18, 19, 74],
        ]);
        expect(programs().some((key) => key.startsWith("directMatMul"))).toBe(true);
      });

      it("leaves every other matrix product to TensorFlow.js", async () => {
        const ones = (...shape: [number, number]) => tf.ones<tf.Rank.R2>(shape);
        const first = async (y: tf.Tensor) => [...y.shape, (await y.data())[0]];
        expect(await first(tf.matMul(ones(3, 5), ones(5, 4)))).toEqual([3, 4, 5]);
        expect(await first(tf.matMul(ones(4, 8), ones(8, 3)))).toEqual([4, 3, 8]);
        expect(await first(tf.matMul(ones(4, 8), ones(4, 8), false, true))).toEqual([4, 4, 8]);
        expect(await first(tf.matMul(tf.ones([2, 4, 8]), tf.ones([2, 8, 4])))).toEqual([2, 4, 4, 8]);
        expect(programs().filter((key) => key.startsWith("directMatMul"))).toEqual([]);
      });

      it("leaves every other convolution to TensorFlow.js", async () => {
        const x = tf.ones<tf.Rank.R4>([1, 6, 6, 4]);
        const ones = (side: number) => tf.ones<tf.Rank.R4>([side, side, 4, 4]);
        const first = async (y: tf.Tensor) => [y.shape[1], (await y.data())[0]];
        expect(await first(tf.conv2d(x, ones(3), 1, "valid"))).toEqual([4, 36]);
        expect(await first(tf.conv2d(x, ones(3), 2, "same"))).toEqual([3, 36]);
        expect(await first(tf.conv2d(x, ones(5), 1, "same"))).toEqual([6, 36]);
        expect(await first(tf.conv2d(x, ones(3), 1, "same", "NHWC", 2))).toEqual([6, 16]);
        expect(await first(tf.conv2d(tf.ones<tf.Rank.R4>([2, 6, 6, 4]), ones(3), 1, "same"))).toEqual([
          6, 16,
        ]);
        const six = tf.fused.conv2d({
          x,
          filter: ones(3),
          strides: 1,
          pad: "same",
          activation: "relu6",
        });
        expect(await first(six)).toEqual([6, 6]);
        expect(programs().filter((key) => key.startsWith("directConvolution"))).toEqual([]);
      });

      it("gives TensorFlow.js its own kernels back when it stops", async () => {
        const kernels = () =>
          ["Conv2D", "FusedConv2D", "BatchMatMul"].map((name) => tf.getKernel(name, "webgpu"));
        const during = kernels();
        await engine.stop();
        const after = kernels();
        engine = await startEngine("webgpu");
        expect(after.every((kernel, i) => kernel !== during[i])).toBe(true);
      });
    });

    it("answers a tensor that the GPU has no room for with an error, not with zeros", async () => {
      tf.tile(tf.square(tf.ones([256])), [engine.largestTensorBytes / 1024 + 1]);
      await expect(engine.settle()).rejects.toThrow(/^The GPU \(.+\) failed: .+/);
      expect((await engine.lost).message).toContain("Try a smaller size or another engine.");
    });

    it("says that its device is lost, and settles no more", async () => {
      const sum = tf.add(tf.ones([32, 32]), 1);
      backend().device.destroy();
      expect((await engine.lost).message).toMatch(
        /^The GPU \(.+\) was lost: .+\. Try again with a smaller size, or use another engine\.$/,
      );
      await expect(engine.settle()).rejects.toThrow("was lost");
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
  it("is explained in one sentence with a remedy", () => {
    const notInstalled = Object.assign(new Error("Cannot find package 'webgpu' imported from webgpu.js"), {
      code: "ERR_MODULE_NOT_FOUND",
    });
    expect(loadingError(notInstalled)).toMatchObject({
      fact: "Expected the package webgpu for the engine webgpu, found none.",
      remedy: { kind: "install engine", engine: "webgpu" },
    });
    expect(loadingError(new Error("version `GLIBC_2.34' not found\nRequire stack: …")).message).toBe(
      "The package webgpu did not load for the engine webgpu (version `GLIBC_2.34' not found). " +
        "Its builds are for Linux with glibc 2.34 or newer, macOS and Windows: use another engine.",
    );
  });
});
