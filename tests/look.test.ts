import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readPicture } from "@brushwork/backend-node";
import { type Picture, type StylizeOptions, stylize } from "@brushwork/core";
import { type PresetName, presets, rescaled } from "@brushwork/recipes";
import { settings } from "@brushwork/runs";
import { describe, expect, it } from "vitest";
import { compactOnWasm } from "./compact-on-wasm.js";

const pictureFile = (name: string) => fileURLToPath(new URL(`data/${name}`, import.meta.url));
const folder = fileURLToPath(new URL("../../shared/images/", import.meta.url));
const absence = existsSync(folder) ? undefined : "there is no ../shared/images";
const photographs = ["astronaut", "chelsea-cat", "coffee", "rocket"];
const paintings = [
  "cafe-terrace-at-night",
  "church-at-auvers",
  "langlois-bridge",
  "painter-on-his-way-to-work",
];

describe("what our presets paint with the bundled network", () => {
  const compact = compactOnWasm();

  async function painted(
    content: Picture,
    style: Picture,
    preset: PresetName,
    changes: {
      readonly size: number;
      readonly scales?: number;
      readonly steps?: number;
      readonly init?: "content" | "noise";
      /** What all weights are multiplied by. */
      readonly factor?: number;
      /** undefined: core's own */
      readonly margin?: number | undefined;
    },
  ): Promise<Picture> {
    const { recipe } = presets[preset];
    const { init = "content", factor = 1 } = changes;
    const margin = "margin" in changes ? changes.margin : recipe.margin;
    const scales = rescaled(recipe.scales, changes).map((scale) => ({
      ...scale,
      steps: changes.steps ?? scale.steps,
    }));
    const { terms, margin: _, ...rest } = settings(recipe);
    const weighed = terms.map((term) => ({ ...term, weight: term.weight * factor }));
    const pictures = { content, style, init };
    const options: StylizeOptions = {
      ...rest,
      terms: weighed,
      engine: compact.engine,
      network: compact.network,
      ...pictures,
      scales,
      ...(margin !== undefined && { margin }),
    };
    for await (const step of stylize(options)) if (step.last) return await step.picture();
    throw new Error("Expected a last step.");
  }

  it("shows no lattice in a smooth sky", async () => {
    const [sky, strokes] = await Promise.all([
      readPicture(pictureFile("sky.png")),
      readPicture(pictureFile("strokes.png")),
    ]);
    const picture = await painted(sky, strokes, "default", { size: 128, scales: 2, steps: 40 });
    expect(phaseRatio(picture, "down")).toBeLessThan(1.15);
    expect(phaseRatio(picture, "across")).toBeLessThan(1.15);
  }, 600_000);

  describe.skipIf(absence !== undefined)(
    `shows no lattice${absence ? `, skipped: ${absence}` : ""} in`,
    () => {
      it.each(photographs.map((photograph, i) => [photograph, paintings[i] as string] as const))(
        "%s as %s",
        async (photograph, painting) => {
          const content = await readPicture(`${folder}content-${photograph}.jpg`);
          const style = await readPicture(`${folder}style-van-gogh-${painting}.jpg`);
          const picture = await painted(content, style, "sketch", { size: 192 });
          expect(phaseRatio(picture, "down")).toBeLessThan(1.15);
          expect(phaseRatio(picture, "across")).toBeLessThan(1.15);
        },
        600_000,
      );
    },
  );

  it.each(["content", "noise"] as const)(
    "is grey where both pictures are, from %s",
    async (init) => {
      const [photo, strokes] = await Promise.all([
        readPicture(pictureFile("grey-photo.png")),
        readPicture(pictureFile("grey-strokes.png")),
      ]);
      const ranges = chroma(
        await painted(photo, strokes, "default", { size: 96, scales: 1, steps: 12, init }),
      );
      expect(Math.max(...ranges)).toBeLessThanOrEqual(8);
      expect(mean(ranges)).toBeLessThanOrEqual(2);
    },
    600_000,
  );

  it.each([
    ["a grey photograph in a coloured style", "grey-photo.png", "strokes.png"],
    ["a coloured photograph in a grey style", "sky.png", "grey-strokes.png"],
  ])(
    "is no greyer and no more colourful than asked: %s",
    async (_, contentName, styleName) => {
      const [content, style] = await Promise.all([
        readPicture(pictureFile(contentName)),
        readPicture(pictureFile(styleName)),
      ]);
      const picture = await painted(content, style, "default", { size: 64, scales: 1, steps: 24 });
      // One of the two is grey. The result keeps clear of both ends: neither is lost.
      const colour = mean(chroma(picture)) / Math.max(mean(chroma(content)), mean(chroma(style)));
      expect(colour).toBeGreaterThan(0.05);
      expect(colour).toBeLessThan(0.95);
    },
    600_000,
  );

  it("is the same for weights of any size, in the same proportion", async () => {
    const [sky, strokes] = await Promise.all([
      readPicture(pictureFile("sky.png")),
      readPicture(pictureFile("strokes.png")),
    ]);
    const [usual, tiny, huge] = [
      await painted(sky, strokes, "default", { size: 48, scales: 1, steps: 5 }),
      await painted(sky, strokes, "default", { size: 48, scales: 1, steps: 5, factor: 1e-12 }),
      await painted(sky, strokes, "default", { size: 48, scales: 1, steps: 5, factor: 1e30 }),
    ];
    for (const { data } of [tiny, huge])
      expect(mean(Array.from(data, (byte, i) => Math.abs(byte - (usual.data[i] ?? 0))))).toBeLessThan(1);
  }, 600_000);

  // Nothing in a flat picture says where strokes go, so what differs at the edge is a frame.
  it.each([
    { width: 128, scales: 3, style: "strokes.png" },
    // With a margin of 32, the edge has 1.4 times the contrast of the rest.
    { width: 192, scales: 1, style: "cases/strokes-red.png", margin: undefined },
  ])(
    "shows no frame round a flat picture: %o",
    async ({ width, style, ...changes }) => {
      const flat = { width, height: 128, data: new Uint8ClampedArray(width * 128 * 4).fill(128) };
      for (let i = 3; i < flat.data.length; i += 4) flat.data[i] = 255;
      const strokes = await readPicture(pictureFile(style));
      const picture = await painted(flat, strokes, "default", { size: width, ...changes });
      for (const depth of [4, 8]) {
        const { edge, inside } = meanAndContrast(picture, depth);
        expect(Math.abs(edge.mean - inside.mean)).toBeLessThan(2);
        expect(edge.contrast / inside.contrast).toBeLessThan(1.2);
      }
    },
    600_000,
  );
});

/** The largest minus the smallest channel of each pixel, from 0 (grey) to 255. */
function chroma({ data }: Picture): readonly number[] {
  return Array.from({ length: data.length / 4 }, (_, i) => {
    const pixel = [...data.slice(4 * i, 4 * i + 3)];
    return Math.max(...pixel) - Math.min(...pixel);
  });
}

/** Brightness from 0 to 255 by row and column, turned round for "across". */
function brightness({ width, height, data }: Picture, direction: "down" | "across"): readonly number[][] {
  const at = (x: number, y: number) => {
    const i = 4 * (y * width + x);
    return ((data[i] ?? 0) + (data[i + 1] ?? 0) + (data[i + 2] ?? 0)) / 3;
  };
  const [rows, columns] = direction === "down" ? [height, width] : [width, height];
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) =>
      direction === "down" ? at(column, row) : at(row, column),
    ),
  );
}

/**
 * How unevenly a picture changes from row to row, by the row's place among four: 1 where no place is special, 1.02 to
 * 1.09 in photographs and paintings, more where the pooling grid shows.
 */
function phaseRatio(picture: Picture, direction: "down" | "across"): number {
  const smooth = brightness(picture, direction).map((row) =>
    row.map((_, x) => mean(row.slice(Math.max(0, x - 6), x + 6))),
  );
  const changes = smooth
    .slice(1)
    .map((row, y) => mean(row.map((value, x) => Math.abs(value - (smooth[y]?.[x] ?? value)))));
  const byPhase = [0, 1, 2, 3].map((phase) => mean(changes.filter((_, y) => y % 4 === phase)));
  return Math.max(...byPhase) / Math.min(...byPhase);
}

/** Mean brightness, and mean difference of neighbours, in the outer pixels, up to a depth, and in the rest. */
function meanAndContrast(picture: Picture, most: number) {
  const rows = brightness(picture, "down");
  const values = { edge: [] as number[], inside: [] as number[] };
  const differences = { edge: [] as number[], inside: [] as number[] };
  for (const [y, row] of rows.entries())
    for (const [x, value] of row.entries()) {
      const depth = Math.min(x, y, row.length - 1 - x, rows.length - 1 - y);
      const where = depth < most ? "edge" : "inside";
      values[where].push(value);
      for (const neighbour of [row[x + 1], rows[y + 1]?.[x]])
        if (neighbour !== undefined) differences[where].push(Math.abs(value - neighbour));
    }
  return {
    edge: { mean: mean(values.edge), contrast: mean(differences.edge) },
    inside: { mean: mean(values.inside), contrast: mean(differences.inside) },
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
