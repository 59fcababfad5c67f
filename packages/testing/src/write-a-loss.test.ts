import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, parse } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const page = await readFile(join(root, "docs/write-a-loss.md"), "utf8");

/** Code blocks after a line that consists of a file's name. */
const files = new Map(
  Array.from(page.matchAll(/^\*\*(\S+)\*\*\n\n```\w+\n(.*?)^```$/gms), ([, name = "", code = ""]) => [
    name,
    code,
  ]),
);

/** The folders of the packages that the page installs. */
const packages: Readonly<Record<string, string>> = {
  "@brushwork/backend-node": "packages/backend-node",
  "@brushwork/backend-web": "packages/backend-web",
  "@brushwork/core": "packages/core",
  "@brushwork/recipes": "packages/recipes",
  "@brushwork/testing": "packages/testing",
  "@tensorflow/tfjs-backend-cpu": "packages/testing/node_modules/@tensorflow/tfjs-backend-cpu",
  "@tensorflow/tfjs-core": "packages/testing/node_modules/@tensorflow/tfjs-core",
  "@tensorflow/tfjs-layers": "packages/testing/node_modules/@tensorflow/tfjs-layers",
  vitest: "node_modules/vitest",
};

/** A folder with files of the page, and the packages that it installs. */
async function folder(contents: ReadonlyMap<string, string>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "write-a-loss-"));
  for (const [name, code] of contents) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), code);
  }
  for (const [name, place] of Object.entries(packages)) {
    await mkdir(dirname(join(path, "node_modules", name)), { recursive: true });
    await symlink(join(root, place), join(path, "node_modules", name), "dir");
  }
  return path;
}

function replaced(code: string, pattern: RegExp | string, replacement: string): string {
  const result = code.replace(pattern, replacement);
  if (result === code) throw new Error(`Expected the page's code to have ${pattern}, got none.`);
  return result;
}

function file(name: string): string {
  const code = files.get(name);
  if (code === undefined)
    throw new Error(`Expected the page to have ${name}, got ${[...files.keys()].join(", ")}.`);
  return code;
}

const plain = await folder(files);
const closedForm = await folder(
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
      const own = [...files.keys()].filter((name) => name.endsWith(".ts")).map((name) => join(path, name));
      const program = ts.createProgram(own, {
        ...options,
        noEmit: true,
        // Here the packages are not built, and the program of the last section lies beside src.
        customConditions: ["@brushwork/source"],
        rootDir: parse(root).root,
      });
      const errors = own.flatMap((name) => {
        const source = program.getSourceFile(name);
        return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      });
      expect(errors.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
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
