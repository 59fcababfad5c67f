import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { loadNetwork, type NetworkName, readPicture, startEngine } from "@brushwork/backend-node";
import { type Engine, type Picture, type StylizeOptions, stylize } from "@brushwork/core";
import { extractRecipe, type Recipe } from "@brushwork/recipes";
import { settings } from "@brushwork/runs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Painted on one thread of WebAssembly by the Brushwork before version 2 of recipes. */
const pictures = [
  { name: "default", style: "strokes" },
  { name: "paper", style: "strokes" },
  { name: "old", style: "strokes" },
  { name: "blend", style: "strokes" },
  { name: "reconstructed", style: "sky" },
] as const;

const pathOf = (name: string) => fileURLToPath(new URL(`data/${name}.png`, import.meta.url));

describe("a picture whose recipe is of version 1", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine("wasm", { threads: 1 });
  });
  afterAll(() => engine.stop());

  it.each(pictures)("is painted again, bit for bit: $name", async ({ name, style }) => {
    const file = await readFile(pathOf(`version-1/${name}`));
    expect(file.toString("latin1"), "what the file says").toContain('"version":1,');
    const recipe = extractRecipe(file)!;
    expect(recipe.version).toBe(2);
    const painted = await paint(recipe, await readPicture(pathOf("sky")), await readPicture(pathOf(style)));
    const expected = await readPicture(file);
    expect([painted.width, painted.height]).toEqual([expected.width, expected.height]);
    const different = painted.data.filter((byte, i) => byte !== expected.data[i]);
    expect(different.length, "bytes that differ").toBe(0);
  });

  async function paint(recipe: Recipe, content: Picture, style: Picture): Promise<Picture> {
    const { name, pooling, weights } = recipe.network;
    const { network, sha256 } = await loadNetwork(name as NetworkName, { pooling });
    try {
      expect(`sha256:${sha256}`).toBe(weights);
      const init = recipe.init as Exclude<Recipe["init"], "picture">;
      return await lastOf({ ...settings(recipe), engine, network, content, style, init });
    } finally {
      network.dispose();
    }
  }
});

async function lastOf(options: StylizeOptions): Promise<Picture> {
  const run = stylize(options);
  for (;;) {
    const { done, value } = await run.next();
    if (done) return value;
  }
}
