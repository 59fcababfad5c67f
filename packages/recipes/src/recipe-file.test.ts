import { readFileSync } from "node:fs";
import { OptionError } from "@brushwork/core";
import { describe, expect, it } from "vitest";
import * as samples from "./containers/sample-files.fixture.js";
import type { Recipe } from "./recipe.js";
import { embedCells, embedRecipe, extractCells, extractRecipe } from "./recipe-file.js";

const recipe: Recipe = {
  version: 2,
  network: { name: "vgg19", pooling: "average" },
  terms: [
    {
      loss: "style",
      weight: 1000,
      options: { layers: ["relu1_1"], title: 'Ü 🎨 \u2028 \ud800 %41 & <a> ]]> "' },
    },
  ],
  optimizer: { name: "adam", options: {} },
  average: { decay: 0.5, carry: "average" },
  clamp: false,
  scales: [{ size: [5, 3], steps: 10 }],
  fit: "contain",
  styleScale: 1,
  margin: 16,
  seed: 7,
  init: "content",
};
const longer: Recipe = {
  ...recipe,
  seed: 8,
  optimizer: { name: "adam", options: { note: "n".repeat(3000) } },
};

/** Where each file's pixels are. */
const pixels: Readonly<Record<keyof typeof samples, readonly [start: number, end: number]>> = {
  pngFile: [54, 127],
  pngWithAlpha: [54, 147],
  jpegFile: [2, 295],
  jpegWithExif: [210, 503],
  jpegWithXmp: [420, 713],
  webpLossy: [12, 86],
  webpLossless: [12, 74],
  webpLosslessWithAlpha: [12, 78],
  webpLossyWithAlpha: [30, 132],
  webpWithXmp: [30, 104],
  tiffFile: [8, 53],
  tiffBigEndian: [8, 53],
  tiffWithAlpha: [8, 44],
  tiffWithXmp: [8, 53],
};

const files = Object.entries(samples).map(([name, base64]) => ({
  name,
  file: new Uint8Array(Buffer.from(base64, "base64")),
  pixels: pixels[name as keyof typeof samples],
}));

describe.each(files)("a recipe in $name", ({ file, pixels: [start, end] }) => {
  it("is absent at first", () => {
    expect(extractRecipe(file)).toBeUndefined();
  });

  it("is read as it was written", () => {
    expect(extractRecipe(embedRecipe(file, recipe))).toEqual(recipe);
    expect(extractRecipe(embedRecipe(file, longer))).toEqual(longer);
  });

  it("leaves the pixels alone, and the file it was given", () => {
    const given = file.slice();
    const written = embedRecipe(given, recipe);
    expect(Buffer.from(written).includes(Buffer.from(file.subarray(start, end)))).toBe(true);
    expect(given).toEqual(file);
  });

  it("replaces another", () => {
    const once = embedRecipe(file, recipe);
    expect(embedRecipe(embedRecipe(file, longer), recipe)).toEqual(once);
    expect(embedRecipe(once, recipe)).toEqual(once);
  });

  it("is found in a file that lies inside a larger buffer", () => {
    const buffer = Buffer.concat([Buffer.from("abc"), embedRecipe(file, recipe)]);
    expect(extractRecipe(buffer.subarray(3))).toEqual(recipe);
  });
});

describe("a picture that was painted when recipes were of version 1", () => {
  const pictureOf = (name: string) =>
    readFileSync(new URL(`../../../tests/data/version-1/${name}.png`, import.meta.url));
  const weights = "sha256:2bc24d52c698b59aef93dd6785a7a80eee2223d6b6ad537ed5fb897d3bb07f97";

  it("carries a recipe that is read as one of today's", () => {
    expect(extractRecipe(pictureOf("default"))).toEqual({
      version: 2,
      network: { name: "compact", pooling: "average", weights },
      terms: [
        {
          loss: "content",
          weight: 0.5,
          options: {
            layers: ["relu2_2", "relu3_2", "relu4_2"],
            layerWeights: { relu2_2: 0.5 },
            reduction: "relative",
          },
        },
        {
          loss: "wasserstein",
          name: "style",
          weight: 1,
          options: {
            layers: ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
            reduction: "relative",
          },
        },
        { loss: "tv", weight: 10, options: {} },
      ],
      optimizer: { name: "adam", options: { learningRate: 0.05 } },
      average: { decay: 0.95, carry: "average" },
      clamp: true,
      scales: [{ size: 72, steps: 3 }],
      fit: "stretch",
      styleScale: 1,
      margin: 32,
      seed: 0,
      init: "content",
    });
  });

  it("may have had none of the options that came later", () => {
    expect(extractRecipe(pictureOf("old"))).toMatchObject({
      version: 2,
      network: { name: "compact", pooling: "max", weights },
      optimizer: { name: "adam", options: { beta2: 0.999, learningRate: 0.03 } },
      average: { decay: 0.9, carry: "image" },
      clamp: false,
    });
  });

  it("is written with today's recipe instead of the old one", () => {
    const file = pictureOf("paper");
    const written = Buffer.from(embedRecipe(file, extractRecipe(file)!));
    expect(extractRecipe(written)).toEqual(extractRecipe(file));
    expect(written.toString("latin1").split("brushwork:recipe")).toHaveLength(2);
    expect(written.includes('"version":2,')).toBe(true);
  });
});

describe("other metadata", () => {
  it.each(files.filter(({ name }) => name.endsWith("WithXmp")))("stays in $name", ({ file }) => {
    const written = Buffer.from(embedRecipe(embedRecipe(file, longer), recipe));
    expect(written.includes("<dc:creator><rdf:Seq><rdf:li>Anna Müller</rdf:li></rdf:Seq></dc:creator>")).toBe(
      true,
    );
    expect(written.toString("latin1").split("</x:xmpmeta>")).toHaveLength(2);
  });

  it("stays in jpegWithExif", () => {
    const exif = Buffer.from(samples.jpegWithExif, "base64").subarray(0, 210);
    const written = Buffer.from(embedRecipe(Buffer.from(samples.jpegWithExif, "base64"), recipe));
    expect(written.indexOf(exif)).toBe(0);
  });
});

describe("a file of no known format", () => {
  const message = "Expected a picture file of one of the formats PNG, JPEG, WebP, TIFF, got another.";
  it.each([
    ["empty", ""],
    ["a GIF", "GIF89a"],
    ["another RIFF file", "RIFF\x04\0\0\0WAVE"],
    ["a BigTIFF", "II\x2b\0\x08\0\0\0"],
    ["half a signature", "\x89PNG"],
  ])("is refused: %s", (_, text) => {
    const file = Buffer.from(text, "latin1");
    expect(() => extractRecipe(file)).toThrow(new Error(message));
    expect(() => embedRecipe(file, recipe)).toThrow(new Error(message));
  });

  it("is refused when it is not bytes at all", () => {
    expect(() => extractRecipe(new ArrayBuffer(8) as unknown as Uint8Array)).toThrow(
      new TypeError("Expected a picture file as a Uint8Array, got object."),
    );
  });
});

describe("a damaged recipe", () => {
  /** Changes the text of the recipe in place, so that every length stays. */
  const changed = (from: string, to: string) => {
    const file = Buffer.from(embedRecipe(Buffer.from(samples.tiffFile, "base64"), recipe));
    file.write(to, file.indexOf(from), "latin1");
    return file;
  };

  it("that is not JSON is an error", () => {
    expect(() => extractRecipe(changed('"seed":7', '"seed";7'))).toThrow(
      "Expected the recipe in the file to be JSON, got something else: it is damaged.",
    );
  });

  it("that is not UTF-8 is an error", () => {
    expect(() => extractRecipe(changed("vgg19", "vgg\xff9"))).toThrow(
      "Expected the recipe in the file to be UTF-8, got other bytes: it is damaged.",
    );
  });

  it("that is not a recipe is an error", () => {
    expect(() => extractRecipe(changed('"margin":16', '"margin":-1'))).toThrow(
      "Expected recipe.margin to be a whole number from 0 to 4096, got -1.",
    );
  });

  it("that is not valid is never written", () => {
    expect(() => embedRecipe(Buffer.from(samples.pngFile, "base64"), { ...recipe, margin: -1 })).toThrow(
      new OptionError("Expected recipe.margin to be a whole number from 0 to 4096, got -1."),
    );
  });
});

describe("a hostile file", () => {
  const hosts = files.flatMap(({ name, file }) => [
    { name, file },
    { name: `${name} with a recipe`, file: embedRecipe(file, recipe) },
  ]);

  it.each(hosts)("cut off anywhere gives a recipe, nothing or an error: $name", ({ file }) => {
    for (let length = 0; length < file.length; length++) expectToEnd(file.subarray(0, length));
  });

  it.each(hosts)("with any bits changed gives a recipe, nothing or an error: $name", ({ file }) => {
    const random = randomNumbers(7);
    for (let i = 0; i < 300; i++) {
      const flipped = file.slice();
      const at = random() % file.length;
      flipped[at] = (flipped[at] ?? 0) ^ (1 + (random() % 255));
      expectToEnd(flipped);
    }
  });

  /** Reads a recipe; an error must have a message of our own. */
  function expectToEnd(file: Uint8Array): void {
    for (const call of [() => extractRecipe(file), () => embedRecipe(file, recipe)]) {
      try {
        call();
      } catch (error) {
        expect((error as Error).message).toMatch(/^Expected .+, got .+\.$/);
      }
    }
  }

  /** Marsaglia's xorshift32. */
  function randomNumbers(seed: number): () => number {
    let state = seed;
    return () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state >>> 0;
    };
  }
});

describe("a sheet's file", () => {
  const [{ file }] = files as [(typeof files)[number]];
  const cells = new Map([
    ["A1", recipe],
    ["B1", longer],
  ]);

  it("carries the recipe of each cell", () => {
    const sheet = embedCells(file, cells);
    expect(extractCells(sheet)).toEqual(cells);
    expect(() => extractRecipe(sheet)).toThrow(
      new OptionError(
        "Expected a picture with one recipe, got a sheet with 2, one for each cell: choose a cell.",
      ),
    );
  });

  it("is not what a picture with one recipe is, nor one with none", () => {
    expect(extractCells(embedRecipe(file, recipe))).toBeUndefined();
    expect(extractCells(file)).toBeUndefined();
  });

  it.each([
    ["no cells", new Map(), "Expected a sheet to have 1 to 256 cells, got 0."],
    [
      "a cell of another name",
      new Map([["__proto__", recipe]]),
      'Expected the name of a cell, such as B2, got "__proto__".',
    ],
  ])("refuses %s", (_, wrong, sentence) => {
    expect(() => embedCells(file, wrong)).toThrow(new OptionError(sentence));
  });
});
