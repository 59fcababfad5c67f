import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { initialPicture } from "./initial-picture.js";
import { bareEngine, distance, doublingNetwork, pictureOf } from "./stylize.fixture.js";

it("is the content at the first scale's size, and leaves no tensor behind", async () => {
  const content = pictureOf(8, 4, () => [10, 20, 30]);
  const before = tf.memory().numTensors;
  const picture = await initialPicture({
    engine: bareEngine(),
    network: doublingNetwork(),
    content,
    style: content,
    terms: [distance("style")],
    scales: [
      { size: 4, steps: 1 },
      { size: 8, steps: 1 },
    ],
    margin: 3,
  });
  expect(picture).toMatchObject({ width: 4, height: 2 });
  expect([...picture.data.slice(0, 4)]).toEqual([10, 20, 30, 255]);
  expect(tf.memory().numTensors).toBe(before);
});
