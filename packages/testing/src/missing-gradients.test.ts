import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { expect, it } from "vitest";
import { failuresOf } from "./failures.js";
import { testLossTerm } from "./test-loss-term.js";

// In its own file, since gradients stay registered once they are.
it("says what to import where TensorFlow.js has no gradients", async () => {
  await tf.setBackend("cpu");
  const failures = await failuresOf((runner) =>
    testLossTerm(runner, {
      name: "mean square",
      term: () => ({
        name: "mean square",
        weight: 1,
        layers: ["image"],
        prepare: () => undefined,
        loss: ({ image }) => tf.mean(tf.square(image!)),
      }),
    }),
  );
  expect(failures.join("\n")).toMatch(
    /TensorFlow\.js has no gradients registered: import "@tensorflow\/tfjs-layers"/,
  );
});
