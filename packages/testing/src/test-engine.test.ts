import { DeviceLost, type Engine } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-layers";
import { afterEach, describe, expect, it } from "vitest";
import { failuresOf } from "./failures.js";
import { testEngine } from "./test-engine.js";

let running = false;

/** A sound engine with changes. */
function start(change: Partial<Engine> = {}): () => Promise<Engine> {
  return async () => {
    if (running) throw new Error("Expected no engine to run, got a second start.");
    running = true;
    await tf.setBackend("cpu");
    return {
      name: "cpu",
      device: "JavaScript",
      largestTensorBytes: 2 ** 30,
      memoryBytes: 2 ** 32,
      lost: new Promise(() => undefined),
      settle: async () => undefined,
      trim: () => undefined,
      stop: async () => {
        running = false;
      },
      ...change,
    };
  };
}

/** An engine whose matrix product does not transpose. */
async function startWithoutTransposes(): Promise<Engine> {
  const engine = await start()();
  const product = tf.getKernel("BatchMatMul", "cpu");
  const replace = (kernelFunc: tf.KernelFunc) => {
    tf.unregisterKernel("BatchMatMul", "cpu");
    tf.registerKernel({ ...product, kernelFunc });
  };
  replace((call) =>
    product.kernelFunc({ ...call, attrs: { ...call.attrs, transposeA: false, transposeB: true } }),
  );
  return {
    ...engine,
    stop() {
      replace(product.kernelFunc);
      return engine.stop();
    },
  };
}

const broken: Readonly<Record<string, { start: () => Promise<Engine>; failure: RegExp }>> = {
  "a device without a name": {
    start: start({ device: "" }),
    failure: /Expected the engine to name its device/,
  },
  "no memory": { start: start({ memoryBytes: 0 }), failure: /Expected memoryBytes to be above 0, got 0/ },
  "a device that is lost from the start": {
    start: start({ lost: Promise.resolve(new DeviceLost("gone", "test")) }),
    failure: /Expected the engine not to be lost at the start, got DeviceLost: gone/,
  },
  "a second start that is let in": {
    start: async () => {
      running = false;
      return start()();
    },
    failure: /Expected a second start to throw before the first engine stops/,
  },
  "a stop that does not stop": {
    start: start({ stop: async () => undefined }),
    failure: /it starts again after it stops: Error: Expected no engine to run/,
  },
  "a trim that frees what is in use": {
    start: start({ trim: () => tf.engine().reset() }),
    failure: /it settles, with work and without, and trims only what is free: /,
  },
  "a wrong kernel": {
    start: startWithoutTransposes,
    failure: /it gives the known answer of matMul of a transposed matrix: Error: Expected/,
  },
};

afterEach(() => {
  running = false;
});

testEngine({ describe, it }, { name: "the CPU", start: start() });

describe("testEngine", () => {
  for (const [what, { start, failure }] of Object.entries(broken))
    it(`finds ${what}`, async () => {
      const failures = await failuresOf((runner) => testEngine(runner, { name: "broken", start }));
      expect(failures.join("\n")).toMatch(failure);
    });
});
