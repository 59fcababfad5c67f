import { testEngine } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { absenceOfEngine } from "../../../../tests/absence-of-engine.js";
import { cuda } from "./cuda.js";
import { startEngine } from "./engines.js";
import { native } from "./native.js";

const missing = await absenceOfEngine("native", () => native.load({ threads: 1, byName: true }));

describe.skipIf(missing !== undefined)(`the engine native${missing ? `, skipped: ${missing}` : ""}`, () => {
  testEngine({ describe, it }, { name: "native", start: () => startEngine("native") });

  it("keeps the threads that TensorFlow was loaded with", async () => {
    await expect(startEngine("native", { threads: 2 })).rejects.toThrow(
      "Expected the threads to stay 1, with which TensorFlow was loaded, got 2. " +
        "Choose their number when the engine is first started, or start a new process.",
    );
    const engine = await startEngine("native", { threads: 1 });
    expect(engine.device).toMatch(/^TensorFlow \d+\.\d+\.\d+ \(CPU, 1 thread\)$/);
    await engine.stop();
  });

  it("computes in full precision, and stays with it", async () => {
    expect(process.env.ONEDNN_DEFAULT_FPMATH_MODE).toBeUndefined();
    await expect(startEngine("native", { precision: "fast" })).rejects.toThrow(
      'Expected the precision to stay "full", with which TensorFlow was loaded, got "fast". ' +
        "Choose it when the engine is first started, or start a new process; " +
        "leave ONEDNN_DEFAULT_FPMATH_MODE unset.",
    );
    await (await startEngine("native", { precision: "full" })).stop();
  });

  it("has the process's TensorFlow for itself", async () => {
    await expect(cuda.load({ byName: true })).rejects.toThrow(
      "Expected no other build of TensorFlow in this process, got that of the engine native. " +
        "Start the engine cuda by name, in a new process.",
    );
  });

  it("can be started again, and after another engine", async () => {
    await (await startEngine("native")).stop();
    const wasm = await startEngine("wasm");
    expect(tf.getBackend()).toBe("wasm");
    await wasm.stop();
    const engine = await startEngine("native");
    expect(tf.getBackend()).toBe("tensorflow");
    const slope = tf.grad((x) => tf.sum(tf.square(x)));
    expect([...(await slope(tf.tensor1d([1, -3])).data())]).toEqual([2, -6]);
    await engine.stop();
  });

  it("has room for at least a hundred megabytes", async () => {
    const engine = await startEngine("native");
    expect(engine.memoryBytes).toBeGreaterThan(100 * 2 ** 20);
    expect(engine.memoryBytes).toBeLessThan(2 ** 50);
    await engine.stop();
  });

  describe("its ReluGrad", () => {
    let stop: () => Promise<void>;
    beforeAll(async () => {
      ({ stop } = await startEngine("native"));
    });
    afterAll(() => stop());

    const reluGrad = (dy: tf.Tensor, y: tf.Tensor) =>
      tf.engine().runKernel("ReluGrad", { dy, y }) as tf.Tensor;

    it("passes the gradient where y is above 0 and nowhere else", async () => {
      const dy = tf.tensor4d([1, 2, 3, -4, 5, -6], [1, 2, 3, 1]);
      const y = tf.tensor4d([0, 0.5, -1, 2, 0, 1e-30], [1, 2, 3, 1]);
      const dx = reluGrad(dy, y);
      expect(dx.shape).toEqual([1, 2, 3, 1]);
      expect([...(await dx.data())]).toEqual([0, 2, 0, -4, 0, -6]);
    });

    it("leaves its inputs alone and makes one tensor", () => {
      const [dy, y] = [tf.tensor1d([1]), tf.tensor1d([1])];
      const before = tf.memory().numTensors;
      reluGrad(dy, y).dispose();
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});
