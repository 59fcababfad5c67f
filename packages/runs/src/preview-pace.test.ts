import { presets } from "@brushwork/recipes";
import { expect, it } from "vitest";
import { previewPace } from "./preview-pace.js";

const planned = {
  type: "planned",
  recipe: presets.default.recipe,
  width: 1,
  height: 1,
  steps: 9,
  scales: [],
} as const;
const step = (index: number, ends = false) => ({ index, total: 9, ends });

it("a picture is due every so often from the plan on, and at the end of each scale", () => {
  let time = 0;
  const { due, saw } = previewPace(500, () => time);
  time = 10_000;
  saw(planned);
  time += 499;
  expect(due(step(1))).toBe(false);
  expect(due(step(2, true))).toBe(true);
  time += 1;
  expect(due(step(3))).toBe(true);
  // Before the first step there is nothing to see.
  expect(due(step(0))).toBe(false);
  const picture = { width: 1, height: 1, data: new Uint8ClampedArray(4) };
  saw({ type: "picture", picture, index: 3, total: 9, why: "asked" });
  expect(due(step(4))).toBe(false);
  time += 500;
  expect(due(step(5))).toBe(true);
});
