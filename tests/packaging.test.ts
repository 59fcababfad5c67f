import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify, stripVTControlCharacters } from "node:util";
import { readPicture } from "@brushwork/backend-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly packageManager?: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly homepage?: string;
  readonly bugs?: string;
  readonly author?: string;
  readonly files?: readonly string[];
  readonly keywords?: readonly string[];
  readonly repository?: { readonly url: string; readonly directory: string };
}

const root = fileURLToPath(new URL("..", import.meta.url));
const { packageManager = "pnpm" } = manifestIn(root);
const published = ["packages", "packages/loss-plugins"]
  .flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(root, parent, name)))
  .filter((path) => existsSync(join(path, "package.json")) && !manifestIn(path).private)
  .map((path) => ({ path, name: manifestIn(path).name }));
const names = published.map(({ name }) => name);
/** A command has nothing to import. */
const importable = published
  .filter(({ path }) => "." in (manifestIn(path).exports ?? {}))
  .map(({ name }) => name);

/** What a package may hold. */
const wanted = [
  /^package\.json$/,
  /^(README|CHANGELOG)\.md$/,
  /^LICENSE$/,
  /^dist\/[^/]+\.js(\.map)?$/,
  /^dist\/[^/]+\.d\.ts$/,
  /^dist\/brushwork\.1$/,
  /^dist\/page\/(index\.html|icon\.svg|manifest\.webmanifest|licenses\.md)$/,
  /^dist\/page\/assets\/[^/]+\.(js|css|jpg)$/,
  /^template\/(src\/|\.github\/workflows\/)?[\w.-]+\.(ts|json|md|yml)$/,
  /^template\/_gitignore$/,
  /^assets\/[^/]+\.(safetensors|md|wasm)$/,
  /^assets\/wasm-thread\.js$/,
  /^assets\/engines\/[^/]+\.json$/,
  /^assets\/labels\/(glyphs\.json|LICENSE)$/,
];

/** A folder outside the repository, where nothing of it can be found by accident. */
let blank: string;

/** Packs every public package, and installs what came out as a user would: with npm, all at once. */
beforeAll(async () => {
  for (const { path, name } of published)
    if (!existsSync(join(path, "dist")))
      throw new Error(`Expected ${name} to be built, found no folder dist. Run pnpm build first.`);
  blank = await mkdtemp(join(tmpdir(), "brushwork-packaging-"));
  await run(
    "npx",
    ["--yes", packageManager, "--filter=./packages/**", "pack", "--pack-destination", blank],
    root,
  );
  const tarballs = Object.fromEntries(names.map((name) => [name, `file:${tarballOf(name)}`]));
  await writeFile(
    join(blank, "package.json"),
    JSON.stringify({
      private: true,
      dependencies: tarballs,
      // Among one another too, the packages are to be these, and never what a registry has.
      overrides: Object.fromEntries(names.map((name) => [name, `$${name}`])),
    }),
  );
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], blank).catch(
    (cause: Error) => {
      throw new Error(
        `Expected npm to install the packages, which takes its registry, but it failed. ${cause.message}`,
        { cause },
      );
    },
  );
}, 600_000);

afterAll(async () => {
  if (blank !== undefined) await rm(blank, { recursive: true, force: true, maxRetries: 3 });
});

describe.each(names)("%s as installed", (name) => {
  const installed = () => join(blank, "node_modules", name);

  it("holds its build, its licence and its page, and nothing else", () => {
    const files = filesIn(installed());
    expect(files).toEqual(expect.arrayContaining(["package.json", "README.md", "LICENSE"]));
    expect(files.filter((file) => !wanted.some((pattern) => pattern.test(file)))).toEqual([]);
  });

  it("says where it comes from, and what it is about", () => {
    const manifest = manifestIn(installed());
    const folder = published.find((one) => one.name === name)?.path ?? "";
    const directory = relative(root, folder).split(sep).join("/");
    const url = "https://github.com/brushwork/brushwork";
    expect(manifest).toMatchObject({
      homepage: `${url}/tree/main/${directory}#readme`,
      bugs: `${url}/issues`,
      author: "The Brushwork authors",
      repository: { url: `git+${url}.git`, directory },
      exports: { "./package.json": "./package.json" },
      // Changesets writes it at the first release.
      files: expect.arrayContaining(["CHANGELOG.md"]),
    });
    const { keywords = [] } = manifest;
    expect(keywords.length).toBeGreaterThanOrEqual(6);
    expect(new Set(keywords).size).toBe(keywords.length);
  });

  it("has a page whose links lead somewhere on npm, too", () => {
    const page = readFileSync(join(installed(), "README.md"), "utf8");
    const links = Array.from(page.matchAll(/\]\(([^)\s]+)\)/g), ([, link = ""]) => link);
    const headings = Array.from(page.matchAll(/^#+ (.*)$/gm), ([, heading = ""]) => anchorOf(heading));
    const own = "https://github.com/brushwork/brushwork/blob/main/";
    const isFound = (link: string) => {
      if (link.startsWith("#")) return headings.includes(link.slice(1));
      if (link.startsWith(own)) return existsSync(join(root, link.slice(own.length).replace(/#.*/, "")));
      const [, brother] = /^https:\/\/www\.npmjs\.com\/package\/(@brushwork\/[^#]+)/.exec(link) ?? [];
      return brother === undefined ? link.startsWith("https://") : names.includes(brother);
    };
    expect(links.filter((link) => !isFound(link))).toEqual([]);
  });

  it("names files that are there, and nothing of the workspace", () => {
    const manifest = manifestIn(installed());
    const text = JSON.stringify(manifest);
    expect(text).not.toMatch(/workspace:|catalog:|@brushwork\/source|"\.\/src/);
    // What follows a colon is a file; what precedes one is the name of an entry.
    const targets = text.match(/"\.\/[^"*]+"(?!:)/g)?.map((target) => JSON.parse(target) as string) ?? [];
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((target) => !existsSync(join(installed(), target)))).toEqual([]);
  });
});

it("leaves TensorFlow's large native package to those who ask for it", () => {
  expect(existsSync(join(blank, "node_modules/@tensorflow/tfjs-core"))).toBe(true);
  expect(existsSync(join(blank, "node_modules/@tensorflow/tfjs-node"))).toBe(false);
});

it("installs the command with no more than it uses", () => {
  const found = packagesWith(join(blank, "node_modules/@brushwork/cli"));
  const folders = found.map((path) => relative(join(blank, "node_modules"), path).split(sep).join("/"));
  expect(folders).toEqual(expect.arrayContaining(["@tensorflow/tfjs-core", "sharp", "commander"]));
  expect(folders).not.toContain("@tensorflow/tfjs-layers");
  // tfjs-core has 40 MB, the backends wasm and cpu 25, webgpu 19, and sharp about 20, by platform.
  const bytes = found.flatMap((path) => ownFilesIn(path).map((file) => statSync(file).size));
  const megabytes = bytes.reduce((sum, size) => sum + size, 0) / 1e6;
  expect(megabytes).toBeGreaterThan(50);
  expect(megabytes).toBeLessThan(120);
});

it("can be imported, each package, which starts and registers nothing", async () => {
  const program = `
    import * as tf from "@tensorflow/tfjs-core";
    for (const name of ${JSON.stringify(importable)}) {
      const module = await import(name);
      console.log(name, Object.values(module).some((value) => typeof value === "function"));
    }
    console.log(Object.keys(tf.engine().registryFactory));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], blank);
  expect(stdout.trim().split("\n")).toEqual([...importable.map((name) => `${name} true`), "[]"]);
});

describe("the command brushwork as installed", () => {
  const brushwork = (...args: readonly string[]) =>
    run(join("node_modules", ".bin", "brushwork"), args, blank);

  it("prints its version", async () => {
    const { version } = manifestIn(join(root, "packages/cli"));
    expect((await brushwork("--version")).stdout.trim()).toBe(version);
  });

  it("paints, on an engine and with a network that came along", async () => {
    const [content, style] = ["content.jpg", "style.jpg"].map((name) => join(root, "examples", name));
    await brushwork(
      ...[content ?? "", style ?? "", "--output", "painted.png", "--network", "compact", "--engine", "wasm"],
      ...["--size", "64", "--scales", "1", "--steps", "2", "--threads", "1"],
    );
    // A PNG begins with its signature and the chunk IHDR, which begins with the width and the height.
    const file = await readFile(join(blank, "painted.png"));
    expect(file.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
    // The photograph has 451×300 pixels, and 64 · 300 / 451 = 42.6.
    expect([file.readUInt32BE(16), file.readUInt32BE(20)]).toEqual([64, 43]);
  });
});

describe("losses of one's own, that of docs/write-a-loss.md and a generated one, packed and installed", () => {
  const name = "brushwork-loss-channel-statistics";
  const pictures = ["content.jpg", "style.jpg"].map((file) => join(root, "examples", file));
  const small =
    "--network compact --engine wasm --threads 1 --size 64 --scales 1 --steps 2 --style-layers relu1_1".split(
      " ",
    );
  const brushwork = (...args: readonly string[]) =>
    run(join("node_modules", ".bin", "brushwork"), [...pictures, ...args], blank);

  /** The folder of a loss that `npm create brushwork-loss` made. */
  const made = () => join(blank, "soft-edges");
  const madeName = "brushwork-loss-soft-edges";

  beforeAll(async () => {
    await run(join("node_modules", ".bin", "create-brushwork-loss"), ["soft-edges"], blank);
    // What else it needs is installed one folder above.
    await mkdir(join(made(), "node_modules"));
    for (const tool of ["tsup", "typescript", "vitest"])
      await symlink(join(root, "node_modules", tool), join(made(), "node_modules", tool), "junction");
    await run(process.execPath, [join(root, "node_modules/tsup/dist/cli-default.js")], made());
    await run("npm", ["pack", "--pack-destination", blank], made());
    const folder = join(blank, "my-loss");
    const guide = readFileSync(join(root, "docs/write-a-loss.md"), "utf8");
    const blocks = guide.matchAll(
      /^\*\*(package\.json|tsconfig\.json|src\/index\.ts)\*\*\n\n```\w+\n(.*?)^```$/gms,
    );
    for (const [, file = "", text = ""] of blocks) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
    // What it imports is installed one folder above.
    await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc")], folder);
    await run("npm", ["pack", "--pack-destination", blank], folder);
    await run(
      "npm",
      [
        ...["install", "--no-audit", "--no-fund", "--prefer-offline"],
        ...[`./${name}-1.0.0.tgz`, `./${madeName}-0.1.0.tgz`],
      ],
      blank,
    );
  }, 600_000);

  it("paints through the command, and through a recipe once that is allowed", async () => {
    await brushwork(...small, "--loss", `${name}:weight=10,layers=relu1_1+relu2_1`, "-o", "first.png");
    const again = ["--engine", "wasm", "--threads", "1", "--recipe", "first.png", "-o", "again.png"];
    await expect(brushwork(...again)).rejects.toThrow(`pass --loss ${name} or --allow-plugins`);
    await brushwork(...again, "--allow-plugins");
    const [first, second] = await Promise.all(
      ["first.png", "again.png"].map((file) => readFile(join(blank, file))),
    );
    expect(second?.equals(first ?? Buffer.alloc(0))).toBe(true);
  });

  it("paints through the command where it was made, after its own tests passed untouched", async () => {
    const { scripts } = JSON.parse(await readFile(join(made(), "package.json"), "utf8"));
    expect(scripts).toMatchObject({ test: "vitest run", types: "tsc", build: "tsup" });
    await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc")], made());
    const { stdout } = await run(
      process.execPath,
      [join(root, "node_modules/vitest/vitest.mjs"), "run"],
      made(),
    );
    expect(stripVTControlCharacters(stdout)).toMatch(/Tests {2}\d+ passed/);
    await brushwork(...small, "--loss", `${madeName}:weight=10`, "-o", "made.png");
    await brushwork(...small, "--loss", `./soft-edges/dist/index.js:weight=10`, "-o", "from-file.png");
    await brushwork(...small, "-o", "without.png");
    const [pixels, ofFile, without] = await Promise.all(
      ["made.png", "from-file.png", "without.png"].map(
        async (file) => (await readPicture(join(blank, file))).data,
      ),
    );
    expect(ofFile).toEqual(pixels);
    expect(without).not.toEqual(pixels);
    const { dependencies = {}, peerDependencies = {} } = manifestIn(join(blank, "node_modules", madeName));
    expect([Object.keys(dependencies), Object.keys(peerDependencies)]).toEqual([
      [],
      ["@brushwork/core", "@tensorflow/tfjs-core"],
    ]);
  });

  it("is listed with its options", async () => {
    const listing = run(join("node_modules", ".bin", "brushwork"), ["losses", name], blank);
    expect((await listing).stdout).toMatch(
      /^brushwork-loss-channel-statistics: Matches .*\n {2}layers .*relu1_1\+relu2_1\+relu3_1\+relu4_1/,
    );
  });

  it("paints through the API", async () => {
    const program = `
      import { paint } from "@brushwork/backend-node";
      import { presets } from "@brushwork/recipes";
      import plugin from "${name}";
      const recipe = { ...presets.default.recipe, margin: 0, scales: [{ size: 64, steps: 2 }], terms: [{ loss: plugin.name, weight: 1, options: {} }] };
      const [content, style] = ${JSON.stringify(pictures)};
      for await (const event of paint({ content, style, recipe, plugins: [plugin], engine: "wasm" }))
        if (event.type === "step") console.log(Object.keys(event.losses).join(" "));`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], blank);
    expect(stdout.trim().split("\n")).toEqual([`${name} total`, `${name} total`]);
  });
});

describe("the examples of", () => {
  /** Pages with programs for Node. Those for a browser are built with Vite in the tests of backend-web. */
  const pages = [
    "README.md",
    "docs/getting-started.md",
    ...["core", "recipes", "runs", "backend-node"].map((name) => `packages/${name}/README.md`),
    ...["content", "histogram", "laplacian", "moments", "nearest", "style", "tv", "wasserstein"].map(
      (name) => `packages/loss-plugins/${name}/README.md`,
    ),
  ];

  beforeAll(async () => {
    for (const [name, source] of [
      ...["photo.jpg", "other.jpg", "one.jpg", "two.jpg"].map((name) => [name, "content.jpg"]),
      ["painting.jpg", "style.jpg"],
    ] as [string, string][])
      await copyFile(join(root, "examples", source), join(blank, name));
    // The presets as they are, but small, at a shallow layer: the examples run as they stand on the page.
    await writeFile(
      join(blank, "small.mjs"),
      `import { presets } from "@brushwork/recipes";
      for (const { recipe } of Object.values(presets)) {
        const terms = recipe.terms.map(({ options: { layers, layerWeights, ...options }, ...term }) => ({
          ...term,
          options: layers === undefined ? options : { ...options, layers: ["relu1_1"] },
        }));
        Object.assign(recipe, { terms, scales: [{ size: 32, steps: 2 }], margin: 0 });
      }`,
    );
    await copyFile(join(blank, "painted.png"), join(blank, "earlier.png"));
  });

  it.each(pages)(
    "%s run as printed",
    async (page) => {
      const text = readFileSync(join(root, page), "utf8");
      const examples = Array.from(text.matchAll(/^```js\n(.*?)^```$/gms), ([, code = ""]) => code);
      expect(examples.length).toBeGreaterThan(0);
      for (const code of examples) {
        // Core has no presets; its example says its size itself.
        const program = code.replace("[{ size: 256, steps: 100 }]", "[{ size: 32, steps: 2 }]");
        await writeFile(join(blank, "example.mjs"), program);
        await rm(join(blank, "painted.png"), { force: true });
        if (program.includes('readFile("painted.png")'))
          await copyFile(join(blank, "earlier.png"), join(blank, "painted.png"));
        await run(process.execPath, ["--import", "./small.mjs", "example.mjs"], blank);
        const output = /"((?:painted|again)\.png)"/.exec(program)?.[1];
        if (output !== undefined) expect(existsSync(join(blank, output))).toBe(true);
      }
    },
    300_000,
  );
});

/** Runs a program to its end. @throws {Error} with the last of what it wrote when it fails */
async function run(command: string, args: readonly string[], cwd: string) {
  // npm's programs are scripts on Windows: these need a shell there, and a shell needs quotes.
  const shell = process.platform === "win32" && command !== process.execPath;
  const words = shell ? args.map((arg) => `"${arg}"`) : [...args];
  try {
    return await promisify(execFile)(command, words, { cwd, shell, maxBuffer: 2 ** 24 });
  } catch (cause) {
    const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
    throw new Error(
      `Expected ${[command, ...args.slice(0, 2)].join(" ")} to succeed, got:\n${(stdout + stderr).slice(-2000)}`,
      {
        cause,
      },
    );
  }
}

/** @brushwork/core → brushwork-core-0.0.0.tgz, in the blank folder */
function tarballOf(name: string): string {
  const start = `${name.replace("@", "").replace("/", "-")}-`;
  const file = readdirSync(blank).find(
    (entry) => entry.startsWith(start) && /^\d/.test(entry.slice(start.length)),
  );
  if (file === undefined) throw new Error(`Expected pnpm to pack ${name}, found no tarball of it.`);
  return file;
}

function manifestIn(path: string): Manifest {
  return JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Manifest;
}

/** The folders of an installed package and of all that it was installed with, each once. */
function packagesWith(folder: string): readonly string[] {
  const found = new Set<string>();
  const visit = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    const { dependencies, optionalDependencies, peerDependencies } = manifestIn(path);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      // As Node looks for it: beside the package, then in every folder above. What is for another platform is missing.
      for (let from = path; from.startsWith(blank); from = dirname(from)) {
        const candidate = join(from, "node_modules", name);
        if (!existsSync(join(candidate, "package.json"))) continue;
        visit(candidate);
        break;
      }
    }
  };
  visit(folder);
  return [...found];
}

/** Paths of all files of an installed package, without those of the packages installed below it. */
function ownFilesIn(folder: string): readonly string[] {
  return filesIn(folder)
    .filter((file) => !file.startsWith("node_modules/"))
    .map((file) => join(folder, file));
}

/** What GitHub and npm call a heading in a link. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

/** Paths of all files below a folder, as a package writes them. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => path.split(sep).join("/"));
}
