import { OptionError } from "@brushwork/core";
import { describe, expect, it } from "vitest";
import { formatRecipe, parseRecipe, type Recipe } from "./recipe.js";

const digest = "0123456789abcdef".repeat(4);

/** A recipe as version 1 wrote it. */
const old = {
  version: 1,
  network: { name: "vgg19", pooling: "average", sha256: digest },
  terms: [
    { name: "content", weight: 0.5, options: { layers: ["relu4_2"] } },
    { name: "wasserstein", weight: 2, options: { reduction: "relative" } },
    { name: "tv", weight: 10, options: {} },
  ],
  optimizer: {
    name: "adam",
    options: { average: 0.95, beta2: 0.999, carry: "average", clamp: true, learningRate: 0.05 },
  },
  scales: [{ size: 72, steps: 3 }],
  styleScale: 1.5,
  margin: 32,
  seed: 7,
  init: "noise",
} as const;

const withOptions = (options: unknown) => ({ ...old, optimizer: { name: "adam", options } });

describe("a recipe of version 1", () => {
  it("is read as one of version 2", () => {
    const expected: Recipe = {
      version: 2,
      network: { name: "vgg19", pooling: "average", weights: `sha256:${digest}` },
      terms: [
        { loss: "content", weight: 0.5, options: { layers: ["relu4_2"] } },
        { loss: "wasserstein", name: "style", weight: 2, options: { reduction: "relative" } },
        { loss: "tv", weight: 10, options: {} },
      ],
      optimizer: { name: "adam", options: { beta2: 0.999, learningRate: 0.05 } },
      average: { decay: 0.95, carry: "average" },
      clamp: true,
      scales: [{ size: 72, steps: 3 }],
      fit: "stretch",
      styleScale: 1.5,
      margin: 32,
      seed: 7,
      init: "noise",
    };
    expect(parseRecipe(old)).toEqual(expected);
  });

  it("is read from its text, written as version 2 and read again", () => {
    const recipe = parseRecipe(JSON.parse(JSON.stringify(old)));
    const text = formatRecipe(recipe);
    expect(text).toContain('"version": 2,');
    expect(parseRecipe(JSON.parse(text))).toEqual(recipe);
  });

  it("is not changed itself", () => {
    const given = structuredClone(old);
    parseRecipe(given);
    expect(given).toEqual(old);
  });

  it("names no term by a label but Wasserstein's, which is the style's", () => {
    const labels = (...names: readonly string[]) =>
      parseRecipe({ ...old, terms: names.map((name) => ({ name, weight: 1, options: {} })) }).terms.map(
        ({ loss, name }) => [loss, name],
      );
    expect(labels("wasserstein", "brushwork-loss-foo")).toEqual([
      ["wasserstein", "style"],
      ["brushwork-loss-foo", undefined],
    ]);
    // Each name stands there once.
    expect(labels("wasserstein", "style")).toEqual([
      ["wasserstein", undefined],
      ["style", undefined],
    ]);
  });

  it("neither averaged nor clamped where it did not say so, and carried the image", () => {
    const { average, clamp, optimizer } = parseRecipe(withOptions({ learningRate: 0.02 }));
    expect(average).toEqual({ decay: 0, carry: "image" });
    expect(clamp).toBe(false);
    expect(optimizer).toEqual({ name: "adam", options: { learningRate: 0.02 } });
  });

  it("carried the image where it averaged and did not say what to carry", () => {
    const { average, clamp } = parseRecipe(withOptions({ average: 0.9 }));
    expect(average).toEqual({ decay: 0.9, carry: "image" });
    expect(clamp).toBe(false);
  });

  it("may say nothing about its network's weights", () => {
    const network = { name: "compact", pooling: "max" };
    expect(parseRecipe({ ...old, network }).network).toEqual(network);
  });

  it("has the digest of its weights in lower case", () => {
    const network = { ...old.network, sha256: digest.toUpperCase() };
    expect(parseRecipe({ ...old, network }).network.weights).toBe(`sha256:${digest}`);
  });

  it("keeps an option named __proto__ as data", () => {
    const { options } = parseRecipe(
      withOptions(JSON.parse('{"__proto__":{"average":0.5},"clamp":true}')),
    ).optimizer;
    expect(Object.keys(options)).toEqual(["__proto__"]);
    expect(parseRecipe(withOptions(JSON.parse('{"__proto__":{"average":0.5}}'))).average.decay).toBe(0);
  });

  const text = "a text that is not empty";
  const weight = "a finite number that is not negative";
  const weights = "the source of weights, or sha256: and 64 hexadecimal digits";
  const hostile: readonly [message: string, value: unknown][] = [
    ["Expected recipe.network to be an object, got nothing.", { version: 1 }],
    ["Expected recipe.network to be an object, got null.", { ...old, network: null }],
    ["Expected recipe.network to be an object, got a list of 1.", { ...old, network: ["sha256"] }],
    [
      `Expected recipe.network.weights to be ${weights}, got "sha256:abc".`,
      { ...old, network: { ...old.network, sha256: "abc" } },
    ],
    [
      `Expected recipe.network.weights to be ${text}, got null.`,
      { ...old, network: { ...old.network, sha256: null } },
    ],
    [
      `Expected recipe.network.weights to be ${text}, got an object.`,
      { ...old, network: { ...old.network, sha256: { toString: null } } },
    ],
    ["Expected recipe.terms to be a list, got nothing.", { ...old, terms: undefined }],
    ["Expected recipe.terms to be a list, got an object.", { ...old, terms: { name: "style" } }],
    ["Expected recipe.terms to be a list of 1 to 64 entries, got a list of 0.", { ...old, terms: [] }],
    ["Expected recipe.terms[0] to be an object, got null.", { ...old, terms: [null] }],
    ['Expected recipe.terms[0] to be an object, got "style".', { ...old, terms: ["style"] }],
    [`Expected recipe.terms[0].loss to be ${text}, got nothing.`, { ...old, terms: [{}] }],
    [
      `Expected recipe.terms[0].loss to be ${text}, got a list of 1.`,
      { ...old, terms: [{ name: ["wasserstein"], weight: 1, options: {} }] },
    ],
    [
      `Expected recipe.terms[0].weight to be ${weight}, got "1".`,
      { ...old, terms: [{ name: "wasserstein", weight: "1", options: {} }] },
    ],
    [
      "Expected recipe.terms[0].options to be an object, got null.",
      { ...old, terms: [{ name: "wasserstein", weight: 1, options: null }] },
    ],
    ["Expected recipe.optimizer to be an object, got nothing.", { ...old, optimizer: undefined }],
    ['Expected recipe.optimizer to be an object, got "adam".', { ...old, optimizer: "adam" }],
    ["Expected recipe.optimizer.options to be an object, got nothing.", withOptions(undefined)],
    ["Expected recipe.optimizer.options to be an object, got null.", withOptions(null)],
    ["Expected recipe.optimizer.options to be an object, got a list of 0.", withOptions([])],
    [`Expected recipe.average.decay to be ${weight}, got null.`, withOptions({ average: null })],
    [`Expected recipe.average.decay to be ${weight}, got "0.9".`, withOptions({ average: "0.9" })],
    [`Expected recipe.average.decay to be ${weight}, got an object.`, withOptions({ average: { decay: 0 } })],
    [
      "Expected recipe.average.decay to be a number from 0 to less than 1, got 1.",
      withOptions({ average: 1 }),
    ],
    [
      'Expected recipe.average.carry to be one of average, image, got "picture".',
      withOptions({ average: 0.9, carry: "picture" }),
    ],
    ["Expected recipe.average.carry to be one of average, image, got 1.", withOptions({ carry: 1 })],
    ["Expected recipe.clamp to be true or false, got 1.", withOptions({ clamp: 1 })],
    ["Expected recipe.clamp to be true or false, got null.", withOptions({ clamp: null })],
    ["Expected recipe.scales to be a list, got nothing.", { ...old, scales: undefined }],
    [
      'Expected the fields of recipe to be among version, network, terms, optimizer, average, clamp, scales, untilStable, fit, styleScale, styles, colors, margin, seed, init, got "brushes".',
      { ...old, brushes: [] },
    ],
  ];
  it.each(hostile)("that is invalid is refused: %s", (message, value) => {
    expect(() => parseRecipe(value)).toThrow(new OptionError(message));
  });

  it("that is nested too deep is refused", () => {
    const options = JSON.parse(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`);
    expect(() => parseRecipe(withOptions(options))).toThrow(
      new OptionError("Expected recipe.optimizer.options to be nested at most 32 deep, got deeper."),
    );
  });
});
