// Builds the binding of @tensorflow/tfjs-node in place, against the TensorFlow inside the tensorflow-cpu wheel.
//
// The package's own install script downloads TensorFlow 2.9 from a bucket that not every network reaches; the
// wheel comes from the Python package index, is newer, and about as fast as PyTorch on a CPU. A second run finds
// that the binding loads and does nothing.
//
// Exit codes: 0 built or already there, 1 failed, 2 this machine cannot build it or cannot reach the wheel.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const wheel = { name: "tensorflow-cpu", version: "2.21.0" };

const root = fileURLToPath(new URL("..", import.meta.url));
const backend = createRequire(join(root, "packages/backend-node/package.json"));
const unpacked = join(root, "node_modules/.cache/brushwork", `${wheel.name}-${wheel.version}`);

/**
 * Makes TF_CPP_MIN_LOG_LEVEL hold from the start: this TensorFlow logs a notice while it is being loaded, before it
 * reads the variable. A library marked `initfirst` runs even before that.
 */
const silencer = `
#include <cstdlib>
#include "absl/log/globals.h"
__attribute__((constructor)) static void silence() {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  if (level != nullptr) absl::SetMinLogLevel(static_cast<absl::LogSeverityAtLeast>(std::atoi(level)));
}`;

/** A failure that is told in one sentence. */
class Failure extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

try {
  const tfjsNode = dirname(resolved("@tensorflow/tfjs-node/package.json"));
  const before = loaded();
  if (before.version !== undefined) {
    console.log(`The native binding loads already, on TensorFlow ${before.version}. Nothing to do.`);
  } else {
    const headers = nodeHeaders();
    if (!existsSync(unpacked)) await unpackWheel();
    await compile(headers, tfjsNode);
    const { version, trouble } = loaded();
    if (version === undefined) throw new Failure(`The binding was built but does not run: ${trouble}`);
    console.log(`The native binding runs, on TensorFlow ${version}.`);
  }
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}

function resolved(name) {
  try {
    return backend.resolve(name);
  } catch {
    throw new Failure(`Expected ${name} beside packages/backend-node, found none. Run pnpm install first.`);
  }
}

/** Runs one convolution in a process of its own, so that a binding that crashes takes nothing along. */
function loaded() {
  const program = `
    // What newer Nodes removed and the JavaScript round the binding still calls.
    require("node:util").isNullOrUndefined ??= (value) => value == null;
    require("node:util").isArray ??= Array.isArray;
    const tf = require(${JSON.stringify(resolved("@tensorflow/tfjs-node"))});
    const [sum] = tf.conv2d(tf.ones([1, 3, 3, 1]), tf.ones([3, 3, 1, 1]), 1, "valid").dataSync();
    if (sum !== 9) throw new Error("a convolution of nine ones gives " + sum + ", not 9");
    console.log("TensorFlow " + tf.backend().binding.TF_Version);`;
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" };
  const { status, stdout, stderr } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8", env });
  if (status === 0) return { version: /^TensorFlow (.+)$/m.exec(stdout)?.[1] };
  return { trouble: /^\w*Error: .*$/m.exec(stderr)?.[0] ?? stderr.trim().split("\n").at(-1) };
}

/** Checks for what building needs, and finds the headers of this Node. */
function nodeHeaders() {
  const cannot = (message) => new Failure(message, 2);
  const glibc = process.report.getReport().header.glibcVersionRuntime;
  if (process.platform !== "linux" || process.arch !== "x64" || glibc === undefined)
    throw cannot(
      `Expected Linux on x64 with glibc, got ${process.platform} on ${process.arch}. ` +
        "Let @tensorflow/tfjs-node's own install script run, or use the wasm engine.",
    );
  if (!runs("g++", "--version")) throw cannot("Expected a C++ compiler, found no g++. Install it first.");
  if (!runs("python3", "-m", "pip", "--version"))
    throw cannot("Expected pip to fetch TensorFlow with, found no `python3 -m pip`. Install it first.");
  const headers = [
    process.env.npm_config_nodedir && join(process.env.npm_config_nodedir, "include/node"),
    join(dirname(process.execPath), "../include/node"),
    join(homedir(), ".cache/node-gyp", process.versions.node, "include/node"),
  ].find((folder) => folder && existsSync(join(folder, "node_api.h")));
  if (headers === undefined)
    throw cannot("Expected the headers of this Node, found none. Fetch them with `npx node-gyp install`.");
  return headers;
}

function runs(command, ...args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

function run(what, [command, ...args], { input, exitCode } = {}) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8", input });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim().split("\n").at(-1);
  throw new Failure(`${what} failed: ${reason}`, exitCode);
}

/** Leaves the two libraries and the headers of the wheel in the cache; the rest of it, Python, is not needed. */
async function unpackWheel() {
  const temporary = `${unpacked}.${process.pid}`;
  await mkdir(temporary, { recursive: true });
  try {
    console.log(`Fetching ${wheel.name} ${wheel.version} (270 MB) …`);
    // Any Python's wheel has the same libraries: always the same one, whatever Python is installed here.
    run(
      `Fetching ${wheel.name} ${wheel.version}`,
      [
        ...["python3", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"],
        ...["--python-version=311", "--implementation=cp", "--abi=cp311", "--platform=manylinux_2_27_x86_64"],
        ...["--dest", temporary, `${wheel.name}==${wheel.version}`],
      ],
      { exitCode: 2 },
    );
    const file = (await readdir(temporary)).find((name) => name.endsWith(".whl"));
    if (file === undefined) throw new Failure(`Expected pip to leave a wheel of ${wheel.name}, found none.`);
    console.log("Unpacking its libraries and headers (900 MB) …");
    const unzip = `
import re, sys, zipfile
wanted = re.compile(r"tensorflow/(libtensorflow_(cc|framework)\\.so\\.2$|include/(absl|tensorflow|tsl|xla)/.*\\.h$)")
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], filter(wanted.match, wheel.namelist()))`;
    run("Unpacking the wheel", ["python3", "-c", unzip, join(temporary, file), temporary]);
    await rename(join(temporary, "tensorflow"), unpacked);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * Lays out deps/ as the package's own build would, and compiles the binding to where the package looks for it.
 *
 * Only adds files: those that came with the package are hard links into pnpm's store.
 */
async function compile(headers, tfjsNode) {
  console.log("Compiling the binding …");
  const deps = join(tfjsNode, "deps");
  const libraries = join(deps, "lib");
  await rm(deps, { recursive: true, force: true });
  await mkdir(libraries, { recursive: true });
  await symlink(join(unpacked, "include"), join(deps, "include"));
  for (const [names, target] of [
    [["libtensorflow.so", "libtensorflow_cc.so.2"], "libtensorflow_cc.so.2"],
    [["libtensorflow_framework.so", "libtensorflow_framework.so.2"], "libtensorflow_framework.so.2"],
  ])
    for (const name of names) await symlink(join(unpacked, target), join(libraries, name));

  const binding = createRequire(join(tfjsNode, "package.json"))("@mapbox/node-pre-gyp").find(
    join(tfjsNode, "package.json"),
  );
  const temporary = `${binding}.${process.pid}`;
  await mkdir(dirname(binding), { recursive: true });
  try {
    const compiler = ["g++", "-std=gnu++17", "-O2", "-fPIC", "-shared", "-w"];
    const quiet = join(libraries, "libquiet.so");
    run(
      "Compiling the silencer",
      [
        ...[...compiler, "-I", join(deps, "include"), "-x", "c++", "-", "-L", libraries],
        ...["-ltensorflow_framework", "-Wl,-z,initfirst", "-Wl,-rpath,$ORIGIN", "-o", quiet],
      ],
      { input: silencer },
    );
    run("Compiling the binding", [
      ...[...compiler, "-DNAPI_VERSION=8", "-I", headers, "-I", join(deps, "include")],
      ...["tfjs_backend.cc", "tfjs_binding.cc"].map((source) => join(tfjsNode, "binding", source)),
      ...["-L", libraries, "-Wl,--no-as-needed", "-lquiet", "-ltensorflow", "-ltensorflow_framework"],
      ...["-Wl,-rpath,$ORIGIN/../../deps/lib", "-o", temporary],
    ]);
    await rename(temporary, binding);
  } finally {
    await rm(temporary, { force: true });
  }
}
