import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { engineReport } from "./engine-report.js";

it("reports an engine that can run, and leaves none running", async () => {
  const before = tf.engine().state.numTensors;
  expect(await engineReport("wasm")).toEqual({
    name: "wasm",
    available: true,
    device: expect.stringMatching(/^WebAssembly/),
  });
  expect(tf.engine().state.numTensors).toBe(before);
  expect(tf.getBackend()).toBeFalsy();
});

it("measures it when asked", async () => {
  const { gflops } = await engineReport("wasm", { seconds: 0.01 });
  expect(gflops).toBeGreaterThan(0.1);
  expect(gflops).toBeLessThan(1e4);
});

it("says what an engine lacks that cannot run", async () => {
  expect(await engineReport("wasm", { threads: 0 })).toEqual({
    name: "wasm",
    available: false,
    reason: "Expected the option threads of startEngine to be a whole number of at least 1, got 0.",
  });
});
