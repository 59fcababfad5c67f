import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";
import { folderOf, guide, replaced, typeErrors } from "./guide.fixture.js";

const { page, files, file } = await guide("write-a-loss.md");

const plain = await folderOf(files);
const closedForm = await folderOf(
  new Map(files).set(
    "src/index.ts",
    `import { distance } from "./distance.js";\n${replaced(file("src/index.ts"), /^function distance.*?^}$/ms, "")}`,
  ),
);

afterAll(async () => {
  await rm(plain, { recursive: true });
  await rm(closedForm, { recursive: true });
});

describe("plain operations", async () => {
  await import(join(plain, "src/index.test.ts"));
});

describe("closed form", async () => {
  await import(join(closedForm, "src/index.test.ts"));
});

describe("the page", () => {
  it("has code that type-checks", () => {
    for (const path of [plain, closedForm]) {
      const config = ts.readConfigFile(join(path, "tsconfig.json"), ts.sys.readFile);
      expect(config.error).toBeUndefined();
      const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, path);
      expect(typeErrors(path, files, options)).toEqual([]);
    }
  });

  it("names the installed TensorFlow.js, and every package that its code imports", () => {
    const versions = page.matchAll(/@tensorflow\/tfjs-[a-z-]+(?:@|": ")([^"\s]+)/g);
    expect(new Set(Array.from(versions, ([, version]) => version))).toEqual(new Set([tf.version_core]));
    const installed = Array.from(
      page.matchAll(/^npm install --save-(?:dev|peer) (.*)$/gm),
      ([, names = ""]) => names.split(" ").map((name) => name.replace(/(?<=.)@.*$/, "")),
    ).flat();
    const { peerDependencies } = JSON.parse(file("package.json"));
    const imported = [...files.values()].flatMap((code) =>
      Array.from(
        code.matchAll(/(?:from|import) "([^."][^"]*)"/g),
        ([, name = ""]) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0],
      ),
    );
    expect([...installed, ...Object.keys(peerDependencies)]).toEqual(expect.arrayContaining(imported));
  });

  it("paints", async () => {
    const { writePicture, readPicture } = await import(
      join(plain, "node_modules/@brushwork/backend-node/src/index.ts")
    );
    const pixels = (colour: number) => new Uint8ClampedArray(24 * 16 * 4).map((_, i) => (i * colour) % 256);
    await writePicture(join(plain, "photo.png"), { width: 24, height: 16, data: pixels(7) });
    await writePicture(join(plain, "painting.png"), { width: 24, height: 16, data: pixels(11) });
    const program = [
      ['"photo.jpg"', JSON.stringify(join(plain, "photo.png"))],
      ['"painting.jpg"', JSON.stringify(join(plain, "painting.png"))],
      ['"painted.png"', JSON.stringify(join(plain, "painted.png"))],
      ["size: 256, steps: 100", "size: 32, steps: 2"],
      ["  recipe,\n", '  recipe,\n  engine: "wasm",\n'],
    ].reduce((code, [from = "", to = ""]) => replaced(code, from, to), file("paint.ts"));
    await writeFile(join(plain, "paint-small.ts"), program);
    await import(join(plain, "paint-small.ts"));
    expect(await readPicture(join(plain, "painted.png"))).toMatchObject({ width: 32, height: 21 });
  });
});
