import { compactRecipe, presets, type Recipe, weightsOf } from "@brushwork/recipes";
import { describe, expect, it } from "vitest";
import {
  hasLoss,
  namedWeights,
  recipeOfSettings,
  settingsOfRecipe,
  usualSteps,
} from "./recipe-of-settings.js";
import { type Settings, usualSettings } from "./settings.js";

const recipe = (changed: Partial<Settings> = {}, size = 512) =>
  recipeOfSettings({ ...usualSettings, ...changed }, size);

describe("the recipe of settings", () => {
  it("is the default preset's for compact where nothing was changed", () => {
    expect(recipe()).toMatchObject({
      network: { name: "compact" },
      scales: [
        { size: 125, steps: 30 },
        { size: 200, steps: 25 },
        { size: 320, steps: 20 },
        { size: 512, steps: 20 },
      ],
      styleScale: 1,
    });
    expect(weightsOf(recipe())).toEqual({ content: 0.5, style: 1, tv: 10 });
  });

  it("shares the balance out: at its end thirty times more style against content", () => {
    const { content = 0, style = 0, tv } = weightsOf(recipe({ balance: 100 }));
    expect(style / content).toBeCloseTo(2 * 30, 9);
    expect(style).toBeCloseTo(Math.sqrt(30), 9);
    expect(tv).toBe(10);
    const other = weightsOf(recipe({ balance: -100 }));
    expect((other.style ?? 0) / (other.content ?? 1)).toBeCloseTo(2 / 30, 9);
  });

  it("switches smoothness off at 0 and has it thirtyfold at 100", () => {
    expect(weightsOf(recipe({ smoothness: 0 })).tv).toBe(0);
    expect(weightsOf(recipe({ smoothness: 100 })).tv).toBeCloseTo(300, 9);
  });

  it("shares the steps among the sizes, what is left to the finest", () => {
    // 30, 25, 20 and 20 of 95: 19 is a fifth, 11 · 30/95 = 3.5, 11 · 25/95 = 2.9, 11 · 20/95 = 2.3.
    expect(recipe({ steps: 19 }).scales.map(({ steps }) => steps)).toEqual([6, 5, 4, 4]);
    expect(recipe({ steps: 11 }).scales.map(({ steps }) => steps)).toEqual([3, 2, 2, 4]);
    expect(recipe({ steps: 10 }, 64).scales).toEqual([{ size: 64, steps: 10 }]);
  });

  it("keeps the shape and the sums of the paper's preset", () => {
    expect(usualSteps("paper")).toBe(1000);
    const paper = recipe({ preset: "paper", network: "vgg19", steps: 1000 });
    expect(paper.scales).toEqual([{ size: [224, 224], steps: 1000 }]);
    expect(paper.network.name).toBe("vgg19");
    expect(weightsOf(paper)).toEqual({ content: 0.5, style: 1000, tv: 650250 });
  });

  it("adds losses under names that are free", () => {
    const gram = { loss: "style", weight: 2, options: { reduction: "relative" } };
    const own = { loss: "brushwork-loss-foo", weight: 0.5, options: {} };
    const names = (preset: Settings["preset"]) =>
      recipeOfSettings({ ...usualSettings, preset }, 512, [gram, own]).terms.map(
        ({ loss, name }) => name ?? loss,
      );
    const { terms } = recipeOfSettings(usualSettings, 512, [gram, own]);
    expect(terms.slice(0, 3)).toEqual(recipe().terms);
    expect(terms.slice(3)).toEqual([{ ...gram, name: "style 2" }, own]);
    // The paper's has Gram matrices itself.
    expect(names("paper")).toEqual(["content", "style", "tv", "brushwork-loss-foo"]);
    expect(hasLoss({ preset: "paper" }, "style")).toBe(true);
    expect(hasLoss({ preset: "default" }, "style")).toBe(false);
  });

  it("scales the weight of an added loss that sums with the network, like the preset's", () => {
    const sum = { loss: "wasserstein", weight: 2, options: { reduction: "sum" } };
    const weight = (network: Settings["network"]) =>
      recipeOfSettings({ ...usualSettings, preset: "paper", network }, 512, [sum]).terms.at(-1)?.weight;
    expect(weight("vgg19")).toBe(2);
    // It has a quarter of the channels.
    expect(weight("compact")).toBe(8);
  });

  it("keeps the photograph's colours where that is chosen", () => {
    expect(recipe()).not.toHaveProperty("colors");
    expect(recipe({ colors: "match" }).colors).toEqual({ keep: "match", strength: 1 });
    expect(recipe({ colors: "luma", colorStrength: 35 }).colors).toEqual({ keep: "luma", strength: 0.35 });
  });

  it("ends sizes early where that is chosen, at the share of the command", () => {
    expect(recipe()).not.toHaveProperty("untilStable");
    expect(recipe({ untilStable: "yes" }).untilStable).toBe(0.005);
  });

  it.each(["gatys", "jcjohnson", "neural-style-pt", "crowsonkb"] as const)(
    "is that of the preset %s at its own size, steps and weights, where nothing else was changed",
    (preset) => {
      const { recipe: own } = presets[preset];
      const longest = Number(own.scales.at(-1)?.size);
      expect(recipe({ preset, network: "vgg19", steps: usualSteps(preset) }, longest)).toEqual(own);
      expect(namedWeights({ preset })).toBe(own.network.weights);
    },
  );

  it("counts strokes in quarter octaves", () => {
    expect(recipe({ strokes: 4 }).styleScale).toBe(2);
    expect(recipe({ strokes: -8 }).styleScale).toBe(0.25);
  });
});

describe("the settings of a picture's recipe", () => {
  const roundTrip = (given: Recipe, changed: Partial<Settings> = {}) => {
    const found = settingsOfRecipe({ title: "monkey.png", recipe: given }, usualSettings);
    return recipeOfSettings({ ...found, ...changed }, found.size);
  };
  const others: Recipe = {
    ...presets.default.recipe,
    scales: [
      { size: 40, steps: 7 },
      { size: 333, steps: 2 },
    ],
    styleScale: 1.7,
    untilStable: 0.01,
    colors: { keep: "luma", strength: 0.33 },
    margin: 7,
    seed: 5,
    init: "noise",
  };

  it.each([...Object.values(presets).map((preset): Recipe => preset.recipe), others])(
    "give that recipe again, for VGG-19 and for compact",
    (given) => {
      expect(roundTrip(given)).toEqual(given);
      expect(roundTrip(compactRecipe(given))).toEqual(compactRecipe(given));
      expect(roundTrip(given, { network: "compact" })).toEqual(compactRecipe(given));
    },
  );

  it("can be changed, and scale an added loss for compact", () => {
    const found = settingsOfRecipe({ title: "monkey.png", recipe: compactRecipe(others) }, usualSettings);
    const added = [{ loss: "moments", weight: 2, options: { reduction: "sum" } }];
    const changed = recipeOfSettings(
      { ...found, strokes: 4, untilStable: "no", colors: "painting" },
      333,
      added,
    );
    expect(changed.styleScale).toBe(3.4);
    expect(changed).not.toHaveProperty("untilStable");
    expect(changed).not.toHaveProperty("colors");
    expect(changed.terms.at(-1)).toEqual({ loss: "moments", weight: 8, options: { reduction: "sum" } });
  });

  it("name no weights of VGG-19 where it was painted with compact", () => {
    const weights = `sha256:${"0".repeat(64)}`;
    const opened = (network: Recipe["network"]) => ({ title: "monkey.png", recipe: { ...others, network } });
    const { network } = others;
    expect(namedWeights({ preset: "gatys", opened: opened({ ...network, weights }) })).toBe(weights);
    expect(
      namedWeights({ preset: "gatys", opened: opened({ ...network, name: "compact", weights }) }),
    ).toBeUndefined();
  });

  it("leave the styles to the page", () => {
    expect(roundTrip({ ...others, styles: [{ weight: 2, contentMask: true }] })).toEqual(others);
  });

  it("are refused where the page does not have the network", () => {
    const network = { ...others.network, name: "resnet" };
    expect(() => roundTrip({ ...others, network })).toThrow("compact, vgg19");
  });
});
