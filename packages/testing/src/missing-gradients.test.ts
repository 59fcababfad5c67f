import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { expect, it } from "vitest";
import { failuresOf } from "./failures.js";
import { testLossTerm } from "./test-loss-term.js";

// In a file of its own: gradients that are registered once stay registered.
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
    /Expected TensorFlow\.js's gradients to be registered, got none: import "@tensorflow\/tfjs-layers"/,
  );
});
