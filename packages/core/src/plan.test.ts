import { describe, expect, it } from "vitest";
import { NoRoom } from "./errors.js";
import { plan } from "./plan.js";
import type { StylizeOptions } from "./run-options.js";
import { bareEngine, distance, doublingNetwork, pictureOf } from "./stylize.fixture.js";

const content = pictureOf(40, 20, () => [1, 2, 3]);
const style = pictureOf(30, 60, () => [1, 2, 3]);

const unseen = pictureOf(20, 20, () => [9, 9, 9, 0]);

const options = (changes: Partial<StylizeOptions> = {}): StylizeOptions => ({
  engine: bareEngine(),
  network: doublingNetwork(),
  content,
  style,
  terms: [distance("style")],
  ...changes,
});

describe("plan", () => {
  it("fits content and style by their longer sides", () => {
    const { scales } = plan(options({ scales: [{ size: 100, steps: 3 }], styleScale: 0.5 }));
    expect(scales).toMatchObject([{ size: [50, 100], styleSizes: [[50, 25]], steps: 3 }]);
  });

  // The content is 40×20, the style 30×60.
  it.each([
    // The content is enlarged to 120×60, and its middle painted; the style's longer side is the painting's.
    { fit: "cover", size: [60, 60], whole: [60, 120], styleSizes: [[30, 15]] },
    // The content is 60×30 whole.
    { fit: "contain", size: [30, 60], whole: [30, 60], styleSizes: [[30, 15]] },
    { fit: "stretch", size: [60, 60], whole: [60, 60], styleSizes: [[30, 30]] },
  ] as const)("fits an exact size by $fit", ({ fit, size, whole, styleSizes }) => {
    const asked = options({ scales: [{ size: [60, 60], steps: 1 }], styleScale: 0.5, fit });
    expect(plan(asked).scales).toMatchObject([{ size, content: { size: whole }, styleSizes }]);
  });

  it("covers an exact size by default", () => {
    const { scales } = plan(options({ scales: [{ size: [224, 112], steps: 1 }] }));
    expect(scales).toMatchObject([
      { size: [112, 224], content: { size: [112, 224] }, styleSizes: [[224, 112]] },
    ]);
  });

  it.each(["cover", "contain", "stretch"] as const)("keeps all shapes with a longer side, by %s", (fit) => {
    const { scales } = plan(options({ scales: [{ size: 33, steps: 1 }], fit }));
    expect(scales).toMatchObject([{ size: [17, 33], content: { size: [17, 33] }, styleSizes: [[33, 17]] }]);
  });

  it("knows whether all its pictures are grey", () => {
    const grey = pictureOf(9, 9, (x) => [x, x, x]);
    expect(plan(options({ content: grey, style: grey })).grey).toBe(true);
    expect(plan(options({ content: grey, style: [{ picture: grey }, { picture: grey }] })).grey).toBe(true);
    const red = pictureOf(9, 9, () => [90, 0, 0]);
    expect(plan(options({ content: red, style: grey })).grey).toBe(false);
    expect(plan(options({ content: grey, style: [{ picture: grey }, { picture: red }] })).grey).toBe(false);
  });

  it("scales the styles' weights to sum to 1", () => {
    const { styles } = plan(options({ style: [{ picture: style, weight: 3 }, { picture: style }] }));
    expect(styles.map(({ weight }) => weight)).toEqual([0.75, 0.25]);
  });

  it("adds up what a run costs", () => {
    const network = doublingNetwork({
      cost: ([height, width]) => ({
        bytes: height * width * 100,
        largestTensorBytes: 1,
        operations: height * width,
      }),
    });
    const { bytes, operations } = plan(
      options({
        network,
        margin: 0,
        scales: [
          { size: 20, steps: 5 },
          { size: 40, steps: 2 },
        ],
      }),
    );
    expect(operations).toBe(5 * 20 * 10 + 2 * 40 * 20);
    // The network's, and twelve images of three float32 channels.
    expect(bytes).toBe(40 * 20 * (100 + 12 * 3 * 4));
  });

  it("refuses what does not fit, and names the largest size that does", () => {
    const network = doublingNetwork({
      cost: ([height, width]) => ({ bytes: 0, largestTensorBytes: height * width * 4, operations: 1 }),
    });
    const engine = bareEngine({ largestTensorBytes: 200 * 100 * 4 });
    const asked = (size: number) =>
      plan(options({ network, engine, margin: 0, scales: [{ size, steps: 1 }] }));
    expect(() => asked(200)).not.toThrow();
    expect(() => asked(400)).toThrow(/got 400×200, .* choose at most (199|200) pixels/);
  });

  it("distinguishes too little memory from other mistakes, and gives the largest size as a number", () => {
    // A kilobyte for each pixel, and twelve images of 12 bytes a pixel beside it.
    const network = doublingNetwork({
      cost: ([height, width]) => ({
        bytes: 1024 * height * width,
        largestTensorBytes: 1024 * height * width,
        operations: 0,
      }),
    });
    const run = (memoryBytes: number, changes: Partial<StylizeOptions> = {}) => {
      const engine = bareEngine({ memoryBytes, largestTensorBytes: 2 ** 40 });
      const scales = [{ size: 64, steps: 1 }];
      return () => plan(options({ network, engine, margin: 0, scales, ...changes }));
    };
    expect(run(64 * 32 * (1024 + 144))).not.toThrow();
    const refusal = failureOf(run(32 * 16 * (1024 + 144)));
    expect(refusal).toBeInstanceOf(NoRoom);
    expect(refusal).toBeInstanceOf(RangeError);
    expect([31, 32]).toContain((refusal as NoRoom).longest);
    expect(failureOf(run(1, { terms: [] }))).not.toBeInstanceOf(NoRoom);
  });

  it.each<[string, Partial<StylizeOptions>, string]>([
    ["no term", { terms: [] }, "at least one loss term"],
    ["two terms of a name", { terms: [distance("style"), distance("style")] }, 'got "style" twice'],
    [
      "a layer there is not",
      { terms: [distance("style", { layer: "relu9_9" })] },
      '"relu9_9"; there are image, double',
    ],
    ["a term without layers", { terms: [{ ...distance("style"), layers: [] }] }, "to name a layer"],
    ["a negative weight", { terms: [distance("style", { weight: -1 })] }, "0 or more, got -1"],
    ["a weight that is no number", { terms: [distance("style", { weight: Number.NaN })] }, "got NaN"],
    [
      "weights that are all 0",
      { terms: [distance("style", { weight: 0 })] },
      "at least one loss to be above 0",
    ],
    ["an unknown fit", { fit: "crop" as never }, 'one of cover, contain, stretch, got "crop"'],
    ["no style", { style: [] }, "at least one style"],
    ["a style of weight 0", { style: [{ picture: style, weight: 0 }] }, "a weight above 0, got none"],
    ["styles of weight 0", { style: [0, 0].map((weight) => ({ picture: style, weight })) }, "got none"],
    ["a style of negative weight", { style: [{ picture: style, weight: -1 }] }, "0 or more, got -1"],
    ["content that nothing can be seen of", { content: unseen }, "the content to have visible pixels"],
    ["a style that nothing can be seen of", { style: unseen }, "a style to have visible pixels"],
    ["an invisible beginning", { init: unseen }, "the picture to start from to have visible pixels"],
    ["no scale", { scales: [] }, "at least one scale"],
    [
      "a layer twice",
      { terms: [{ ...distance("style"), layers: ["double", "image", "double"] }] },
      "each layer once",
    ],
    [
      "many layers",
      { terms: [{ ...distance("style"), layers: Array(200_000).fill("double") }] },
      'each layer once, got "double" twice',
    ],
    [
      "a layer with a long name that a terminal obeys",
      { terms: [distance("style", { layer: `\u001b${"x".repeat(5e6)}` })] },
      String.raw`got "\u001b${"x".repeat(59)}…"; there are image, double.`,
    ],
    [
      "a term called total",
      { terms: [distance("style", { name: "total" })] },
      "which is the name of their sum",
    ],
    ["half a step", { scales: [{ size: 10, steps: 0.5 }] }, "steps of a scale"],
    ["a size of 0", { scales: [{ size: 0, steps: 1 }] }, "a size"],
    ["a negative margin", { margin: -1 }, "a margin"],
    ["a seed that is no whole number", { seed: 1.5 }, "a seed"],
    ["a style scale of 0", { styleScale: 0 }, "style scale above 0"],
    ["an unknown beginning", { init: "dream" as never }, 'content, style, noise or a picture, got "dream"'],
  ])("refuses %s", (_, changes, sentence) => {
    expect(() => plan(options(changes))).toThrow(RangeError);
    expect(() => plan(options(changes))).toThrow(sentence);
  });

  it("refuses pictures that are too small for the deepest layer", () => {
    const network = doublingNetwork({ geometry: () => ({ stride: 16, reach: 0, channels: 3 }) });
    const asked = (size: number) => plan(options({ network, scales: [{ size, steps: 1 }] }));
    expect(() => asked(32)).not.toThrow();
    expect(() => asked(30)).toThrow("Expected the content to be at least 16 pixels on its shorter side");
  });
});

function failureOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("Expected a refusal.");
}
