import { startEngine } from "@brushwork/backend-node";
import type { Engine } from "@brushwork/core";
import { testLossTerm } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleLoss } from "./index.js";

// WebAssembly, on which the loss has to run anywhere.
let engine: Engine;
beforeAll(async () => {
  engine = await startEngine("wasm", { threads: 1 });
});
afterAll(() => engine.stop());

testLossTerm({ describe, it }, { name: "exampleLoss", term: () => exampleLoss() });

it("is 9 where the mean of a channel is 5 and the style's is 2", async () => {
  const term = exampleLoss({ layers: ["relu1_1"] });
  const features = (...values: number[]) => ({ relu1_1: tf.tensor4d(values, [1, 1, 2, 1]) });
  const style = { features: features(1, 3), weight: 1 };
  const targets = term.prepare({ content: style, styles: [style] });
  const [loss] = await term.loss(features(0, 10), targets).data();
  expect(loss).toBeCloseTo(9, 4);
});
