import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { NoRoom, OptionError, TooSmall } from "./errors.js";
import type { WorkingSize } from "./loss.js";
import { plan } from "./plan.js";
import type { StyleSource, StylizeOptions } from "./run-options.js";
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

  it("has a margin as wide as the terms' layers see", () => {
    const reaches: Record<string, number> = { near: 3, far: 70, unused: 200 };
    const network = doublingNetwork({
      layers: Object.keys(reaches),
      geometry: (layer) => ({ stride: 1, reach: reaches[layer] ?? 0, channels: 3 }),
    });
    const seeing = (...layers: string[]) => ({ ...distance("style"), layers });
    const margin = (changes: Partial<StylizeOptions>) => plan(options({ network, ...changes })).margin;
    expect(margin({ terms: [seeing("far", "near")] })).toBe(70);
    expect(margin({ terms: [seeing("near")] })).toBe(3);
    expect(margin({ terms: [seeing("image")] })).toBe(0);
    expect(margin({ terms: [seeing("far")], margin: 5 })).toBe(5);
    const boundless = doublingNetwork({ layers: ["near"] });
    expect(margin({ terms: [seeing("near")], network: boundless })).toBe(16);
  });

  it("knows whether all its pictures are grey", () => {
    const grey = pictureOf(9, 9, (x) => [x, x, x]);
    expect(plan(options({ content: grey, style: grey })).grey).toBe(true);
    expect(plan(options({ content: grey, style: [{ picture: grey }, { picture: grey }] })).grey).toBe(true);
    const red = pictureOf(9, 9, () => [90, 0, 0]);
    expect(plan(options({ content: red, style: grey })).grey).toBe(false);
    expect(plan(options({ content: grey, style: [{ picture: grey }, { picture: red }] })).grey).toBe(false);
  });

  describe("with masks", () => {
    const white = pictureOf(4, 4, () => [255, 255, 255]);
    const black = pictureOf(4, 4, () => [0, 0, 0]);
    const network = doublingNetwork({ geometry: () => ({ stride: 1, reach: 0, channels: 3 }) });
    const term = { ...distance("style"), masks: true };
    const masked = (masks: Partial<StyleSource>, changes: Partial<StylizeOptions> = {}) =>
      options({
        network,
        terms: [term],
        style: [{ picture: style }, { picture: style, ...masks }],
        ...changes,
      });

    it("hands them on with the styles that count", () => {
      const { styles } = plan(masked({ weight: 3, contentMask: white }));
      expect(styles).toEqual([
        { picture: style, weight: 0.25 },
        { picture: style, weight: 0.75, contentMask: white },
      ]);
    });

    it.each([
      [
        { contentMask: black },
        "Expected the content mask of style 2 to be brighter than black somewhere in what is painted, got black throughout.",
      ],
      [
        { styleMask: black },
        "Expected the style mask of style 2 to be brighter than black somewhere, got black throughout.",
      ],
    ])("refuses black ones: %o", (masks, message) => {
      expect(() => plan(masked(masks))).toThrow(new OptionError(message));
    });

    it("refuses one that is black in the part of the content that is painted", () => {
      // A square covered by a content twice as wide: the outer quarters are cut off.
      const outer = pictureOf(8, 4, (x) => (x < 2 || x > 5 ? [255, 255, 255] : [0, 0, 0]));
      const square = { scales: [{ size: [20, 20], steps: 1 }] } as const;
      expect(() => plan(masked({ contentMask: outer }, square))).toThrow("in what is painted");
      expect(plan(masked({ contentMask: outer })).styles).toHaveLength(2);
    });

    it("refuses losses that would ignore them, by name", () => {
      const terms = [term, distance("content"), { ...distance("content", { name: "other" }), masks: false }];
      expect(() => plan(masked({ styleMask: white }, { terms }))).toThrow(
        new OptionError(
          'Expected losses that know the masks of styles, got "content", "other": leave those losses or the masks out.',
        ),
      );
      expect(plan(masked({}, { terms })).styles).toHaveLength(2);
    });

    it("refuses a network without places", () => {
      expect(() => plan(masked({ contentMask: white }, { network: doublingNetwork() }))).toThrow(
        new OptionError(
          "Expected a network whose layers have places in the picture, for masks, got doubling.",
        ),
      );
    });

    it("counts their memory, and that of masked activations", () => {
      const cost = () => ({ bytes: 1e6, largestTensorBytes: 100, operations: 1 });
      const featuresCost = () => ({ bytes: 0, peakBytes: 0, largestTensorBytes: 0, operations: 0 });
      const counted = {
        network: { ...network, cost, featuresCost },
        scales: [{ size: 40, steps: 1 }],
        margin: 0,
      } as const;
      const { bytes = 0 } = plan(masked({}, counted));
      const { bytes: withMask = 0 } = plan(masked({ contentMask: white }, counted));
      // A number of 4 bytes at each of 40×20 pixels for the image and for its only layer, and two activations.
      expect(withMask - bytes).toBe(2 * 4 * 40 * 20 + 2 * 100);
    });
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
      featuresCost: ([height, width]) => ({
        bytes: height * width * 10,
        peakBytes: height * width * 15,
        largestTensorBytes: 1,
        operations: (height * width) / 2,
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
    // The steps, and once at each scale half of that for the content, and for the style, of 10×20 and 20×40.
    expect(operations).toBe(5 * 20 * 10 + 2 * 40 * 20 + 2 * (100 + 400));
    // The network's, and twelve images of three float32 channels.
    expect(bytes).toBe(40 * 20 * (100 + 12 * 3 * 4));
  });

  it("refuses what does not fit, and names the largest size that does", () => {
    const network = doublingNetwork({
      cost: ([height, width]) => ({ bytes: 0, largestTensorBytes: height * width * 64, operations: 1 }),
    });
    const engine = bareEngine({ largestTensorBytes: 200 * 100 * 64 });
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
      featuresCost: () => ({ bytes: 0, peakBytes: 0, largestTensorBytes: 0, operations: 0 }),
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

  describe("a picture that is too small for the deepest layer", () => {
    const network = doublingNetwork({ geometry: () => ({ stride: 16, reach: 0, channels: 3 }) });
    const sizes = (...longer: number[]) => longer.map((size) => ({ size, steps: 1 }));
    const asked = (changes: Partial<StylizeOptions>) => plan(options({ network, ...changes }));

    it("is refused at the last scale, with the smallest size that is large enough", () => {
      expect(() => asked({ scales: sizes(32) })).not.toThrow();
      expect(() => asked({ scales: sizes(30) })).toThrow(
        new TooSmall(
          "Expected the content to be at least 16 pixels on its shorter side for the layer double, got 30×15",
          { size: 31 },
        ),
      );
      // 31 / 2 = 15.5, rounded up to 16.
      expect(() => asked({ scales: sizes(31) })).not.toThrow();
    });

    it("is refused with the smallest style scale, where it is the style", () => {
      const refusal = failureOf(() => asked({ scales: sizes(64), styleScale: 0.1 }));
      // 64 · 0.1 = 6 pixels for the longer side of 30×60; 64 · 0.48 = 30.7, of which half is 15.5, rounded up.
      expect(refusal).toMatchObject({ name: "OptionError", styleScale: 0.48, size: 305 });
      expect((refusal as Error).message).toBe(
        "Expected the style to be at least 16 pixels on its shorter side for the layer double, got 3×6: " +
          "choose a style scale of at least 0.48, or a size of at least 305, or shallower layers.",
      );
      expect(() => asked({ scales: sizes(64), styleScale: 0.48 })).not.toThrow();
      expect(() => asked({ scales: sizes(305), styleScale: 0.1 })).not.toThrow();
    });

    it("names an exact size that keeps its shape", () => {
      expect(failureOf(() => asked({ scales: [{ size: [40, 10], steps: 1 }] }))).toMatchObject({
        size: [64, 16],
      });
    });

    const long = pictureOf(320, 10, () => [1, 2, 3]);
    const tall = pictureOf(10, 320, () => [1, 2, 3]);
    it.each([
      ["content", long, style],
      ["content", tall, style],
      ["style", content, long],
      ["style", content, tall],
    ] as const)("is left out at a coarser one: %s", (what, first, second) => {
      const found = asked({ content: first, style: second, scales: sizes(125, 320, 512, 640) });
      // A thirty-second of the longer side: 4, 10, 16 and 20.
      expect(found.scales.map(({ size: [height, width] }) => Math.max(height, width))).toEqual([512, 640]);
      // Four scales of one step each, two of them left out.
      expect(found.scales.map(({ index, steps }) => [index, steps])).toEqual([
        [2, 3],
        [3, 1],
      ]);
      const upright = first === tall || second === tall;
      expect(found.leftOut).toEqual([
        { index: 0, what, size: upright ? [125, 4] : [4, 125], layer: "double", least: 16 },
        { index: 1, what, size: upright ? [320, 10] : [10, 320], layer: "double", least: 16 },
      ]);
      expect(() => asked({ content: first, style: second, scales: sizes(512, 320) })).toThrow(TooSmall);
    });
  });

  describe("memory", () => {
    // A step takes 1000 bytes a pixel, features 100 that stay and 50 more on the way; an image 12.
    const network = doublingNetwork({
      geometry: () => ({ stride: 4, reach: 0, channels: 3 }),
      cost: ([height, width]) => ({
        bytes: 1000 * height * width,
        largestTensorBytes: 64 * height * width,
        operations: 10 * height * width,
      }),
      featuresCost: ([height, width]) => ({
        bytes: 100 * height * width,
        peakBytes: 150 * height * width,
        largestTensorBytes: 64 * height * width,
        operations: 5 * height * width,
      }),
    });
    const asked = (changes: Partial<StylizeOptions> = {}) =>
      plan(options({ network, margin: 0, scales: [{ size: 40, steps: 1 }], ...changes }));

    it("grows with the styles, which all exist at once beside the content", () => {
      // 40×20 pixels of content: a step is more than the targets of styles of the same length.
      expect(asked().bytes).toBe(800 * (1000 + 144));
      // Styles of 200×400 pixels: features and images of both, and the way of one.
      const two = [{ picture: style }, { picture: style }];
      expect(asked({ styleScale: 10, style: two }).bytes).toBe(
        800 * 144 + 800 * 100 + 2 * 80_000 * (100 + 12) + 80_000 * 50,
      );
      expect(asked({ styleScale: 10, style: two }).operations).toBe(800 * (10 + 5) + 2 * 80_000 * 5);
    });

    it("counts what targets hold of the content beside a step", () => {
      const content = { ...distance("content"), holdsContent: true };
      expect(asked({ terms: [distance("style"), content] }).bytes).toBe(800 * (1000 + 144 + 100));
    });

    it("counts what the term that needs most works with beside a step", () => {
      const working = (name: string, factor: number) => ({
        ...distance("style", { name }),
        workingBytes: ({ featureBytes, regions }: WorkingSize) =>
          factor * regions * Object.values(featureBytes).reduce((sum, bytes) => sum + bytes, 0),
      });
      // Features of the one layer that each names, 100 bytes a pixel: once, and three times.
      const terms = [working("style", 1), distance("content"), working("other", 3)];
      expect(asked({ terms }).bytes).toBe(800 * (1000 + 144 + 300));
    });

    it("is what the engine takes for each byte of tensors", () => {
      expect(asked({ engine: bareEngine({ overhead: 1.5 }) }).bytes).toBe(1.5 * 800 * (1000 + 144));
    });

    it("is refused with the style's size, and the largest style scale and size that fit", () => {
      const engine = bareEngine({ memoryBytes: 2_000_000 });
      const refusal = failureOf(() => asked({ engine, styleScale: 10 })) as NoRoom;
      expect(refusal).toMatchObject({ name: "NoRoom", engine: "bare", longest: refusal.size });
      const { styleScale = 0, longest } = refusal;
      expect(refusal.message).toBe(
        "Expected a style that fits the engine bare, got one of 200×400 for a picture of 40×20, which takes about " +
          `13 MiB: choose a style scale of at most ${styleScale}, or at most ${longest} pixels for the longer side.`,
      );
      // 2,000,000 = 800 · 244 + 162 · 800 s², with s = 3.69
      expect(styleScale).toBeCloseTo(3.69, 1);
      expect(() => asked({ engine, styleScale })).not.toThrow();
      expect(() => asked({ engine, styleScale: styleScale * 1.01 })).toThrow(NoRoom);
      const sized = (size: number) => () => asked({ engine, styleScale: 10, scales: [{ size, steps: 1 }] });
      expect(sized(longest)).not.toThrow();
      expect(sized(longest + 1)).toThrow(NoRoom);
    });

    it("names no size at which a picture would be too small", () => {
      const refusal = failureOf(() => asked({ engine: bareEngine({ memoryBytes: 60_000 }) })) as NoRoom;
      // 60,000 bytes are 52 pixels of a step: 10×5.
      expect(refusal).toMatchObject({ longest: 10, size: 10 });
      const tiny = failureOf(() => asked({ engine: bareEngine({ memoryBytes: 20_000 }) })) as NoRoom;
      expect(tiny.longest).toBe(0);
      expect(tiny.message).toMatch(/: use another engine\.$/);
    });

    it.each([
      ["a billion pixels", { scales: [{ size: 1e9, steps: 1 }] }],
      ["an exact size", { scales: [{ size: [80_000, 40_000] as const, steps: 1 }] }],
    ])("finds the largest size to the pixel, whatever was asked for: %s", (_, changes) => {
      const engine = bareEngine({ memoryBytes: 20_000_000 });
      const { longest, size } = failureOf(() => asked({ engine, ...changes })) as NoRoom;
      // 20,000,000 / 1144 = 17,482 pixels: 186×93 are 17,298, 188×94 are 17,672.
      expect([186, 187]).toContain(longest);
      expect(() => asked({ engine, scales: [{ size: size ?? 0, steps: 1 }] })).not.toThrow();
    });

    it("is said to be the margin's, where no size has room for that", () => {
      const engine = bareEngine({ memoryBytes: 4_000_000 });
      const { message } = failureOf(() => asked({ engine, margin: 3000 })) as NoRoom;
      expect(message).toMatch(
        /^Expected a margin that fits the engine bare, got 3000 pixels around 40×20, which takes about .*: choose a margin of at most (\d+)\.$/,
      );
      const most = Number(message.match(/(\d+)\.$/)?.[1]);
      expect(() => asked({ engine, margin: most })).not.toThrow();
      expect(() => asked({ engine, margin: most + 1 })).toThrow(NoRoom);
    });

    describe("that is too small for one piece", () => {
      const additive = { measure: () => ({}), score: () => tf.scalar(0) };
      const large = { terms: [{ ...distance("style"), additive }], scales: [{ size: 400, steps: 1 }] };
      // 400×200 pixels: 12 images, and two on the host, and a step with the features of one of 7×4 tiles of up to 60×52.
      const least = 14 * 12 * 80_000 + (1000 + 100) * 60 * 52;

      it("is enough for tiles, down to the smallest", () => {
        const found = asked({ ...large, memoryBytes: least });
        expect(found.bytes).toBe(least);
        expect(found.scales[0]?.tiles).toEqual({ side: [64, 64], count: 28, kept: 1, memoryBytes: least });
        expect(() => asked({ ...large, memoryBytes: least - 1 })).toThrow(NoRoom);
      });

      it("keeps more passes the more there is, and gives no tiles where there is enough", () => {
        const memoryBytes = 40_000_000;
        const { bytes = 0, scales } = asked({ ...large, memoryBytes });
        expect(bytes).toBeLessThanOrEqual(memoryBytes);
        expect(scales[0]?.tiles?.kept).toBeGreaterThan(1);
        expect(asked(large).scales[0]?.tiles).toBeUndefined();
      });

      it.each([
        ["sees the whole picture", distance("style")],
        ["normalises its gradient", { ...distance("style"), additive, normalizeGradients: true }],
      ])("is refused on account of a loss that %s", (_, term) => {
        expect(() => asked({ ...large, terms: [term], memoryBytes: 40_000_000 })).toThrow(
          /^Expected a size that fits the engine bare in one piece, as the loss "style" needs, got 400×200, .*: choose /,
        );
      });
    });

    it.each([0, -1, Number.NaN])("has to be above 0: %s", (memoryBytes) => {
      expect(() => asked({ memoryBytes })).toThrow(OptionError);
    });

    it("of a network that does not know its features' is that of a step", () => {
      const { featuresCost: _, ...unknowing } = network;
      expect(asked({ network: unknowing, styleScale: 10 }).bytes).toBe(
        800 * 144 + 800 * 1000 + 80_000 * (1000 + 12),
      );
    });
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
