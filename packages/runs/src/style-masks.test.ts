import { OptionError, type Picture } from "@brushwork/core";
import type { Recipe } from "@brushwork/recipes";
import { describe, expect, it } from "vitest";
import { content, fakeHost, job, ofType, plain, recipe, style } from "./run.fixture.js";
import { type Job, run } from "./run.js";
import type { RunEvent } from "./run-event.js";
import { isStretched } from "./style-masks.js";

const dark = plain(10, 10, 40);

/** White in its left half, black in its right one. */
const left: Picture = {
  width: 12,
  height: 8,
  data: new Uint8ClampedArray(12 * 8 * 4).map((_, i) =>
    i % 4 === 3 || Math.floor(i / 4) % 12 < 6 ? 255 : 0,
  ),
};

async function eventsOf(changes: Partial<Job<Picture>>): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run({ ...job, styles: [style, dark], ...changes }, fakeHost()))
    events.push(event);
  return events;
}

const lastOf = (events: readonly RunEvent[]) => ofType(events, "picture").at(-1)!;

describe("a run with masks", () => {
  const masks = [{ content: left }, { style: left }];
  const styles = [
    { weight: 1, contentMask: true },
    { weight: 1, styleMask: true },
  ];

  it("paints another picture, whose recipe says which masks it has and paints it again", async () => {
    const usual = lastOf(await eventsOf({}));
    const events = await eventsOf({ masks });
    const { picture, recipe: painted } = lastOf(events);
    expect(picture.data).not.toEqual(usual.picture.data);
    expect(painted).toEqual({ ...recipe, styles });
    expect(ofType(events, "planned")[0]?.recipe).toEqual(painted);
    expect(lastOf(await eventsOf({ masks, recipe: painted! }))).toEqual(lastOf(events));
  });

  it("keeps the weights of the styles", async () => {
    const weighed: Recipe = { ...recipe, styles: [{ weight: 3 }, { weight: 2 }] };
    expect(lastOf(await eventsOf({ masks, recipe: weighed })).recipe?.styles).toEqual([
      { weight: 3, contentMask: true },
      { weight: 2, styleMask: true },
    ]);
  });

  it("is the usual run where no style has one", async () => {
    const usual = lastOf(await eventsOf({}));
    expect(lastOf(await eventsOf({ masks: [{}, {}] }))).toEqual(usual);
  });

  it.each([
    [
      { recipe: { ...recipe, styles }, masks: [{ content: left }] },
      "Expected the style mask of style 2, which the recipe was painted with, got none: give it, or leave styleMask out of recipe.styles.",
    ],
    [
      { recipe: { ...recipe, styles } },
      "Expected the content mask of style 1, which the recipe was painted with, got none: give it, or leave contentMask out of recipe.styles.",
    ],
    [
      { styles: [style], masks: [{}, { content: left }] },
      "Expected masks for at most as many styles as there are, 1, got those of 2.",
    ],
    [
      { masks: [{}, { content: plain(12, 8, 0) }] },
      "Expected the content mask of style 2 to be brighter than black somewhere in what is painted, got black throughout.",
    ],
  ])("is refused where masks do not fit: %#", async (changes, message) => {
    await expect(eventsOf(changes)).rejects.toThrow(new OptionError(message));
  });

  it("reports a mask of another shape", async () => {
    const events = await eventsOf({ masks: [{ content: left, style: left }, { content: dark }] });
    expect(ofType(events, "notice")).toEqual([
      { type: "notice", kind: "stretched mask", mask: "style", style: 1 },
      { type: "notice", kind: "stretched mask", mask: "content", style: 2 },
    ]);
  });
});

it("a mask is stretched if no rounding to pixels explains its shape", () => {
  const size = (width: number, height: number) => ({ ...content, width, height });
  expect(isStretched(size(3000, 2001), size(1500, 1000))).toBe(false);
  expect(isStretched(size(2, 1), size(1500, 1000))).toBe(false);
  expect(isStretched(size(3000, 1990), size(1500, 1000))).toBe(true);
  expect(isStretched(size(1000, 1500), size(1500, 1000))).toBe(true);
});
