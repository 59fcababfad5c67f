import { type Json, OptionError } from "@brushwork/core";
import { describe, expect, it } from "vitest";
import { formatRecipe, parseRecipe, type Recipe, recipeVersion } from "./recipe.js";

const digest = "0123456789abcdef".repeat(4);
const weights = `sha256:${digest}`;
const recipe: Recipe = {
  version: 2,
  network: { name: "vgg19", pooling: "average", weights },
  terms: [
    { loss: "style", weight: 0.5, options: { layers: { relu2_1: 2, relu1_1: 1 }, exact: null } },
    { loss: "style", name: "second style", weight: 0, options: {} },
  ],
  optimizer: { name: "adam", options: {} },
  average: { decay: 0.9, carry: "average" },
  clamp: true,
  scales: [
    { size: 256, steps: 100 },
    { size: [224, 112], steps: 1 },
  ],
  fit: "contain",
  styleScale: 1.5,
  styles: [{ weight: 2 }, { weight: 0.5, contentMask: true, styleMask: false }],
  colors: { keep: "luma", strength: 0.7 },
  margin: 0,
  seed: Number.MAX_SAFE_INTEGER,
  init: "noise",
};

const text = `{
  "version": 2,
  "network": {
    "name": "vgg19",
    "pooling": "average",
    "weights": "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  },
  "terms": [
    {
      "loss": "style",
      "weight": 0.5,
      "options": {
        "exact": null,
        "layers": {
          "relu1_1": 1,
          "relu2_1": 2
        }
      }
    },
    {
      "loss": "style",
      "name": "second style",
      "weight": 0,
      "options": {}
    }
  ],
  "optimizer": {
    "name": "adam",
    "options": {}
  },
  "average": {
    "decay": 0.9,
    "carry": "average"
  },
  "clamp": true,
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
  "fit": "contain",
  "styleScale": 1.5,
  "styles": [
    {
      "weight": 2
    },
    {
      "weight": 0.5,
      "contentMask": true,
      "styleMask": false
    }
  ],
  "colors": {
    "keep": "luma",
    "strength": 0.7
  },
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
    expect(recipeVersion).toBe(2);
  });

  it("is a copy", () => {
    const options = { rate: 1 };
    const parsed = parseRecipe({ ...recipe, optimizer: { name: "adam", options } });
    options.rate = 2;
    expect(parsed.optimizer.options).toEqual({ rate: 1 });
  });

  it("needs no name for its weights, and has their digest in lower case", () => {
    const network = { name: "vgg19", pooling: "max" };
    expect(parseRecipe({ ...recipe, network }).network).toEqual(network);
    const read = (weights: string) => parseRecipe({ ...recipe, network: { ...network, weights } }).network;
    expect(read(`sha256:${digest.toUpperCase()}`).weights).toBe(weights);
    expect(read(`SHA256:${digest}`).weights).toBe(weights);
  });

  it("may name where its weights were published, and keeps the spelling", () => {
    const weights = "huggingface.co/Authors/VGG-19@v1.0+a:b/model_fp16.safetensors";
    const network = { name: "vgg19", pooling: "max", weights };
    expect(parseRecipe({ ...recipe, network }).network).toEqual(network);
  });

  it("may say how the network pads, scales its pooling and takes its input", () => {
    const network = {
      name: "vgg19",
      pooling: "average",
      poolingScale: 2,
      padding: "replicate",
      preprocessing: "caffe-256",
    };
    expect(parseRecipe({ ...recipe, network }).network).toEqual(network);
  });

  it("needs neither weights of styles nor kept colours", () => {
    const { styles, colors, ...rest } = recipe;
    expect(parseRecipe(rest)).toEqual(rest);
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

describe("an invalid recipe", () => {
  it("of a newer version is refused by its version, whatever else it holds", () => {
    expect(() => parseRecipe({ version: 3, brushes: [] })).toThrow(
      new OptionError(
        "Expected recipe.version to be a version from 1 to 2, which this Brushwork reads, got 3: update Brushwork.",
      ),
    );
  });

  it("names the known fields when one is unknown", () => {
    expect(() => parseRecipe({ ...recipe, step: 3 })).toThrow(
      new OptionError(
        "Expected the fields of recipe to be among version, network, terms, optimizer, average, clamp, scales, " +
          'untilStable, fit, styleScale, styles, colors, margin, seed, init, got "step".',
      ),
    );
  });

  const averaged = (decay: unknown) => ({ ...recipe, average: { decay, carry: "image" } });
  const colored = (colors: unknown) => ({ ...recipe, colors });
  const styled = (weight: unknown) => ({ ...recipe, styles: [{ weight: 1 }, { weight }] });
  const wrongKinds: readonly [message: string, value: unknown][] = [
    ["Expected recipe to be an object, got nothing.", undefined],
    ["Expected recipe to be an object, got null.", null],
    ["Expected recipe to be an object, got a list of 0.", []],
    ["Expected recipe.version to be a version from 1 to 2, got nothing.", {}],
    ['Expected recipe.version to be a version from 1 to 2, got "1".', { version: "1" }],
    ["Expected recipe.version to be a version from 1 to 2, got null.", { version: null }],
    ["Expected recipe.network to be an object, got nothing.", { version: 2 }],
    ["Expected recipe.terms to be a list, got an object.", { ...recipe, terms: {} }],
    ["Expected recipe.terms[0] to be an object, got null.", { ...recipe, terms: [null] }],
    [
      "Expected recipe.terms[0].loss to be a text that is not empty, got nothing.",
      { ...recipe, terms: [{ name: "style", weight: 1, options: {} }] },
    ],
    [
      "Expected recipe.terms[0].weight to be a finite number that is not negative, got nothing.",
      { ...recipe, terms: [{ loss: "style", options: {} }] },
    ],
    [
      "Expected recipe.terms[0].options to be an object, got [1].",
      { ...recipe, terms: [{ loss: "style", weight: 1, options: [1] }] },
    ],
    [
      "Expected everything in recipe.optimizer.options to be a JSON value, got Infinity.",
      { ...recipe, optimizer: { name: "adam", options: { rates: [1, Number.POSITIVE_INFINITY] } } },
    ],
    [
      "Expected everything in recipe.optimizer.options to be a JSON value, got nothing.",
      { ...recipe, optimizer: { name: "adam", options: { rate: undefined } } },
    ],
    [
      'Expected recipe.scales[0].size to be a whole number from 1 to 65536, got "big".',
      { ...recipe, scales: [{ size: "big", steps: 1 }] },
    ],
    ["Expected recipe.average to be an object, got nothing.", { ...recipe, average: undefined }],
    ["Expected recipe.average to be an object, got 0.9.", { ...recipe, average: 0.9 }],
    [
      "Expected recipe.average.decay to be a finite number that is not negative, got nothing.",
      { ...recipe, average: { carry: "image" } },
    ],
    [
      "Expected recipe.average.carry to be one of average, image, got nothing.",
      { ...recipe, average: { decay: 0 } },
    ],
    ["Expected recipe.clamp to be true or false, got nothing.", { ...recipe, clamp: undefined }],
    ["Expected recipe.clamp to be true or false, got 1.", { ...recipe, clamp: 1 }],
    ["Expected recipe.styles to be a list, got 2.", { ...recipe, styles: 2 }],
    ["Expected recipe.styles to be a list, got null.", { ...recipe, styles: null }],
    ["Expected recipe.styles[0] to be an object, got 1.", { ...recipe, styles: [1] }],
    [
      'Expected recipe.styles[0].styleMask to be true or false, got "mask.png".',
      { ...recipe, styles: [{ weight: 1, styleMask: "mask.png" }] },
    ],
    ["Expected recipe.colors to be an object, got null.", colored(null)],
    [
      "Expected recipe.colors.strength to be a finite number that is not negative, got nothing.",
      colored({ keep: "luma" }),
    ],
    ['Expected recipe.styles[1].weight to be a finite number that is not negative, got "1".', styled("1")],
    ["Expected recipe.init to be one of content, style, noise, picture, got 0.", { ...recipe, init: 0 }],
  ];
  it.each(wrongKinds)("%s", (message, value) => {
    expect(() => parseRecipe(value)).toThrow(new OptionError(message));
  });

  const scale = (size: unknown, steps: unknown = 1) => ({ ...recipe, scales: [{ size, steps }] });
  const count = (least: number, most = 9007199254740991) => `a whole number from ${least} to ${most}`;
  const wrongValues: readonly [message: string, value: unknown][] = [
    ["Expected recipe.version to be a version from 1 to 2, got 0.", { ...recipe, version: 0 }],
    ["Expected recipe.version to be a version from 1 to 2, got 1.5.", { ...recipe, version: 1.5 }],
    ["Expected recipe.version to be a version from 1 to 2, got NaN.", { ...recipe, version: Number.NaN }],
    [
      'Expected the fields of recipe.network to be among name, pooling, poolingScale, padding, preprocessing, weights, got "pool".',
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
      'Expected recipe.network.padding to be one of zero, replicate, got "reflect".',
      { ...recipe, network: { name: "vgg19", pooling: "max", padding: "reflect" } },
    ],
    [
      "Expected recipe.network.poolingScale to be a number above 0, at most 1000, got 0.",
      { ...recipe, network: { name: "vgg19", pooling: "max", poolingScale: 0 } },
    ],
    [
      "Expected recipe.network.poolingScale to be a number above 0, at most 1000, got 1001.",
      { ...recipe, network: { name: "vgg19", pooling: "max", poolingScale: 1001 } },
    ],
    [
      'Expected recipe.network.preprocessing to be one of caffe, caffe-256, torchvision, got "bgr".',
      { ...recipe, network: { name: "vgg19", pooling: "max", preprocessing: "bgr" } },
    ],
    [
      'Expected recipe.network.weights to be the source of weights, or sha256: and 64 hexadecimal digits, got "sha256:0123456789abcdef0123456789abcdef0123456789abcdef01234…".',
      { ...recipe, network: { name: "vgg19", pooling: "max", weights: `${weights}0` } },
    ],
    [
      'Expected recipe.network.weights to be the source of weights, or sha256: and 64 hexadecimal digits, got "two words".',
      { ...recipe, network: { name: "vgg19", pooling: "max", weights: "two words" } },
    ],
    [
      'Expected the fields of recipe.terms[0] to be among loss, name, weight, options, normalizeGradients, got "layers".',
      { ...recipe, terms: [{ loss: "style", weight: 1, options: {}, layers: [] }] },
    ],
    ["Expected recipe.untilStable to be a number above 0, at most 1, got 0.", { ...recipe, untilStable: 0 }],
    [
      "Expected recipe.terms[0].normalizeGradients to be true or false, got 1.",
      { ...recipe, terms: [{ loss: "style", weight: 1, options: {}, normalizeGradients: 1 }] },
    ],
    [
      'Expected recipe.terms[0].name to be a text that is not empty, got "".',
      { ...recipe, terms: [{ loss: "style", name: "", weight: 1, options: {} }] },
    ],
    ["Expected recipe.average.decay to be a number from 0 to less than 1, got 1.", averaged(1)],
    ["Expected recipe.average.decay to be a finite number that is not negative, got -0.1.", averaged(-0.1)],
    [
      'Expected recipe.average.carry to be one of average, image, got "picture".',
      { ...recipe, average: { decay: 0, carry: "picture" } },
    ],
    [
      'Expected the fields of recipe.average to be among decay, carry, got "rate".',
      { ...recipe, average: { decay: 0, carry: "image", rate: 1 } },
    ],
    ["Expected recipe.styles to be a list of 1 to 64 entries, got a list of 0.", { ...recipe, styles: [] }],
    [
      "Expected recipe.styles to have a weight above 0, got none.",
      { ...recipe, styles: [{ weight: 0 }, { weight: 0 }] },
    ],
    ["Expected recipe.styles[1].weight to be a finite number that is not negative, got -1.", styled(-1)],
    [
      'Expected the fields of recipe.styles[0] to be among weight, contentMask, styleMask, got "picture".',
      { ...recipe, styles: [{ picture: "a.png" }] },
    ],
    [
      'Expected recipe.colors.keep to be one of luma, match, got "chroma".',
      colored({ keep: "chroma", strength: 1 }),
    ],
    [
      "Expected recipe.colors.strength to be a number from 0 to 1, got 1.1.",
      colored({ keep: "match", strength: 1.1 }),
    ],
    [
      'Expected the fields of recipe.colors to be among keep, strength, got "hue".',
      colored({ keep: "luma", strength: 1, hue: 0 }),
    ],
    ["Expected recipe.terms to be a list of 1 to 64 entries, got a list of 0.", { ...recipe, terms: [] }],
    [
      "Expected recipe.terms[1].weight to be a finite number that is not negative, got -1.",
      { ...recipe, terms: [recipe.terms[0], { loss: "tv", weight: -1, options: {} }] },
    ],
    [
      "Expected recipe.terms[0].weight to be a finite number that is not negative, got Infinity.",
      { ...recipe, terms: [{ loss: "tv", weight: Number.POSITIVE_INFINITY, options: {} }] },
    ],
    ["Expected recipe.scales to be a list of 1 to 16 entries, got a list of 0.", { ...recipe, scales: [] }],
    [`Expected recipe.scales[0].size to be ${count(1, 65_536)}, got 0.`, scale(0)],
    [`Expected recipe.scales[0].size to be ${count(1, 65_536)}, got 1.5.`, scale(1.5)],
    [`Expected recipe.scales[0].size[1] to be ${count(1, 65_536)}, got -1.`, scale([1, -1])],
    [
      "Expected recipe.scales[0].size to be the longer side, or a width and a height, got [1, 2, 3].",
      scale([1, 2, 3]),
    ],
    [`Expected recipe.scales[0].steps to be ${count(1, 1_000_000)}, got 0.`, scale(1, 0)],
    ["Expected recipe.styleScale to be a number above 0, at most 1000, got 0.", { ...recipe, styleScale: 0 }],
    [`Expected recipe.margin to be ${count(0, 4096)}, got -1.`, { ...recipe, margin: -1 }],
    [`Expected recipe.seed to be ${count(0)}, got 9007199254740992.`, { ...recipe, seed: 2 ** 53 }],
    [
      'Expected recipe.init to be one of content, style, noise, picture, got "random".',
      { ...recipe, init: "random" },
    ],
  ];
  it.each(wrongValues)("%s", (message, value) => {
    expect(() => parseRecipe(value)).toThrow(new OptionError(message));
  });

  const one = recipe.terms[0]!;
  const tv = { loss: "tv", weight: 1, options: {} };
  const terms = (length: number) => Array.from({ length }, (_, i) => ({ ...one, name: `term ${i}` }));
  const options = (value: Json) => ({ ...recipe, terms: [{ ...one, options: { value } }] });
  const tooMuch: readonly (readonly [message: string, value: unknown])[] = [
    [`Expected recipe.scales[0].steps to be ${count(1, 1_000_000)}, got 500000000.`, scale(512, 5e8)],
    [
      `Expected recipe.scales[0].steps to be ${count(1, 1_000_000)}, got 9007199254740991.`,
      scale(1, 2 ** 53 - 1),
    ],
    [`Expected recipe.scales[0].size to be ${count(1, 65_536)}, got 65537.`, scale(65_537)],
    [`Expected recipe.scales[0].size[0] to be ${count(1, 65_536)}, got 1000000000.`, scale([1e9, 1])],
    [`Expected recipe.margin to be ${count(0, 4096)}, got 4097.`, { ...recipe, margin: 4097 }],
    [
      "Expected recipe.styleScale to be a number above 0, at most 1000, got 1000000.",
      { ...recipe, styleScale: 1e6 },
    ],
    [
      "Expected recipe.scales to be a list of 1 to 16 entries, got a list of 300000.",
      { ...recipe, scales: Array(300_000).fill(recipe.scales[0]) },
    ],
    [
      "Expected recipe.terms to be a list of 1 to 64 entries, got a list of 65.",
      { ...recipe, terms: terms(65) },
    ],
    [
      "Expected recipe.styles to be a list of 1 to 64 entries, got a list of 65.",
      { ...recipe, styles: Array(65).fill({ weight: 1 }) },
    ],
    [
      `Expected recipe.network.name to be a text of at most 256 characters, got "${"n".repeat(60)}…".`,
      { ...recipe, network: { ...recipe.network, name: "n".repeat(5e6) } },
    ],
    [
      "Expected recipe.terms[0].options to have at most 10000 values, got more.",
      options(Array(200_000).fill("relu4_1")),
    ],
    [
      "Expected the texts in recipe.terms[0].options to have at most 65536 characters, got one of 65537.",
      options("x".repeat(65_537)),
    ],
    ['Expected the names in recipe.terms to differ, got "tv" twice.', { ...recipe, terms: [tv, tv] }],
    [
      'Expected no term of recipe.terms to be called "total", which is their sum.',
      { ...recipe, terms: [{ ...tv, name: "total" }] },
    ],
  ];
  it.each(tooMuch)("asks for too much: %s", (message, value) => {
    expect(() => parseRecipe(value)).toThrow(new OptionError(message));
  });

  it.each([
    ["steps", scale(512, 1e6)],
    ["pixels", scale(65_536)],
    ["scales", { ...recipe, scales: Array(16).fill(recipe.scales[0]) }],
    ["terms", { ...recipe, terms: terms(64) }],
    ["styles", { ...recipe, styles: Array(64).fill({ weight: 1 }) }],
    ["of a style's size", { ...recipe, styleScale: 1000 }],
    ["options", options(Array(9999).fill(0))],
  ])("may ask for that many: %s", (_, value) => {
    expect(() => parseRecipe(value)).not.toThrow();
  });

  it("is refused without a character that a terminal obeys", () => {
    const name = "x\u001b]0;owned\u0007\u009b2J\u202e";
    expect(() => parseRecipe({ ...recipe, init: name })).toThrow(
      String.raw`got "x\u001b]0;owned\u0007\u009b2J\u202e".`,
    );
  });

  it("may weigh a style with 0, if another counts", () => {
    expect(parseRecipe(styled(0)).styles).toEqual([{ weight: 1 }, { weight: 0 }]);
  });

  it("is refused before it can be written", () => {
    expect(() => formatRecipe({ ...recipe, seed: Number.NaN })).toThrow(
      new OptionError(`Expected recipe.seed to be ${count(0)}, got NaN.`),
    );
  });

  it("may nest its options 32 deep, and no deeper", () => {
    const nested = (depth: number) => ({
      ...recipe,
      optimizer: { name: "adam", options: JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`) },
    });
    expect(parseRecipe(nested(32)).optimizer.options).toEqual(nested(32).optimizer.options);
    const tooDeep = new OptionError(
      "Expected recipe.optimizer.options to be nested at most 32 deep, got deeper.",
    );
    expect(() => parseRecipe(nested(33))).toThrow(tooDeep);
    expect(() => parseRecipe(nested(100_000))).toThrow(tooDeep);
  });
});
