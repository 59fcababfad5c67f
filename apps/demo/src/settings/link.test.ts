import { parseRecipe, presets, type Recipe } from "@brushwork/recipes";
import { describe, expect, it } from "vitest";
import { hashOf, parseHash, recipeField } from "./link.js";
import { settingsOfRecipe } from "./recipe-of-settings.js";
import { usualSettings } from "./settings.js";

const names = { photograph: ["cat", "coffee"], painting: ["church"] };

/** What a link without losses and pictures carries besides its settings. */
const bare = { losses: [], photograph: undefined, paintings: [], masks: [], styleMasks: [], weights: [] };

describe("a link", () => {
  it("carries what differs from the usual settings, and brings it back", () => {
    const settings = {
      ...usualSettings,
      preset: "paper",
      balance: -40,
      size: 640,
      colors: "luma",
      colorStrength: 40,
      untilStable: "yes",
    } as const;
    const hash = hashOf({ ...bare, settings, photograph: "coffee" });
    expect(hash).toBe(
      "photograph=coffee&preset=paper&balance=-40&size=640&colors=luma&colorStrength=40&untilStable=yes",
    );
    expect(parseHash(`#${hash}`, names)).toEqual({ ...bare, settings, photograph: "coffee" });
  });

  it("carries losses with their weights and options", () => {
    const losses = [
      { loss: "style", weight: 100, options: { reduction: "relative", layers: ["relu1_1"] } },
      { loss: "brushwork-loss-foo", weight: 0.001, options: {} },
    ];
    const hash = hashOf({ ...bare, settings: usualSettings, losses });
    expect(new URLSearchParams(hash).get("losses")).toBe(
      '[{"loss":"style","weight":100,"options":{"reduction":"relative","layers":["relu1_1"]}},' +
        '{"loss":"brushwork-loss-foo","weight":0.001,"options":{}}]',
    );
    expect(parseHash(`#${hash}`, names)).toEqual({ ...bare, settings: usualSettings, losses });
  });

  it("carries paintings of the gallery by their places, and which of them have masks", () => {
    const linked = {
      ...bare,
      settings: usualSettings,
      paintings: ["church", undefined, "church"],
      masks: [1, 4],
    };
    const hash = hashOf(linked);
    expect(new URLSearchParams(hash).toString()).toBe("painting=church&painting3=church&masks=1%2C4");
    // The fourth is there, though it has no name.
    expect(parseHash(hash, names)).toEqual({ ...linked, paintings: [...linked.paintings, undefined] });
  });

  it("carries the paintings' weights, and which of them count in part", () => {
    const paintings = ["church", undefined, undefined];
    const linked = { ...bare, settings: usualSettings, paintings, weights: [1, 3.2, 0], styleMasks: [3] };
    const hash = hashOf(linked);
    expect(new URLSearchParams(hash).toString()).toBe("painting=church&weights=1%2C3.2%2C0&styleMasks=3");
    expect(parseHash(hash, names)).toEqual(linked);
  });

  it("carries the recipe of an opened picture, and what was changed since", () => {
    // A size and steps that the page's own settings do not have.
    const scales = [{ size: 2001, steps: 20_000 }];
    const recipe: Recipe = { ...presets.gatys.recipe, scales, colors: { keep: "luma", strength: 0.123 } };
    const opened = settingsOfRecipe({ title: "monkey.png", recipe }, usualSettings);
    const hash = hashOf({ ...bare, settings: { ...opened, balance: 25, engine: "wasm" } });
    const fields = new URLSearchParams(hash);
    expect([...fields.keys()]).toEqual(["engine", "balance", "recipe"]);
    expect(JSON.parse(fields.get("recipe") ?? "")).toEqual(recipe);
    const { settings } = parseHash(`#${hash}`, names);
    expect(settings).toEqual({
      ...opened,
      opened: { title: undefined, recipe: parseRecipe(recipe) },
      balance: 25,
      engine: "wasm",
    });
    expect(
      recipeField({ ...recipe, network: { ...recipe.network, weights: "x".repeat(8192) } }),
    ).toBeUndefined();
  });

  it.each([
    ["", "JSON"],
    ["{", "JSON"],
    ["{}", "version"],
    [`{"version":2,${" ".repeat(8192)}}`, "at most 8192 characters"],
    [JSON.stringify({ ...presets.default.recipe, margin: -1 }), "margin"],
    [JSON.stringify({ ...presets.default.recipe, init: "picture" }), "another picture to start with"],
    [JSON.stringify({ ...presets.default.recipe, styles: new Array(5).fill({ weight: 1 }) }), "up to 4"],
    [
      JSON.stringify({ ...presets.default.recipe, network: { name: "mine", pooling: "max" } }),
      "compact, vgg19",
    ],
  ])("refuses a recipe that the page cannot paint by: %s", (recipe, words) => {
    const hash = new URLSearchParams({ recipe }).toString();
    expect(() => parseHash(hash, names)).toThrow(RangeError);
    expect(() => parseHash(hash, names)).toThrow(words);
  });

  it("gives the usual settings where it carries none", () => {
    expect(hashOf({ ...bare, settings: usualSettings })).toBe("");
    expect(parseHash("", names)).toEqual({ ...bare, settings: usualSettings });
  });

  it.each([
    ["#steps=0", "steps"],
    ["#steps=1e3", "1e3"],
    ["#steps=NaN", "NaN"],
    ["#steps=", "steps"],
    ["#balance=-101", "from -100 to 100"],
    ["#size=512&size=64", "twice"],
    ["#network=vgg16", "compact, vgg19"],
    ["#colors=red", "painting, luma, match"],
    ["#painting=cat", "church"],
    ["#painting4=cat", "church"],
    ["#painting1=church", "painting1"],
    ["#painting5=church", "painting5"],
    ["#masks=5", "from 1 to 4"],
    ["#masks=2,1", "in order"],
    ["#masks=1,1", "in order"],
    ["#masks=", "masks"],
    ["#masks=0", "masks"],
    ["#styleMasks=5", "link's styleMasks"],
    ["#weights=1,2,3,4,5", "1 to 4 numbers"],
    ["#weights=0,0", "not all 0"],
    ["#weights=1,-1", "from 0"],
    ["#weights=1,1e7", "to 1000000"],
    ["#weights=1,", "weights"],
    ["#weights=1,1.2.3", "weights"],
    ["#__proto__=1", "__proto__"],
    ["#constructor=1", "constructor"],
    [`#engine=${"x".repeat(5000)}`, "…"],
    ["#losses=", "losses"],
    ["#losses=style", "losses"],
    ['#losses={"loss":"style","weight":1,"options":{}}', "losses"],
    ["#losses=[null]", "losses"],
    ['#losses=[{"loss":1,"weight":1,"options":{}}]', "losses"],
    ['#losses=[{"loss":"style","weight":1}]', "losses"],
    ['#losses=[{"loss":"style","weight":1,"options":[]}]', "losses"],
    ['#losses=[{"loss":"style","weight":1,"options":{},"__proto__":{}}]', "losses"],
    ['#losses=[{"loss":"style","weight":0,"options":{}}]', "from 0.001 to 1000000"],
    ['#losses=[{"loss":"style","weight":1e7,"options":{}}]', "10000000"],
    ['#losses=[{"loss":"style","weight":"1","options":{}}]', "weight"],
    [`#losses=[${Array(2).fill('{"loss":"style","weight":1,"options":{}}')}]`, "losses"],
    [
      `#losses=[${Array.from({ length: 17 }, (_, i) => `{"loss":"${i}","weight":1,"options":{}}`)}]`,
      "losses",
    ],
    [`#losses=${"[".repeat(4000)}${"]".repeat(4000)}`, "losses"],
  ])("is refused as %s, in a short sentence", (hash, words) => {
    expect(() => parseHash(hash, names)).toThrow(RangeError);
    expect(() => parseHash(hash, names)).toThrow(words);
    expect(() => parseHash(hash, names)).toThrow(/^Expected .{1,150}$/);
  });
});
