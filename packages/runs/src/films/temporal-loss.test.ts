import "@tensorflow/tfjs-backend-cpu";
import type { Picture } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { temporalLoss, temporalPlugin } from "./temporal-loss.js";

const grey = (...levels: readonly number[]): Picture => ({
  width: levels.length,
  height: 1,
  data: Uint8ClampedArray.from(levels.flatMap((level) => [level, level, level, 255])),
});

/** The loss and its gradient at grey pixels, in a row. */
function at(term: ReturnType<typeof temporalLoss>, rows: readonly (readonly number[])[]) {
  const image = tf.tensor4d([rows.map((row) => row.map((level) => [level, level, level]))]);
  const targets = term.prepare({ content: { features: { image } }, styles: [] });
  const lossOf = (x: tf.Tensor) => term.loss({ image: x as tf.Tensor4D }, targets);
  const { value, grad } = tf.valueAndGrad(lossOf)(image);
  return { value: value.dataSync()[0], gradient: [...grad.dataSync()].filter((_, i) => i % 3 === 0) };
}

const followed = { picture: grey(0, 255, 51), mask: Float32Array.of(1, 1, 0) };

it("is the mean over all pixels of the squared differences where an earlier frame shows them", () => {
  // 0.5² and 0.25², of three pixels; the third differs by 0.8, unseen.
  const { value, gradient } = at(temporalLoss(followed), [[0.5, 0.75, 1]]);
  expect(value).toBeCloseTo((0.25 + 0.0625) / 3, 6);
  // 2 (x − target) / D, with nine values.
  for (const [i, slope] of [1 / 9, -0.5 / 9, 0].entries()) expect(gradient[i]).toBeCloseTo(slope, 6);
});

it("does not count the margin", () => {
  const rows = [
    [9, 9, 9, 9, 9],
    [9, 0.5, 0.75, 1, 9],
    [9, 9, 9, 9, 9],
  ];
  const { value, gradient } = at(temporalLoss(followed, { margin: 1 }), rows);
  expect(value).toBeCloseTo((0.25 + 0.0625) / 3, 6);
  expect(gradient.filter((slope) => slope !== 0)).toHaveLength(2);
});

it("is made by a plugin that has no options", () => {
  const plugin = temporalPlugin(followed, 0);
  expect(plugin.name).toBe("temporal");
  expect(at(plugin.create({}) as ReturnType<typeof temporalLoss>, [[0.5, 0.75, 1]]).value).toBeCloseTo(
    (0.25 + 0.0625) / 3,
    6,
  );
});
