import type { Engine } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { absenceOfEngine } from "../../../../tests/absence-of-engine.js";
import { registerGram } from "../../../webgpu/src/kernels/gram.js";
import { registerWinograd } from "../../../webgpu/src/kernels/winograd.js";
import { startEngine } from "./engines.js";
import { webgpu } from "./webgpu.js";

const missing = await absenceOfEngine("webgpu", () => webgpu.load({ byName: true }));

/** Numbers in [-1, 1], the same every time. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** The definition of a convolution, in float64: [1, height, width, inputs] by [3, 3, inputs, outputs]. */
function convolved(
  x: Float32Array,
  filter: Float32Array,
  [height, width, inputs, outputs]: readonly [number, number, number, number],
): Float64Array {
  const y = new Float64Array(height * width * outputs);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      for (let tap = 0; tap < 9; tap++) {
        const [fromRow, fromColumn] = [row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1];
        if (fromRow < 0 || fromRow >= height || fromColumn < 0 || fromColumn >= width) continue;
        for (let i = 0; i < inputs; i++) {
          const value = x[(fromRow * width + fromColumn) * inputs + i] ?? 0;
          for (let o = 0; o < outputs; o++) {
            const at = (row * width + column) * outputs + o;
            y[at] = (y[at] ?? 0) + value * (filter[(tap * inputs + i) * outputs + o] ?? 0);
          }
        }
      }
  return y;
}

/** ‖found − expected‖ / ‖expected‖. */
function relativeError(found: ArrayLike<number>, expected: Float64Array): number {
  expect(found).toHaveLength(expected.length);
  let [difference, norm] = [0, 0];
  expected.forEach((value, i) => {
    difference += ((found[i] ?? Number.NaN) - value) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(difference / norm);
}

describe.skipIf(missing !== undefined)(`kernels for a GPU${missing ? `, skipped: ${missing}` : ""}`, () => {
  let engine: Engine;
  const programs = () =>
    Object.keys(
      (tf.backend() as unknown as { readonly pipelineCache: Record<string, unknown> }).pipelineCache,
    );

  beforeEach(async () => {
    engine = await startEngine("webgpu");
  });
  afterEach(() => engine.stop());

  it.each([
    ["whole squares", [32, 32, 32, 32], {}],
    ["squares over the edge, channels over a tile's", [30, 37, 32, 68], {}],
    ["a row of squares", [3, 257, 32, 36], {}],
    // 36 points of 8 squares with 64 channels take 73,728 bytes: two rows at a time, and one again for the last.
    ["strips that overlap", [36, 32, 32, 32], { stripBytes: 2 * 73728 }],
  ] as const)("convolve by Winograd's filtering: %s", async (_, shape, options) => {
    const undo = registerWinograd("webgpu", { operations: 0, ...options });
    const [height, width, inputs, outputs] = shape;
    const [x, filter, bias] = [
      numbers(height * width * inputs, 1),
      numbers(9 * inputs * outputs, 2),
      numbers(outputs, 3),
    ];
    const expected = convolved(x, filter, shape);
    const picture = tf.tensor4d(x, [1, height, width, inputs]);
    const kernel = tf.tensor4d(filter, [3, 3, inputs, outputs]);
    const plain = tf.conv2d(picture, kernel, 1, "same");
    expect(plain.shape).toEqual([1, height, width, outputs]);
    expect(relativeError(await plain.data(), expected)).toBeLessThan(1e-5);
    const fused = tf.fused.conv2d({
      x: picture,
      filter: kernel,
      bias: tf.tensor1d(bias),
      strides: 1,
      pad: "same",
      activation: "relu",
    });
    const biased = expected.map((value, i) => Math.max(0, value + (bias[i % outputs] ?? 0)));
    expect(relativeError(await fused.data(), biased)).toBeLessThan(1e-5);
    expect(programs().some((key) => key.startsWith("productOfPoints"))).toBe(true);
    undo();
  });

  it("leave small convolutions, and those of few channels, as they are", async () => {
    const undo = [registerWinograd("webgpu"), registerWinograd("webgpu", { operations: 0 })];
    const convolve = (side: number, inputs: number, outputs: number) =>
      tf.conv2d(tf.ones([1, side, side, inputs]) as tf.Tensor4D, tf.ones([3, 3, inputs, outputs]), 1, "same");
    const cases = [
      [16, 32, 32],
      [32, 16, 32],
      [32, 40, 32],
      [32, 32, 16],
    ] as const;
    // A corner sees four taps.
    for (const [side, inputs, outputs] of cases)
      expect((await convolve(side, inputs, outputs).data())[0]).toBe(4 * inputs);
    expect(programs().filter((key) => key.startsWith("productOfPoints"))).toEqual([]);
    undo[1]?.();
    await convolve(32, 32, 32).data();
    expect(programs().filter((key) => key.startsWith("productOfPoints"))).toEqual([]);
    undo[0]?.();
  });

  it.each([
    ["a tile", [1024, 64, 64]],
    ["tiles in part", [1500, 68, 132]],
    ["rows that are no whole number of slices", [5003, 4, 8]],
  ] as const)("multiply tall matrices in slices: %s", async (_, [rows, m, n]) => {
    const undo = registerGram("webgpu");
    const [a, b] = [numbers(rows * m, 1), numbers(rows * n, 2)];
    const expected = new Float64Array(m * n);
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++)
          expected[i * n + j] = (expected[i * n + j] ?? 0) + (a[row * m + i] ?? 0) * (b[row * n + j] ?? 0);
    const product = tf.matMul(tf.tensor2d(a, [rows, m]), tf.tensor2d(b, [rows, n]), true, false);
    expect(product.shape).toEqual([m, n]);
    expect(relativeError(await product.data(), expected)).toBeLessThan(1e-5);
    expect(programs().some((key) => key.startsWith("sliceProducts"))).toBe(true);
    undo();
  });

  it("take the buffer of a large tensor as soon as it is freed", async () => {
    const allocated = () =>
      (tf.memory() as unknown as { readonly numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;
    let x = tf.square(tf.fill([512, 512], 2));
    await engine.settle();
    const before = allocated();
    for (let i = 0; i < 5; i++) {
      const next = tf.add(x, 1);
      x.dispose();
      x = next;
    }
    // One more than x has, where five are alive one after another.
    expect(allocated() - before).toBeLessThan(2 * 4 * 512 ** 2);
    expect((await x.data())[512 ** 2 - 1]).toBe(9);
  });

  it("upload a large tensor after what waits to read the buffer's last one", async () => {
    // One buffer for what is uploaded, one for what comes of it.
    const squares = [tf.square(tf.fill([512, 512], 3)), tf.square(tf.fill([512, 512], 1))] as const;
    await engine.settle();
    const sums = tf.add(...squares);
    tf.dispose([...squares]);
    const uploaded = tf.add(tf.tensor2d(new Float32Array(512 ** 2).fill(100), [512, 512]), 1);
    expect((await uploaded.data())[7]).toBe(101);
    expect((await sums.data())[7]).toBe(10);
  });

  it("upload a number without a buffer of its own", async () => {
    const { device } = tf.backend() as unknown as { readonly device: GPUDevice };
    const x = tf.square(tf.ones([64, 64]));
    const step = () => tf.tidy(() => void tf.add(tf.mul(x, 0.5), -1));
    const made: unknown[] = [];
    const { createBuffer } = device;
    step();
    await engine.settle();
    device.createBuffer = (descriptor) => {
      made.push(descriptor);
      return createBuffer.call(device, descriptor);
    };
    step();
    await engine.settle();
    Reflect.deleteProperty(device, "createBuffer");
    expect(made).toEqual([]);
    expect((await tf.add(tf.mul(x, 0.5), -1).data())[7]).toBe(-0.5);
  });
});
