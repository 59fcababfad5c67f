import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";
import { folderOf, guide, replaced, typeErrors } from "./guide.fixture.js";

/** Guides that end with a program, paint.ts, and what makes that small. */
const guides = [
  {
    name: "write-an-optimizer.md",
    tests: "src/momentum.test.ts",
    small: { "size: 128, steps: 60": "size: 96, steps: 1", "size: 256, steps: 60": "size: 112, steps: 2" },
    size: { width: 112, height: 75 },
  },
  {
    name: "write-a-network.md",
    tests: "src/random-filters.test.ts",
    small: { "size: 96, steps: 100": "size: 64, steps: 1", "size: 192, steps: 100": "size: 96, steps: 2" },
    size: { width: 96, height: 64 },
  },
];

describe.each(guides)("$name", async ({ name, tests, small, size }) => {
  const { page, files, file } = await guide(name);
  // What `npm pkg set` makes of it.
  const folder = await folderOf(new Map([...files, ["package.json", '{ "type": "module" }']]));
  afterAll(() => rm(folder, { recursive: true }));

  describe("its tests", async () => {
    await import(join(folder, tests));
  });

  it("has code that type-checks", () => {
    const options = {
      strict: true,
      skipLibCheck: true,
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
    };
    expect(typeErrors(folder, files, options)).toEqual([]);
  });

  it("names the installed TensorFlow.js", () => {
    const versions = Array.from(page.matchAll(/@tensorflow\/tfjs-[a-z-]+@(\S+)/g), ([, version]) => version);
    expect(new Set(versions)).toEqual(new Set([tf.version_core]));
  });

  it("paints", async () => {
    const { writePicture, readPicture } = await import(
      join(folder, "node_modules/@brushwork/backend-node/src/index.ts")
    );
    const pixels = (colour: number) => new Uint8ClampedArray(24 * 16 * 4).map((_, i) => (i * colour) % 256);
    for (const [name, colour] of [
      ["photo.png", 7],
      ["painting.png", 11],
    ] as const)
      await writePicture(join(folder, name), { width: 24, height: 16, data: pixels(colour) });
    const program = Object.entries({
      '"photo.jpg"': JSON.stringify(join(folder, "photo.png")),
      '"painting.jpg"': JSON.stringify(join(folder, "painting.png")),
      '"painted.png"': JSON.stringify(join(folder, "painted.png")),
      "startEngine()": 'startEngine("wasm", { threads: 1 })',
      ...small,
    }).reduce((code, [from, to]) => replaced(code, from, to), file("paint.ts"));
    await writeFile(join(folder, "paint-small.ts"), program);
    await import(join(folder, "paint-small.ts"));
    expect(await readPicture(join(folder, "painted.png"))).toMatchObject(size);
  });
});
