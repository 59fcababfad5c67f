import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { give, giveUntilCut, localServer } from "../downloads/local-server.fixture.js";
import { BadArchive, unpack } from "./archive.js";
import { type EnginePackage, enginePackages } from "./engine-packages.js";
import { type InstallOptions, installEngine, installPackage } from "./install-engine.js";
import { installedEngines, placeEngine } from "./installation.js";
import { entryPoints, importOptional } from "./optional-package.js";
import { removeEngine } from "./remove-engine.js";
import { tarball } from "./tarball.fixture.js";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** In place of TensorFlow's package: its binding is the text of what a convolution gives, its library of a version. */
const standIn = `
const read = (path) => require("node:fs").readFileSync(require("node:path").join(__dirname, path), "utf8");
exports.ones = () => {};
exports.conv2d = () => ({ dataSync: () => [Number(read("lib/napi-v8/tfjs_binding.node"))] });
exports.backend = () => ({ isUsingGpuDevice: process.env.STAND_IN_GPU === "yes", binding: { TF_Version: read("deps/lib/libtensorflow.so.2").split("\\n")[0] } });`;

/** In place of npm, which takes a second each time: puts that package where the lock file says. */
const standInNpm = `
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const { packages } = JSON.parse(readFileSync("package-lock.json"));
for (const [path, { version }] of Object.entries(packages).filter(([path]) => path !== "")) {
  mkdirSync(path, { recursive: true });
  writeFileSync(path + "/package.json", JSON.stringify({ name: path.replace("node_modules/", ""), version, main: "index.js" }));
  writeFileSync(path + "/index.js", ${JSON.stringify(standIn)});
}`;
const { npm_execpath } = process.env;
/** For tests of what npm does. */
const withNpmItself = () => vi.stubEnv("npm_execpath", npm_execpath);

// Hashes do not compress, so that the archive is long enough to be cut.
const noise = Array.from({ length: 1000 }, (_, i) => createHash("sha256").update(`${i}`).digest("hex"));
const library = tarball([
  { path: "lib/libtensorflow.so.2.9.1", text: `2.9.1\n${noise.join("\n")}` },
  { path: "lib/libtensorflow.so.2", link: "libtensorflow.so.2.9.1" },
]);
const binding = tarball([{ path: "napi-v8/tfjs_binding.node", text: "9" }]);
const libraryName = "libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** In place of the packages that are published: stand-ins of their names, with a library of this hash. */
let packages: Record<"native" | "cuda", EnginePackage>;
const install = (name: "native" | "cuda", options: InstallOptions) =>
  installPackage(name, packages[name], options);

let folder: string;
let root: string;
let options: InstallOptions;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
  root = join(folder, "engines");
  options = {
    root,
    cache: join(folder, "cache"),
    retries: 0,
    pauses: { first: 1, longest: 10, patience: 5000 },
  };
  const npm = join(folder, "stand-in");
  await mkdir(npm);
  await writeFile(join(npm, "npm-cli.js"), standInNpm);
  vi.stubEnv("npm_execpath", join(npm, "npm-cli.js"));
  packages = { native: await standInFor("native"), cuda: await standInFor("cuda") };
  // The machine's own proxies would not know the servers here.
  for (const name of ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"])
    vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function standInFor(engine: "native" | "cuda"): Promise<EnginePackage> {
  const { tensorflow, ...published } = enginePackages[engine];
  const { name, version } = published;
  const lock = join(folder, `${engine}.json`);
  const entry = {
    version,
    integrity: `sha512-${createHash("sha512").update(packed(name)).digest("base64")}`,
  };
  const root = { name: "root", dependencies: { [name]: version } };
  const pinned = { "": root, [`node_modules/${name}`]: entry };
  await writeFile(
    lock,
    JSON.stringify({ name: "root", lockfileVersion: 3, requires: true, packages: pinned }),
  );
  return { ...published, lock: pathToFileURL(lock), tensorflow: { ...tensorflow, library: sha256(library) } };
}

/** A registry of npm's with TensorFlow's packages, and its storage; each file is given unless told otherwise. */
async function serving(
  answers: { readonly library?: Answer; readonly binding?: Answer; readonly package?: Answer } = {},
) {
  const asked: string[] = [];
  const server = await localServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    asked.push(`${request.method} ${path.split("/").at(-1)}`);
    const [, name] = /^\/(@tensorflow\/tfjs-node(?:-gpu)?)(?:\.tgz)?$/.exec(path) ?? [];
    if (path.endsWith(".tgz")) (answers.package ?? giving(packed(name ?? "")))(request, response);
    else if (name !== undefined) response.end(JSON.stringify(packument(name, server.url)));
    else if (path.includes("/libtensorflow-")) (answers.library ?? giving(library))(request, response);
    else if (path.includes("/napi-v8/")) (answers.binding ?? giving(binding))(request, response);
    else response.writeHead(404).end();
  });
  vi.stubEnv("npm_config_registry", server.url);
  vi.stubEnv("npm_config_cache", join(folder, "npm"));
  vi.stubEnv("TFJS_NODE_CDN_STORAGE", `${server.url}/`);
  return { ...server, asked };
}

function giving(file: Uint8Array): Answer {
  return (request, response) => give(file, request, response);
}

function packed(name: string): Uint8Array {
  return tarball([
    { path: "package/package.json", text: JSON.stringify({ name, version: "4.22.0", main: "index.js" }) },
    { path: "package/index.js", text: standIn },
  ]);
}

function packument(name: string, url: string) {
  const dist = {
    tarball: `${url}/${name}.tgz`,
    shasum: createHash("sha1").update(packed(name)).digest("hex"),
  };
  return {
    name,
    "dist-tags": { latest: "4.22.0" },
    versions: { "4.22.0": { name, version: "4.22.0", dist } },
  };
}

// What is downloaded is for Linux on x64 alone.
describe.skipIf(process.platform !== "linux" || process.arch !== "x64")("an engine on TensorFlow", () => {
  it("is downloaded, proven, recorded, found, and removed", async () => {
    withNpmItself();
    const { url } = await serving();
    const stages: string[] = [];
    const { engine, unchanged } = await install("native", {
      ...options,
      onStage: (stage) => stages.push(stage),
    });
    expect(unchanged).toBe(false);
    expect(engine).toEqual({
      name: "native",
      folder: join(root, "native"),
      package: "@tensorflow/tfjs-node",
      version: "4.22.0",
      tensorflow: "2.9.1",
      downloads: [
        {
          source: `${url}/tensorflow/libtensorflow/${libraryName}`,
          bytes: library.length,
          sha256: sha256(library),
        },
        {
          source: `${url}/tf-builds/pre-built-binary/napi-v8/4.22.0/CPU-linux-4.22.0.tar.gz`,
          bytes: binding.length,
          sha256: sha256(binding),
        },
      ],
      installed: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(stages).toEqual([
      "Installing @tensorflow/tfjs-node 4.22.0 with npm.",
      "Downloading the binding.",
      "Downloading TensorFlow.",
      "Trying the engine native.",
    ]);
    expect(await readdir(root)).toEqual(["native"]);
    expect(await readdir(join(folder, "cache/engines"))).toEqual([]);
    expect(await installedEngines(root)).toEqual([engine]);
    expect(await removeEngine("native", options)).toBe(true);
    expect(await removeEngine("native", options)).toBe(false);
    expect(await readdir(root)).toEqual([]);
  });

  it("that runs already is left alone, unless it has to be redone", async () => {
    const { asked } = await serving();
    const { engine } = await install("native", options);
    asked.length = 0;
    expect(await install("native", options)).toEqual({ engine, unchanged: true });
    expect(asked).toEqual([]);
    expect(await install("native", { ...options, force: true })).toMatchObject({ unchanged: false });
    expect(asked).toContain(`GET ${libraryName}`);
    // What no longer runs is redone by itself.
    await rm(join(root, "native/node_modules/@tensorflow/tfjs-node/deps"), { recursive: true });
    expect(await install("native", options)).toMatchObject({ unchanged: false });
  });

  it("is imported from there, in place of a package that came without its binding", async () => {
    await serving();
    vi.stubEnv("BRUSHWORK_ENGINES", root);
    await install("cuda", options);
    const imported = (await importOptional("@tensorflow/tfjs-node-gpu")) as {
      readonly backend: () => unknown;
    };
    expect(imported.backend()).toMatchObject({ binding: { TF_Version: "2.9.1" } });
  });

  it("for a GPU says each time that there is none", async () => {
    await serving();
    const warning = {
      warning: "TensorFlow found no GPU that it can use for the engine cuda.",
      remedy: { kind: "inspect engine", engine: "cuda" },
    };
    expect(await install("cuda", options)).toMatchObject({ unchanged: false, ...warning });
    expect(await install("cuda", options)).toMatchObject({ unchanged: true, ...warning });
    vi.stubEnv("STAND_IN_GPU", "yes");
    expect(await install("cuda", options)).not.toHaveProperty("warning");
  });

  it("goes on where a cut connection stopped", async () => {
    let cut = (_: number) => {};
    let cuts = 0;
    const { ranges } = await serving({
      library(request, response) {
        if (request.method === "GET" && cuts++ === 0) cut = giveUntilCut(library, 1000, request, response);
        else give(library, request, response);
      },
    });
    const telling = {
      ...options,
      onProgress: ({ received }: { readonly received: number }) => cut(received),
    };
    await expect(install("native", telling)).rejects.toThrow(
      /but 127\.0\.0\.1:\d+ could not be read: .*on where this one stopped\. Pass the folder of a TensorFlow .*`libtensorflow`/,
    );
    expect(await readdir(root)).toEqual([]);
    await install("native", options);
    expect(ranges.filter((range) => range !== undefined)).toEqual(["bytes=1000-"]);
  });

  it.each<readonly [string, Answer, RegExp]>([
    ["is not there", (_, response) => response.writeHead(404).end(), /answered 404 \(Not Found\)\. Check/],
    [
      "is a web page",
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
      /gave a web page instead of the file\./,
    ],
    ["is a web page by another name", giving(Buffer.from("<html>")), /gave other bytes than were published/],
    [
      "is cut off",
      giving(library.subarray(0, 9000)),
      /gave other bytes than were published \(SHA-256 \w{64}\)/,
    ],
    [
      "is shorter than announced",
      (request, response) => {
        response.writeHead(200, { "content-length": request.method === "HEAD" ? 70_000 : 60_000 });
        response.end(Buffer.alloc(60_000));
      },
      /has a file of 60000 bytes instead of 70000/,
    ],
  ])("is refused whose library %s, and nothing is left", async (_, answer, sentence) => {
    await serving({ library: answer });
    await expect(install("native", options)).rejects.toThrow(sentence);
    expect(await readdir(root)).toEqual([]);
    expect(await installedEngines(root)).toEqual([]);
  });

  it.each<readonly [string, Uint8Array, RegExp]>([
    [
      "does not unpack",
      library.subarray(0, 9000),
      /^Expected an archive \(\.tar\.gz\), .* It came from http:\S+\.tar\.gz, and was deleted\. Pass the folder/,
    ],
    [
      "leaves its folder",
      tarball([{ path: "../../../escaped", text: "x" }]),
      /entries stay in its folder, got one with \.\.\/\.\.\/\.\.\/escaped\. Do not trust its source\./,
    ],
    [
      "is another archive",
      tarball([{ path: "README", text: "x" }]),
      /to hold lib\/libtensorflow\.so\.2, found none in it\./,
    ],
  ])("is refused whose library is the published one, but %s", async (_, archive, sentence) => {
    await serving({ library: giving(archive) });
    packages.native = { ...packages.native, tensorflow: { kind: "cpu", library: sha256(archive) } };
    const refused = install("native", options);
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toMatchObject({ remedy: { kind: "name a TensorFlow" } });
    expect(await readdir(root)).toEqual([]);
  });

  it("is refused where the registry gives another package than the lock file pins", async () => {
    withNpmItself();
    // It would ask again twice, after pauses.
    vi.stubEnv("npm_config_fetch_retries", "0");
    const other = tarball([{ path: "package/package.json", text: '{"name":"x","version":"4.22.0"}' }]);
    await serving({ package: giving(other) });
    await expect(install("native", options)).rejects.toThrow(
      /^npm did not install @tensorflow\/tfjs-node@4\.22\.0: .* The registry gave another archive than the published one/,
    );
    expect(await readdir(root)).toEqual([]);
  });

  it("is refused, before anything is fetched, from a mirror without https", async () => {
    const { asked } = await serving();
    vi.stubEnv("TFJS_NODE_CDN_STORAGE", "http://mirror.example/");
    await expect(install("native", options)).rejects.toThrow(
      'Expected TFJS_NODE_CDN_STORAGE to be an address that begins with https://, or of this machine, got "http://',
    );
    expect(asked).toEqual([]);
    // What was downloaded from there before can still be removed.
    expect(await removeEngine("native", options)).toBe(false);
  });

  it("keeps to the binding that it was first installed with", async () => {
    const server = { binding: giving(binding) };
    const { asked } = await serving({ binding: (...answer) => server.binding(...answer) });
    await install("native", options);
    await install("native", { ...options, force: true });
    server.binding = giving(tarball([{ path: "napi-v8/tfjs_binding.node", text: "9.0" }]));
    asked.length = 0;
    // Without a compiler, there is no other way to a binding.
    vi.stubEnv("PATH", folder);
    await expect(install("native", { ...options, force: true })).rejects.toThrow(
      /gave other bytes than were published \(SHA-256 \w{64}\)/,
    );
    expect(asked).not.toContain(`GET ${libraryName}`);
  });

  it("keeps what was installed before when it is to be redone and cannot be", async () => {
    await serving();
    const { engine } = await install("native", options);
    await serving({ library: (_, response) => response.writeHead(404).end() });
    await expect(install("native", { ...options, force: true })).rejects.toThrow("answered 404");
    expect(await readdir(root)).toEqual(["native"]);
    expect(await install("native", options)).toEqual({ engine, unchanged: true });
  });

  it("that reckons wrongly is not kept", async () => {
    const wrong = tarball([{ path: "napi-v8/tfjs_binding.node", text: "8" }]);
    await serving({ binding: giving(wrong) });
    await expect(install("native", options)).rejects.toThrow(
      "The engine native was installed, but does not run " +
        "(Error: a convolution of nine ones gives 8, not 9).",
    );
    expect(await readdir(root)).toEqual([]);
  });

  it("without a binding for it, and without a compiler, says what was asked in vain", async () => {
    const { asked } = await serving({ binding: (_, response) => response.writeHead(404).end() });
    vi.stubEnv("PATH", folder);
    await expect(install("native", options)).rejects.toThrow(
      /give CPU-linux-4\.22\.0\.tar\.gz, but 127\.0\.0\.1:\d+ answered 404/,
    );
    expect(asked).not.toContain(`GET ${libraryName}`);
  });

  it("without a binding for it, says that one is compiled, and compiles it", async () => {
    await serving({ binding: (_, response) => response.writeHead(404).end() });
    // In place of the real one: its last word is the file to write, and 9 what a convolution gives.
    const compiler = join(folder, "g++");
    await writeFile(
      compiler,
      '#!/bin/sh\nfor word; do last=$word; done\n[ $last = --version ] || printf 9 > "$last"\n',
    );
    await chmod(compiler, 0o755);
    await mkdir(join(folder, "include/node"), { recursive: true });
    await writeFile(join(folder, "include/node/node_api.h"), "");
    vi.stubEnv("npm_config_nodedir", folder);
    vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
    const told: string[] = [];
    const onTrouble = (sentence: string) => told.push(sentence);
    const { engine } = await install("native", { ...options, onTrouble });
    expect(told).toEqual([
      "The binding could not be downloaded; it will be compiled for the TensorFlow that comes next.",
    ]);
    expect(engine.downloads.map(({ source }) => source.split("/").at(-1))).toEqual([libraryName]);
  });

  it("stops in mid-download, and leaves nothing but that", async () => {
    await serving({ library: (request, response) => void giveUntilCut(library, 1000, request, response) });
    const controller = new AbortController();
    const reason = new Error("stopped");
    await expect(
      install("native", {
        ...options,
        signal: controller.signal,
        onProgress: ({ total, received }) => {
          if (total === library.length && received > 0) controller.abort(reason);
        },
      }),
    ).rejects.toBe(reason);
    expect(await readdir(root)).toEqual([]);
    expect(await readdir(join(folder, "cache/engines"))).toEqual([`${libraryName}.part`]);
    expect(await removeEngine("cuda", options)).toBe(false);
    expect(await removeEngine("native", options)).toBe(true);
    expect(await readdir(join(folder, "cache/engines"))).toEqual([]);
  });

  it("comes from the user's registry, not from that of a project in which the user stands", async () => {
    withNpmItself();
    const theirs = await localServer((_, response) => response.writeHead(404).end());
    const { url, asked } = await serving();
    vi.stubEnv("npm_config_registry", undefined);
    vi.stubEnv("npm_config_userconfig", join(folder, "npmrc"));
    await writeFile(join(folder, "npmrc"), `registry=${url}\n`);
    const project = join(folder, "project");
    await mkdir(join(project, "src"), { recursive: true });
    await writeFile(join(project, "package.json"), "{}");
    await writeFile(join(project, ".npmrc"), `registry=${theirs.url}\nignore-scripts=false\n`);
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(join(project, "src"));
    const { engine } = await install("native", options);
    expect(asked).toContain("GET tfjs-node");
    expect(theirs.ranges).toEqual([]);
    expect(await readdir(engine.folder)).not.toContain(".npmrc");
  });

  it("is found in the engine folder alone, and in no folder above it", async () => {
    await serving();
    const above = join(folder, "node_modules/@tensorflow/tfjs-node-gpu");
    await mkdir(join(above, "lib/napi-v8"), { recursive: true });
    await writeFile(join(above, "package.json"), '{"name":"@tensorflow/tfjs-node-gpu","main":"index.js"}');
    await writeFile(join(above, "index.js"), "exports.planted = true;");
    await writeFile(join(above, "lib/napi-v8/tfjs_binding.node"), "");
    vi.stubEnv("BRUSHWORK_ENGINES", root);
    expect(entryPoints("@tensorflow/tfjs-node-gpu")).toEqual([]);
    const { engine } = await install("cuda", options);
    expect(entryPoints("@tensorflow/tfjs-node-gpu")).toEqual([
      join(engine.folder, "node_modules/@tensorflow/tfjs-node-gpu/index.js"),
    ]);
  });

  it("sweeps up after an installation that was killed, not after one that is under way", async () => {
    await serving();
    const dead = join(root, ".native.999999999.0");
    const alive = join(root, `.webgpu.${process.pid}.0`);
    for (const path of [dead, alive]) await mkdir(path, { recursive: true });
    await install("native", options);
    expect((await readdir(root)).toSorted()).toEqual([`.webgpu.${process.pid}.0`, "native"]);
  });
});

it("nothing is left of an archive whose files were still being written when it failed", async () => {
  const archive = join(folder, "a.tar.gz");
  const long = Array.from({ length: 20 }, () => noise.join("\n")).join("\n");
  const files = [
    { path: "lib/short", text: "x" },
    { path: "lib/long", text: long },
  ];
  await writeFile(archive, tarball(files).subarray(0, -1000));
  const placed = placeEngine("webgpu", root, async (place) => {
    await mkdir(join(place, "lib"));
    await unpack(archive, place);
    throw new Error("Expected the archive to be refused.");
  });
  await expect(placed).rejects.toThrow(BadArchive);
  expect(await readdir(root)).toEqual([]);
});

it("npm's trouble is reported in a sentence, and nothing is left", async () => {
  withNpmItself();
  await serving();
  await expect(installEngine("webgpu", options)).rejects.toThrow(
    /^npm did not install webgpu@0\.6\.2: 404 Not Found.* Check the connection and npm's settings/,
  );
  expect(await readdir(root)).toEqual([]);
});

it("a file where the engine folder should be", async () => {
  await serving();
  await writeFile(root, "");
  await expect(installEngine("webgpu", options)).rejects.toThrow(
    `Expected the engine folder ${root} to be a folder, but a file is in its way. Move the file, ` +
      "or set BRUSHWORK_ENGINES to another folder.",
  );
  expect(await readFile(root, "utf8")).toBe("");
});

it("a damaged record is no installation", async () => {
  await mkdir(join(root, "webgpu"), { recursive: true });
  await writeFile(join(root, "webgpu/brushwork.json"), "{");
  expect(await installedEngines(root)).toEqual([]);
});

it("what cannot be asked for", async () => {
  await expect(installEngine("abacus" as "native", options)).rejects.toThrow(
    'Expected the engine to be one of native, cuda, webgpu, got "abacus".',
  );
  await expect(installEngine("webgpu", { ...options, libtensorflow: folder })).rejects.toThrow(RangeError);
});
