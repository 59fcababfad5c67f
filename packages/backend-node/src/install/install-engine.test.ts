import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { give, giveUntilCut, localServer } from "../downloads/local-server.fixture.js";
import { BadArchive, unpack } from "./archive.js";
import { type InstallOptions, installEngine } from "./install-engine.js";
import { installedEngines, placeEngine } from "./installation.js";
import { importOptional } from "./optional-package.js";
import { removeEngine } from "./remove-engine.js";
import { tarball } from "./tarball.fixture.js";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** In place of TensorFlow's package: its binding is the text of what a convolution gives, its library of a version. */
const standIn = `
const read = (path) => require("node:fs").readFileSync(require("node:path").join(__dirname, path), "utf8");
exports.ones = () => {};
exports.conv2d = () => ({ dataSync: () => [Number(read("lib/napi-v8/tfjs_binding.node"))] });
exports.backend = () => ({ isUsingGpuDevice: process.env.STAND_IN_GPU === "yes", binding: { TF_Version: read("deps/lib/libtensorflow.so.2").split("\\n")[0] } });`;

// Hashes do not compress, so that the archive is long enough to be cut.
const noise = Array.from({ length: 1000 }, (_, i) => createHash("sha256").update(`${i}`).digest("hex"));
const library = tarball([
  { path: "lib/libtensorflow.so.2.9.1", text: `2.9.1\n${noise.join("\n")}` },
  { path: "lib/libtensorflow.so.2", link: "libtensorflow.so.2.9.1" },
]);
const binding = tarball([{ path: "napi-v8/tfjs_binding.node", text: "9" }]);
const libraryName = "libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz";

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
  // The machine's own proxies would not know the servers here.
  for (const name of ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"])
    vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A registry of npm's with TensorFlow's packages, and its storage; each file is given unless told otherwise. */
async function serving(answers: { readonly library?: Answer; readonly binding?: Answer } = {}) {
  const asked: string[] = [];
  const server = await localServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    asked.push(`${request.method} ${path.split("/").at(-1)}`);
    const [, name] = /^\/(@tensorflow\/tfjs-node(?:-gpu)?)(?:\.tgz)?$/.exec(path) ?? [];
    if (path.endsWith(".tgz")) give(packed(name ?? ""), request, response);
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
    const { url } = await serving();
    const stages: string[] = [];
    const { engine, unchanged } = await installEngine("native", {
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
          sha256: createHash("sha256").update(library).digest("hex"),
        },
        {
          source: `${url}/tf-builds/pre-built-binary/napi-v8/4.22.0/CPU-linux-4.22.0.tar.gz`,
          bytes: binding.length,
          sha256: createHash("sha256").update(binding).digest("hex"),
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
    const { engine } = await installEngine("native", options);
    asked.length = 0;
    expect(await installEngine("native", options)).toEqual({ engine, unchanged: true });
    expect(asked).toEqual([]);
    expect(await installEngine("native", { ...options, force: true })).toMatchObject({ unchanged: false });
    expect(asked).toContain(`GET ${libraryName}`);
    // What no longer runs is redone by itself.
    await rm(join(root, "native/node_modules/@tensorflow/tfjs-node/deps"), { recursive: true });
    expect(await installEngine("native", options)).toMatchObject({ unchanged: false });
  });

  it("is imported from there, in place of a package that came without its binding", async () => {
    await serving();
    vi.stubEnv("BRUSHWORK_ENGINES", root);
    await installEngine("cuda", options);
    const imported = (await importOptional("@tensorflow/tfjs-node-gpu")) as {
      readonly backend: () => unknown;
    };
    expect(imported.backend()).toMatchObject({ binding: { TF_Version: "2.9.1" } });
  });

  it("for a GPU tells each time that there is none", async () => {
    await serving();
    const warning = expect.stringMatching(
      /^TensorFlow found no GPU .* `brushwork doctor` shows what is missing/,
    );
    expect(await installEngine("cuda", options)).toMatchObject({ unchanged: false, warning });
    expect(await installEngine("cuda", options)).toMatchObject({ unchanged: true, warning });
    vi.stubEnv("STAND_IN_GPU", "yes");
    expect(await installEngine("cuda", options)).not.toHaveProperty("warning");
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
    await expect(installEngine("native", telling)).rejects.toThrow(
      /but 127\.0\.0\.1:\d+ could not be read: .*on where this one stopped, or name a TensorFlow .* --libtensorflow/,
    );
    expect(await readdir(root)).toEqual([]);
    await installEngine("native", options);
    expect(ranges.filter((range) => range !== undefined)).toEqual(["bytes=1000-"]);
  });

  it.each<readonly [string, Answer, RegExp]>([
    ["is not there", (_, response) => response.writeHead(404).end(), /answered 404 \(Not Found\)\. Check/],
    [
      "is a web page",
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
      /gave a web page instead of the file\./,
    ],
    ["is a web page by another name", giving(Buffer.from("<html>")), /^Expected an archive \(\.tar\.gz\)/],
    [
      "is cut off",
      giving(library.subarray(0, 9000)),
      /^Expected an archive \(\.tar\.gz\), .* It came from http:\S+\.tar\.gz, and was deleted: try again, or name/,
    ],
    [
      "is shorter than announced",
      (request, response) => {
        response.writeHead(200, { "content-length": request.method === "HEAD" ? 70_000 : 60_000 });
        response.end(Buffer.alloc(60_000));
      },
      /has a file of 60000 bytes instead of 70000/,
    ],
    [
      "leaves its folder",
      giving(tarball([{ path: "../../../escaped", text: "x" }])),
      /entries stay in its folder, got one with \.\.\/\.\.\/\.\.\/escaped\. Do not trust its source\./,
    ],
    [
      "is another archive",
      giving(tarball([{ path: "README", text: "x" }])),
      /to hold lib\/libtensorflow\.so\.2, found none in it\./,
    ],
  ])("is refused whose library %s, and nothing is left", async (_, answer, sentence) => {
    await serving({ library: answer });
    await expect(installEngine("native", options)).rejects.toThrow(sentence);
    expect(await readdir(root)).toEqual([]);
    expect(await installedEngines(root)).toEqual([]);
  });

  it("keeps what was installed before when it is to be redone and cannot be", async () => {
    await serving();
    const { engine } = await installEngine("native", options);
    await serving({ library: (_, response) => response.writeHead(404).end() });
    await expect(installEngine("native", { ...options, force: true })).rejects.toThrow("answered 404");
    expect(await readdir(root)).toEqual(["native"]);
    expect(await installEngine("native", options)).toEqual({ engine, unchanged: true });
  });

  it("that reckons wrongly is not kept", async () => {
    const wrong = tarball([{ path: "napi-v8/tfjs_binding.node", text: "8" }]);
    await serving({ binding: giving(wrong) });
    await expect(installEngine("native", options)).rejects.toThrow(
      "The engine native was installed, but does not run " +
        "(Error: a convolution of nine ones gives 8, not 9).",
    );
    expect(await readdir(root)).toEqual([]);
  });

  it("without a binding for it, and without a compiler, says what was asked in vain", async () => {
    const { asked } = await serving({ binding: (_, response) => response.writeHead(404).end() });
    vi.stubEnv("PATH", folder);
    await expect(installEngine("native", options)).rejects.toThrow(
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
    const { engine } = await installEngine("native", { ...options, onTrouble });
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
      installEngine("native", {
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

  it("comes from the registry that the project names in which the user stands", async () => {
    const { url, asked } = await serving();
    vi.stubEnv("npm_config_registry", undefined);
    const project = join(folder, "project");
    await mkdir(join(project, "src"), { recursive: true });
    await writeFile(join(project, "package.json"), "{}");
    await writeFile(join(project, ".npmrc"), `registry=${url}\n`);
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(join(project, "src"));
    const { engine } = await installEngine("native", options);
    expect(asked).toContain("GET tfjs-node");
    // It may hold secrets.
    expect(await readdir(engine.folder)).not.toContain(".npmrc");
  });

  it("sweeps up after an installation that was killed, not after one that is under way", async () => {
    await serving();
    const dead = join(root, ".native.999999999.0");
    const alive = join(root, `.webgpu.${process.pid}.0`);
    for (const path of [dead, alive]) await mkdir(path, { recursive: true });
    await installEngine("native", options);
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

it("npm's trouble is told in a sentence, and nothing is left", async () => {
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
