// Builds the binding of @tensorflow/tfjs-node in place, against the TensorFlow inside the tensorflow-cpu wheel.
//
// The package's own install script downloads TensorFlow 2.9 from a bucket that not every network reaches; the
// wheel comes from the Python package index, is newer, and about as fast as PyTorch on a CPU. A second run finds
// that the binding loads and does nothing.
//
// Exit codes: 0 built or already there, 1 failed, 2 this machine cannot build it or cannot reach the wheel.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  BindingFailure,
  buildTools,
  compileBinding,
  linkTensorflow,
  provenBinding,
} from "../packages/backend-node/src/install/binding.mjs";

const wheel = { name: "tensorflow-cpu", version: "2.21.0" };

const root = fileURLToPath(new URL("..", import.meta.url));
const backend = createRequire(join(root, "packages/backend-node/package.json"));
const unpacked = join(root, "node_modules/.cache/brushwork", `${wheel.name}-${wheel.version}`);

/** A failure that is told in one sentence. */
class Failure extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

try {
  const tfjsNode = dirname(resolved("@tensorflow/tfjs-node/package.json"));
  const before = await provenBinding(tfjsNode);
  if (before.version !== undefined) {
    console.log(`The native binding loads already, on TensorFlow ${before.version}. Nothing to do.`);
  } else {
    const headers = checkedTools();
    if (!existsSync(unpacked)) await unpackWheel();
    console.log("Compiling the binding …");
    await linkTensorflow(tfjsNode, {
      library: join(unpacked, "libtensorflow_cc.so.2"),
      framework: join(unpacked, "libtensorflow_framework.so.2"),
      include: join(unpacked, "include"),
    });
    await compileBinding(tfjsNode, headers);
    const { version, trouble } = await provenBinding(tfjsNode);
    if (version === undefined) throw new Failure(`The binding was built but does not run: ${trouble}`);
    console.log(`The native binding runs, on TensorFlow ${version}.`);
  }
} catch (error) {
  if (!(error instanceof Failure || error instanceof BindingFailure)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode ?? 1;
}

function resolved(name) {
  try {
    return backend.resolve(name);
  } catch {
    throw new Failure(`Expected ${name} beside packages/backend-node, found none. Run pnpm install first.`);
  }
}

/** Checks for what building needs, and finds the headers of this Node. */
function checkedTools() {
  const cannot = (message) => new Failure(message, 2);
  const glibc = process.report.getReport().header.glibcVersionRuntime;
  if (process.platform !== "linux" || process.arch !== "x64" || glibc === undefined)
    throw cannot(
      `Expected Linux on x64 with glibc, got ${process.platform} on ${process.arch}. ` +
        "Let @tensorflow/tfjs-node's own install script run, or use the wasm engine.",
    );
  if (!runs("python3", "-m", "pip", "--version"))
    throw cannot("Expected pip to fetch TensorFlow with, found no `python3 -m pip`. Install it first.");
  try {
    return buildTools();
  } catch (error) {
    throw cannot(error.message);
  }
}

function runs(command, ...args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

function run(what, [command, ...args], exitCode) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
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
      2,
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
