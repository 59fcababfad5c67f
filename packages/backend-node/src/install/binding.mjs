// The binding between Node and a TensorFlow that is there. Plain JavaScript, since the repository's own
// scripts/native-build.mjs needs it before anything is built.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { restoringLegacyUtil } from "../engines/legacy-util.mjs";
import { ended } from "../files/process.mjs";

const binding = "lib/napi-v8/tfjs_binding.node";
const compiler = "g++";

/**
 * Makes TF_CPP_MIN_LOG_LEVEL hold from the start: a new TensorFlow logs a notice while it is being loaded, before it
 * reads the variable. A library marked `initfirst` runs even before that.
 */
const silencer = `
#include <cstdlib>
#include "absl/log/globals.h"
__attribute__((constructor)) static void silence() {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  if (level != nullptr) absl::SetMinLogLevel(static_cast<absl::LogSeverityAtLeast>(std::atoi(level)));
}`;

export class BindingFailure extends Error {}

export function buildTools() {
  if (spawnSync(compiler, ["--version"], { stdio: "ignore" }).status !== 0)
    throw new BindingFailure("Expected a C++ compiler, found no g++. Install it first.");
  const home = homeFolder();
  const headers = [
    process.env.npm_config_nodedir && join(process.env.npm_config_nodedir, "include/node"),
    join(dirname(process.execPath), "../include/node"),
    home && join(home, ".cache/node-gyp", process.versions.node, "include/node"),
  ].find((folder) => folder && existsSync(join(folder, "node_api.h")));
  if (headers === undefined)
    throw new BindingFailure(
      "Expected the headers of this Node, found none. Fetch them with `npx node-gyp install`.",
    );
  return headers;
}

/** @returns undefined where the system knows of none */
function homeFolder() {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/** Only adds files: those that came with the package may be hard links into a package manager's store. */
export async function linkTensorflow(tfjsNode, { library, framework, include }) {
  const deps = join(tfjsNode, "deps");
  const libraries = join(deps, "lib");
  await rm(deps, { recursive: true, force: true });
  await mkdir(libraries, { recursive: true });
  await symlink(include, join(deps, "include"));
  for (const [name, target] of [
    ["libtensorflow.so", library],
    ["libtensorflow_framework.so", framework],
  ]) {
    await symlink(target, join(libraries, name));
    // By their own names they are asked for when they are loaded.
    await symlink(target, join(libraries, basename(target)));
  }
}

export async function compileBinding(tfjsNode, headers, signal) {
  const include = join(tfjsNode, "deps/include");
  const libraries = join(tfjsNode, "deps/lib");
  const path = join(tfjsNode, binding);
  const temporary = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    const flags = ["-std=gnu++17", "-O2", "-fPIC", "-shared", "-w"];
    const quiet = existsSync(join(include, "absl/log/globals.h"));
    if (quiet)
      await compiled(
        [
          ...[...flags, "-I", include, "-x", "c++", "-", "-L", libraries, "-ltensorflow_framework"],
          ...["-Wl,-z,initfirst", "-Wl,-rpath,$ORIGIN", "-o", join(libraries, "libquiet.so")],
        ],
        { input: silencer, signal },
      );
    await compiled(
      [
        ...[...flags, "-DNAPI_VERSION=8", "-I", headers, "-I", include],
        ...["tfjs_backend.cc", "tfjs_binding.cc"].map((source) => join(tfjsNode, "binding", source)),
        // What another TensorFlow lacks is then an error when it is loaded, not the end of the process at the first call.
        "-Wl,-z,now",
        ...["-L", libraries, "-Wl,--no-as-needed", ...(quiet ? ["-lquiet"] : [])],
        ...["-ltensorflow", "-ltensorflow_framework", "-Wl,-rpath,$ORIGIN/../../deps/lib", "-o", temporary],
      ],
      { signal },
    );
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

export async function provenBinding(tfjsNode, signal) {
  const { output, trouble } = await ran(
    `
    ${restoringLegacyUtil}
    const tf = require(${JSON.stringify(tfjsNode)});
    const [sum] = tf.conv2d(tf.ones([1, 3, 3, 1]), tf.ones([3, 3, 1, 1]), 1, "valid").dataSync();
    if (sum !== 9) throw new Error("a convolution of nine ones gives " + sum + ", not 9");
    console.log("TensorFlow " + tf.backend().binding.TF_Version);
    if (tf.backend().isUsingGpuDevice) console.log("on a GPU");`,
    signal,
  );
  if (trouble !== undefined) return { trouble };
  const version = /^TensorFlow (.+)$/m.exec(output)?.[1];
  return version === undefined
    ? { trouble: "it prints no version" }
    : { version, onGpu: /^on a GPU$/m.test(output) };
}

async function ran(program, signal) {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" };
  const { status, name, stdout, stderr } = await ended(process.execPath, ["-e", program], { env, signal });
  if (status === 0) return { output: stdout };
  const trouble = /^\w*Error: .*$/m.exec(stderr)?.[0] ?? lastLine(stderr);
  return { trouble: name === null ? trouble : `it was ended by ${name}` };
}

async function compiled(words, { input = "", signal }) {
  const { status, stderr } = await ended(compiler, words, { input, signal });
  if (status === 0) return;
  const reason = /\b(?:fatal )?error: .*$/m.exec(stderr)?.[0] ?? lastLine(stderr);
  throw new BindingFailure(`Expected the binding to compile, but g++ did not: ${reason}`);
}

function lastLine(text) {
  return text.trim().split("\n").at(-1) ?? "";
}
