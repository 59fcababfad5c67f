import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, createServer } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isolation, serveSite } from "../../../tests/chromium.js";
import { describeInChromium } from "../../../tests/in-chromium.js";
import { tinyRecipe } from "./page.fixture.js";

interface Manifest {
  readonly name: string;
  readonly packageManager?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folders = ["packages", "packages/loss-plugins"]
  .flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(root, parent, name)))
  .filter((folder) => existsSync(join(folder, "package.json")));
const own = new Map(folders.map((folder) => [manifestIn(folder).name, folder]));

const recipe = tinyRecipe({ size: 32, steps: 3 });
const pictures = `
  const picture = (width, height) => ({
    width, height, data: Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => (i % 4 === 3 ? 255 : (i * 37) % 256)),
  });`;

/** What the engine runs on where it has threads. */
const threads = /^WebAssembly \(SIMD\), \d+ threads?$/;
const deviceOf = () => document.body.dataset.device;

/** What a user writes: the five lines of the package's page, with a picture of noise and few steps. */
const program = `
  import { encodePicture, paint } from "@brushwork/backend-web";
  ${pictures}
  const [photograph, painting, options] = [picture(48, 36), picture(36, 48), ${JSON.stringify({ recipe, engine: "wasm" })}];
  for await (const event of paint({ content: photograph, style: painting, ...options })) {
    if (event.type === "started") document.body.dataset.device = event.device;
    if (event.type === "picture" && event.why === "last") {
      const file = await encodePicture(event.picture, "png", { recipe: event.recipe });
      document.body.append(Object.assign(new Image(), { src: URL.createObjectURL(file), id: "painted" }));
    }
  }
`;

const plugin = "brushwork-loss-channel-statistics";
const ownNames = ["content", "style", "wasserstein", "tv", "moments", "histogram", "nearest", "laplacian"];

/** The same with a loss of their own, in a worker of their own. */
const ownProgram = `
  import { lossSupport, OptionError, paint } from "@brushwork/backend-web";
  ${pictures}
  const recipe = ${JSON.stringify({ ...recipe, terms: [...recipe.terms, { loss: plugin, weight: 2, options: { layers: ["relu1_1"] } }] })};
  const worker = () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const { losses: known } = await lossSupport({ worker });
  let device, losses;
  for await (const event of paint({ content: picture(48, 36), style: picture(36, 48), recipe, worker, engine: "wasm" })) {
    if (event.type === "started") device = event.device;
    if (event.type === "step") losses = event.losses;
  }
  const unknown = { ...recipe, terms: [{ loss: "brushwork-loss-bar", weight: 1, options: {} }] };
  const error = await paint({ content: picture(8, 8), style: picture(8, 8), recipe: unknown, worker, engine: "wasm" })
    [Symbol.asyncIterator]().next().catch((thrown) => thrown);
  const isOptionError = error instanceof OptionError;
  document.body.append(Object.assign(document.createElement("p"), { id: "losses", textContent: JSON.stringify({ device, losses, known, isOptionError }) }));
`;
/** The plugin and the worker of docs/write-a-loss.md, as they stand there. */
const guide = readFileSync(join(root, "docs/write-a-loss.md"), "utf8");
const guideFile = (name: string) => {
  const [, code] = new RegExp(`^\\*\\*${name}\\*\\*\\n\\n\`\`\`ts\\n(.*?)^\`\`\`$`, "ms").exec(guide) ?? [];
  if (code === undefined) throw new Error(`Expected docs/write-a-loss.md to have ${name}, got none.`);
  return code;
};

const page = (script: string) =>
  `<!doctype html><title>Plain</title><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;

describeInChromium("a plain Vite project", (chromium) => {
  let project: string;
  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), "brushwork-vite-"));
    await install(project);
    const files = {
      "index.html": page("/main.js"),
      "own/index.html": page("/own/main.js"),
      "main.js": program,
      "own/main.js": ownProgram,
      "own/worker.ts": guideFile("worker.ts"),
      "own/src/index.ts": guideFile("src/index.ts"),
    };
    await mkdir(join(project, "own/src"), { recursive: true });
    for (const [name, content] of Object.entries(files)) await writeFile(join(project, name), content);
  }, 180_000);
  afterAll(async () => {
    if (project !== undefined) await rm(project, { recursive: true, force: true, maxRetries: 3 });
  });

  it("built, paints", async () => {
    await build({ root: project, configFile: false, logLevel: "error", base: "/below/" });
    const site = await chromium.serve(serveSite({ folder: join(project, "dist"), base: "/below/" }));
    expect(await painted(site.address)).toEqual([32, 24]);
  });

  it("built, gives its page no TensorFlow.js to load", () => {
    const folder = join(project, "dist/assets");
    const scripts = readdirSync(folder).filter((name) => name.endsWith(".js"));
    expect(scripts.map((name) => name.replace(/-.{8}\.js$/, "")).sort()).toEqual([
      "default-worker",
      "index",
      "wasm-thread",
    ]);
    const page = scripts.find((name) => name.startsWith("index")) ?? "";
    // What its core keeps its one engine under, wherever it is loaded.
    const mark = "_tfengine";
    expect(readFileSync(join(folder, page), "utf8")).not.toContain(mark);
    const worker = scripts.find((name) => name.startsWith("default-worker")) ?? "";
    expect(readFileSync(join(folder, worker), "utf8")).toContain(mark);
  });

  it("built, paints on threads in a page that is isolated", async () => {
    const folder = join(project, "dist");
    const site = await chromium.serve(serveSite({ folder, base: "/below/", headers: isolation }));
    expect(await inChromium(site.address, "#painted", deviceOf)).toMatch(threads);
  });

  it("in development paints", async () => {
    const server = await createServer({ root: project, configFile: false, logLevel: "error" });
    await server.listen(0);
    expect(await painted(server.resolvedUrls?.local[0] ?? "")).toEqual([32, 24]);
    await server.close();
  });

  it("in development paints on threads in a page that is isolated", async () => {
    const server = await createServer({
      root: project,
      configFile: false,
      logLevel: "error",
      server: { headers: isolation },
    });
    await server.listen(0);
    const address = server.resolvedUrls?.local[0] ?? "";
    expect(await inChromium(address, "#painted", deviceOf)).toMatch(threads);
    await server.close();
  });

  it("has the loss of docs/write-a-loss.md, in a worker of its own with threads", async () => {
    const input = join(project, "own/index.html");
    await build({
      root: project,
      configFile: false,
      logLevel: "error",
      build: { outDir: "dist-own", rolldownOptions: { input } },
    });
    const site = await chromium.serve(serveSite({ folder: join(project, "dist-own"), headers: isolation }));
    const losses = await inChromium(`${site.address}own/`, "#losses", (node) => node.textContent);
    const told = JSON.parse(losses ?? "");
    expect(told.known.map(({ name }: { name: string }) => name)).toEqual([...ownNames, plugin]);
    expect(told.known.at(-1).options.properties.layers.items.format).toBe("layer");
    const { [plugin]: statistics, ...others } = told.losses;
    expect(Object.keys(others).sort()).toEqual(["content", "style", "total", "tv"]);
    expect(statistics).toBeGreaterThan(0);
    expect(told.device).toMatch(threads);
    // The worker's error keeps its class.
    expect(told.isOptionError).toBe(true);
  });

  /** The size of the picture that the page shows in the end. */
  async function painted(address: string): Promise<readonly number[]> {
    return inChromium(address, "#painted", async (node) => {
      const image = node as HTMLImageElement;
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    });
  }

  async function inChromium<Found>(
    address: string,
    selector: string,
    look: (element: Element) => Found | Promise<Found>,
  ): Promise<Found> {
    const opened = await chromium.newPage();
    const troubles: string[] = [];
    opened.on("pageerror", ({ message }) => troubles.push(message));
    await opened.goto(address);
    await opened
      .waitForSelector(selector, { timeout: 300_000, state: "attached" })
      .catch(({ message }: Error) => Promise.reject(new Error([...troubles, message].join("\n"))));
    return (await opened.$eval(selector, look)) as Found;
  }
});

/** Packs the package and those of ours that it needs, and installs them as a user would. */
async function install(project: string): Promise<void> {
  const names = needed("@brushwork/backend-web");
  for (const name of names)
    if (!existsSync(join(own.get(name) ?? "", "dist")))
      throw new Error(`Expected ${name} to be built, found no folder dist. Run pnpm build first.`);
  const { packageManager = "pnpm" } = manifestIn(root);
  const filters = [...names].map((name) => `--filter=${name}`);
  await run("npx", ["--yes", packageManager, ...filters, "pack", "--pack-destination", project], root);
  const dependencies = Object.fromEntries(
    readdirSync(project).map((file) => [
      file.replace(/^brushwork-(.*)-\d+\.\d+\.\d+.*$/, "@brushwork/$1"),
      `file:${file}`,
    ]),
  );
  const overrides = Object.fromEntries(Object.keys(dependencies).map((name) => [name, `$${name}`]));
  const content = { private: true, type: "module", dependencies, overrides };
  await writeFile(join(project, "package.json"), JSON.stringify(content));
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], project);
}

/** A package of ours and those of ours that it needs. */
function needed(name: string, names = new Set<string>()): ReadonlySet<string> {
  const folder = own.get(name);
  if (folder === undefined || names.has(name)) return names;
  names.add(name);
  const { dependencies, peerDependencies } = manifestIn(folder);
  for (const other of Object.keys({ ...dependencies, ...peerDependencies })) needed(other, names);
  return names;
}

async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  await promisify(execFile)(command, args, { cwd, maxBuffer: 2 ** 24, shell: process.platform === "win32" });
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}
