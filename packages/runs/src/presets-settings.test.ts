import { presets, termName } from "@brushwork/recipes";
import { describe, expect, it } from "vitest";
import { settings } from "./settings.js";

describe.each(Object.entries(presets))("the preset %s", (_, { recipe }) => {
  it("can be built", () => {
    const { terms, optimizer, ...rest } = settings(recipe);
    expect(terms.map(({ name }) => name)).toEqual(recipe.terms.map(termName));
    expect(terms.map(({ weight }) => weight)).toEqual(recipe.terms.map(({ weight }) => weight));
    expect(optimizer.name).toContain(recipe.optimizer.name);
    const { scales, fit, styleScale, margin, seed } = recipe;
    expect(rest).toEqual({ scales, fit, styleScale, margin, seed });
  });
});

it.each(["default", "fine", "sketch"] as const)(
  "the preset %s of our own shows averages of clamped images, and carries them over",
  (name) => {
    const { optimizer } = settings(presets[name].recipe);
    expect(optimizer.name).toBe("averaged clamped adam");
    expect(optimizer.carried).toBeDefined();
  },
);

it("the paper's preset neither averages nor clamps", () => {
  expect(settings(presets.paper.recipe).optimizer.name).toBe("adam");
});
