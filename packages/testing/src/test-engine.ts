import type { Engine } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertClose, assertShape, failureOf } from "./assertions.js";
import { knownAnswers } from "./known-answers.js";
import type { Runner } from "./runner.js";
import { taken } from "./tensors.js";

/** The engine to test. */
export interface EngineContract {
  /** The suite's title. */
  readonly name: string;
  /** Starts the engine for each test, which stops it. No other engine may be running. */
  readonly start: () => Promise<Engine>;
}

/** Tests of everything that an `Engine` has to do: starting, stopping, and operations with known answers. */
export function testEngine({ describe, it }: Runner, { name, start }: EngineContract): void {
  describe(`${name} keeps an engine's promises`, () => {
    test("it describes itself", async (engine) => {
      assert(engine.name !== "", "Expected the engine to have a name, got an empty one.");
      assert(engine.device !== "", "Expected the engine to name its device, got an empty name.");
      for (const field of ["largestTensorBytes", "memoryBytes"] as const)
        assert(engine[field] > 0, `Expected ${field} to be above 0, got ${engine[field]}.`);
    });

    test("it is not lost at the start", async (engine) => {
      const lost = await Promise.race([engine.lost, Promise.resolve()]);
      assert(lost === undefined, `Expected the engine not to be lost at the start, got ${lost}.`);
    });

    test("it settles, with work and without, and trims only what is free", async (engine) => {
      await engine.settle();
      const sum = tf.tidy(() => tf.sum(tf.ones([64, 64])));
      await engine.settle();
      engine.trim();
      assertClose(await taken(sum), [4096], "a sum after settle and trim");
    });

    test("it refuses to start twice, and goes on working", async () => {
      const failure = await failureOf(start);
      assert(failure instanceof Error, "Expected a second start to throw before the first engine stops.");
      assertClose(await taken(tf.add(1, 2)), [3], "1 + 2 after a second start was refused");
    });

    it("it starts again after it stops", async () => {
      const first = await start();
      await first.stop();
      const second = await start();
      try {
        assertClose(await taken(tf.add(1, 2)), [3], "1 + 2 on the second engine");
      } finally {
        await second.stop();
      }
    });

    for (const [operation, { run, shape, values }] of Object.entries(knownAnswers))
      test(`it gives the known answer of ${operation}`, async () => {
        const result = tf.tidy(run);
        assertShape(result, shape, operation);
        assertClose(await taken(result), values, operation);
      });
  });

  function test(title: string, body: (engine: Engine) => Promise<void>): void {
    it(title, async () => {
      const engine = await start();
      try {
        await body(engine);
      } finally {
        await engine.stop();
      }
    });
  }
}
