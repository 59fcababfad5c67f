import { describe, expect, it } from "vitest";
import { formatRecipe, parseRecipe, type Recipe, recipeVersion } from "./recipe.js";

const sha256 = "0123456789abcdef".repeat(4);
const recipe: Recipe = {
  version: 1,
  network: { name: "vgg19", pooling: "average", sha256 },
  terms: [{ name: "style", weight: 0.5, options: { layers: { relu2_1: 2, relu1_1: 1 }, exact: null } }],
  optimizer: { name: "adam", options: {} },
  scales: [
    { size: 256, steps: 100 },
    { size: [224, 112], steps: 1 },
  ],
  styleScale: 1.5,
  margin: 0,
  seed: Number.MAX_SAFE_INTEGER,
  init: "noise",
};

const text = `{
  "version": 1,
  "network": {
    "name": "vgg19",
    "pooling": "average",
    "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  },
  "terms": [
    {
      "name": "style",
      "weight": 0.5,
      "options": {
        "exact": null,
        "layers": {
          "relu1_1": 1,
          "relu2_1": 2
        }
      }
    }
  ],
  "optimizer": {
    "name": "adam",
    "options": {}
  },
  "scales": [
    {
      "size": 256,
      "steps": 100
    },
    {
      "size": [
        224,
        112
      ],
      "steps": 1
    }
  ],
  "styleScale": 1.5,
  "margin": 0,
  "seed": 9007199254740991,
  "init": "noise"
}
`;

describe("a recipe", () => {
  it("is written as indented JSON with its options sorted", () => {
    expect(formatRecipe(recipe)).toBe(text);
  });

  it("is written the same whatever the order of its fields", () => {
    const reversed = Object.fromEntries(Object.entries(recipe).reverse());
    expect(formatRecipe(parseRecipe(reversed))).toBe(text);
  });

  it("is read from its text", () => {
    expect(parseRecipe(JSON.parse(text))).toEqual(recipe);
    expect(recipeVersion).toBe(1);
  });

  it("is a copy", () => {
    const options = { rate: 1 };
    const parsed = parseRecipe({ ...recipe, optimizer: { name: "adam", options } });
    options.rate = 2;
    expect(parsed.optimizer.options).toEqual({ rate: 1 });
  });

  it("needs no digest of the weights, and has it in lower case", () => {
    const network = { name: "vgg19", pooling: "max" };
    expect(parseRecipe({ ...recipe, network }).network).toEqual(network);
    expect(
      parseRecipe({ ...recipe, network: { ...network, sha256: sha256.toUpperCase() } }).network.sha256,
    ).toBe(sha256);
  });

  it("keeps an option named __proto__ as data", () => {
    const { options } = parseRecipe({
      ...recipe,
      optimizer: JSON.parse('{"name":"adam","options":{"__proto__":{"rate":1}}}'),
    }).optimizer;
    expect(Object.keys(options)).toEqual(["__proto__"]);
    expect(options.rate).toBeUndefined();
  });
});

describe("what is no recipe", () => {
  it("of a newer version is refused by its version, whatever else it holds", () => {
    expect(() => parseRecipe({ version: 2, brushes: [] })).toThrow(
      new RangeError(
        "Expected a recipe of version 1, which this Brushwork reads, got version 2: update Brushwork.",
      ),
    );
  });

  it("names the known fields when one is unknown", () => {
    expect(() => parseRecipe({ ...recipe, step: 3 })).toThrow(
      new RangeError(
        'Expected the fields of recipe to be among version, network, terms, optimizer, scales, styleScale, margin, seed, init, got "step".',
      ),
    );
  });

  const wrongKinds: readonly [message: string, value: unknown][] = [
    ["Expected recipe to be an object, got nothing.", undefined],
    ["Expected recipe to be an object, got null.", null],
    ["Expected recipe to be an object, got a list of 0.", []],
    ["Expected recipe.version to be 1, got nothing.", {}],
    ['Expected recipe.version to be 1, got "1".', { version: "1" }],
    ["Expected recipe.network to be an object, got nothing.", { version: 1 }],
    ["Expected recipe.terms to be a list, got an object.", { ...recipe, terms: {} }],
    ["Expected recipe.terms[0] to be an object, got null.", { ...recipe, terms: [null] }],
    [
      "Expected recipe.terms[0].weight to be a finite number that is not negative, got nothing.",
      { ...recipe, terms: [{ name: "style", options: {} }] },
    ],
    [
      "Expected recipe.terms[0].options to be an object, got a list of 1.",
      { ...recipe, terms: [{ name: "style", weight: 1, options: [1] }] },
    ],
    [
      "Expected everything in recipe.optimizer.options to be what JSON can hold, got Infinity.",
      { ...recipe, optimizer: { name: "adam", options: { rates: [1, Number.POSITIVE_INFINITY] } } },
    ],
    [
      "Expected everything in recipe.optimizer.options to be what JSON can hold, got nothing.",
      { ...recipe, optimizer: { name: "adam", options: { rate: undefined } } },
    ],
    [
      'Expected recipe.scales[0].size to be a whole number from 1 to 9007199254740991, got "big".',
      { ...recipe, scales: [{ size: "big", steps: 1 }] },
    ],
    ["Expected recipe.init to be one of content, style, noise, picture, got 0.", { ...recipe, init: 0 }],
  ];
  it.each(wrongKinds)("%s", (message, value) => {
    expect(() => parseRecipe(value)).toThrow(new TypeError(message));
  });

  const scale = (size: unknown, steps: unknown = 1) => ({ ...recipe, scales: [{ size, steps }] });
  const count = (least: number) => `a whole number from ${least} to 9007199254740991`;
  const wrongValues: readonly [message: string, value: unknown][] = [
    ["Expected recipe.version to be 1, got 0.", { ...recipe, version: 0 }],
    ["Expected recipe.version to be 1, got 1.5.", { ...recipe, version: 1.5 }],
    [
      'Expected the fields of recipe.network to be among name, pooling, sha256, got "pool".',
      { ...recipe, network: { name: "vgg19", pool: "max" } },
    ],
    [
      'Expected recipe.network.name to be a text that is not empty, got "".',
      { ...recipe, network: { name: "", pooling: "max" } },
    ],
    [
      'Expected recipe.network.pooling to be one of average, max, got "mean".',
      { ...recipe, network: { name: "vgg19", pooling: "mean" } },
    ],
    [
      'Expected recipe.network.sha256 to be 64 hexadecimal digits, got "0123456789abcdef0123456789abcdef01234567…".',
      { ...recipe, network: { name: "vgg19", pooling: "max", sha256: `${sha256}0` } },
    ],
    ["Expected recipe.terms to be a list of at least one entry, got a list of 0.", { ...recipe, terms: [] }],
    [
      "Expected recipe.terms[1].weight to be a finite number that is not negative, got -1.",
      { ...recipe, terms: [recipe.terms[0], { name: "tv", weight: -1, options: {} }] },
    ],
    [
      "Expected recipe.terms[0].weight to be a finite number that is not negative, got Infinity.",
      { ...recipe, terms: [{ name: "tv", weight: Number.POSITIVE_INFINITY, options: {} }] },
    ],
    [
      "Expected recipe.scales to be a list of at least one entry, got a list of 0.",
      { ...recipe, scales: [] },
    ],
    [`Expected recipe.scales[0].size to be ${count(1)}, got 0.`, scale(0)],
    [`Expected recipe.scales[0].size to be ${count(1)}, got 1.5.`, scale(1.5)],
    [`Expected recipe.scales[0].size[1] to be ${count(1)}, got -1.`, scale([1, -1])],
    [
      "Expected recipe.scales[0].size to be the longer side, or a width and a height, got a list of 3.",
      scale([1, 2, 3]),
    ],
    [`Expected recipe.scales[0].steps to be ${count(1)}, got 0.`, scale(1, 0)],
    [
      "Expected recipe.styleScale to be a finite number that is positive, got 0.",
      { ...recipe, styleScale: 0 },
    ],
    [`Expected recipe.margin to be ${count(0)}, got -1.`, { ...recipe, margin: -1 }],
    [`Expected recipe.seed to be ${count(0)}, got 9007199254740992.`, { ...recipe, seed: 2 ** 53 }],
    [
      'Expected recipe.init to be one of content, style, noise, picture, got "random".',
      { ...recipe, init: "random" },
    ],
  ];
  it.each(wrongValues)("%s", (message, value) => {
    expect(() => parseRecipe(value)).toThrow(new RangeError(message));
  });

  it("is refused before it can be written", () => {
    expect(() => formatRecipe({ ...recipe, seed: Number.NaN })).toThrow(
      new RangeError(`Expected recipe.seed to be ${count(0)}, got NaN.`),
    );
  });

  it("may nest its options 32 deep, and no deeper", () => {
    const nested = (depth: number) => ({
      ...recipe,
      optimizer: { name: "adam", options: JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`) },
    });
    expect(parseRecipe(nested(32)).optimizer.options).toEqual(nested(32).optimizer.options);
    const tooDeep = new RangeError(
      "Expected recipe.optimizer.options to be nested at most 32 deep, got deeper.",
    );
    expect(() => parseRecipe(nested(33))).toThrow(tooDeep);
    expect(() => parseRecipe(nested(100_000))).toThrow(tooDeep);
  });
});
