import { describe, expect, it } from "vitest";
import { termName } from "./painted-recipe.js";
import { presets } from "./presets.js";
import { formatRecipe, parseRecipe, type Recipe } from "./recipe.js";

describe.each(Object.entries(presets))("the preset %s", (_, { description, recipe }) => {
  it("is a recipe that can be written and read again", () => {
    expect(parseRecipe(JSON.parse(formatRecipe(recipe)))).toEqual(recipe);
  });

  it("names its terms alike, so that the same name changes a weight in every preset", () => {
    const names = recipe.terms.map(termName);
    expect(["content", "style", "tv"].slice(0, names.length)).toEqual(names);
    expect(names.length).toBeGreaterThanOrEqual(2);
  });

  it("is described in one line", () => {
    expect(description).toMatch(/^[A-Z].{10,90}[^.]$/);
  });
});

describe.each(["default", "fine", "sketch"] as const)("the preset %s of our own", (name) => {
  const { recipe } = presets[name];

  it("paints from coarse to fine with a margin, and shows averages, which it carries over", () => {
    const sizes = recipe.scales.map(({ size }) => Number(size));
    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(recipe.margin).toBeGreaterThan(0);
    expect(recipe.average.decay).toBeGreaterThan(0);
    expect(recipe.average.carry).toBe("average");
    expect(recipe.clamp).toBe(true);
  });

  it("grows by no whole factor, which would lay the pooling grids of all sizes over one another", () => {
    for (const [i, { size }] of recipe.scales.slice(1).entries())
      expect(Number(size) / Number(recipe.scales[i]?.size)).not.toBeCloseTo(2, 1);
  });

  it("has relative losses with the weights of default", () => {
    expect(recipe.terms).toEqual(presets.default.recipe.terms);
    for (const { loss, options } of recipe.terms)
      if (loss !== "tv") expect(options.reduction).toBe("relative");
  });
});

describe("the paper's preset", () => {
  const { recipe } = presets.paper;
  const [content, style, tv] = recipe.terms;

  it("takes average pooling and stretches both pictures to 224×224", () => {
    expect(recipe.network).toEqual({ name: "vgg19", pooling: "average" });
    expect(recipe.scales.map(({ size }) => size)).toEqual([[224, 224]]);
    expect(recipe.fit).toBe("stretch");
    expect(recipe.styleScale).toBe(1);
    expect(recipe.init).toBe("content");
  });

  it("compares relu4_2 with the content, and sums", () => {
    expect(content?.options).toEqual({ layers: ["relu4_2"], reduction: "sum" });
  });

  it("weighs each style layer by 1 / (5 · 4 C² M²), and sums", () => {
    // Channels C and positions M: 64 and 50176, 128 and 12544, 256 and 3136, 512 and 784, 512 and 196.
    expect(style?.options.reduction).toBe("sum");
    expect(style?.options.layers).toEqual(["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]);
    const layerWeights = style?.options.layerWeights as Record<string, number>;
    const divisors = Object.fromEntries(
      Object.entries(layerWeights).map(([layer, weight]) => [layer, 1 / weight]),
    );
    expect(divisors).toEqual({
      relu1_1: expect.closeTo(206_244_329_553_920, -1),
      relu2_1: expect.closeTo(51_561_082_388_480, -1),
      relu3_1: expect.closeTo(12_890_270_597_120, -1),
      relu4_1: expect.closeTo(3_222_567_649_280, -1),
      relu5_1: expect.closeTo(201_410_478_080, -1),
    });
  });

  it("weighs style against content as Gatys et al. do: a half of the sum, and a thousand times", () => {
    expect(content?.weight).toBe(0.5);
    expect(style?.weight).toBe(1000);
  });

  it("counts total variation and steps on the scale of 0 to 255", () => {
    // A squared difference there is 255² = 65025 times ours; a step of 5 levels is 5/255 = 0.0196… of ours.
    expect(tv).toEqual({ loss: "tv", weight: 650_250, options: { reduction: "sum" } });
    expect(recipe.optimizer.options.learningRate).toBeCloseTo(0.019607843, 9);
  });

  it("switches off everything that the paper does not have", () => {
    expect(recipe.margin).toBe(0);
    expect(recipe.average.decay).toBe(0);
    expect(recipe.clamp).toBe(false);
  });
});

describe("the presets of other programs", () => {
  const weightsOf = ({ terms }: Recipe) => terms.map(({ loss, weight }) => [loss, weight]);

  it("weigh content, style and variation as those do", () => {
    expect(weightsOf(presets.gatys.recipe)).toEqual([
      ["content", 1],
      ["style", 1000],
    ]);
    // Half of 0.001 on the scale of 256, and 0.001 on that of 255.
    expect(weightsOf(presets.jcjohnson.recipe)).toEqual([
      ["content", 5],
      ["style", 100],
      ["tv", 32.768],
    ]);
    expect(weightsOf(presets["neural-style-pt"].recipe)).toEqual([
      ["content", 5],
      ["style", 100],
      ["tv", 0.255],
    ]);
    expect(weightsOf(presets.crowsonkb.recipe)).toEqual([
      ["content", 0.015],
      ["wasserstein", 1],
      ["tv", 2],
    ]);
    expect(presets.crowsonkb.recipe.terms[1]?.options.layerWeights).toEqual({
      relu1_1: 256 / 341,
      relu2_1: 64 / 341,
      relu3_1: 16 / 341,
      relu4_1: 4 / 341,
      relu5_1: 1 / 341,
    });
  });

  it("take crowsonkb's sizes: 128 pixels and more by √2, with 1000 steps at the first", () => {
    expect(presets.crowsonkb.recipe.scales).toEqual([
      { size: 128, steps: 1000 },
      { size: 181, steps: 500 },
      { size: 256, steps: 500 },
      { size: 362, steps: 500 },
      { size: 512, steps: 500 },
    ]);
  });

  it.each(["gatys", "jcjohnson", "neural-style-pt", "crowsonkb"] as const)(
    "name the weights that %s is for, so that no network stands in, and have nothing of ours",
    (name) => {
      const { network, margin, styleScale, init } = presets[name].recipe;
      expect(network).toMatchObject({
        name: "vgg19",
        pooling: "max",
        weights: expect.stringMatching(/^vgg19\//),
      });
      expect([margin, styleScale, init]).toEqual([0, 1, "content"]);
    },
  );
});
