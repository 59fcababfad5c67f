import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { TensorflowFiles } from "./binding.mjs";

/** Where the libraries are: in the wheel tensorflow-cpu, and in an archive of libtensorflow. */
const layouts = [
  { library: "libtensorflow_cc.so.2", framework: "libtensorflow_framework.so.2" },
  { library: "lib/libtensorflow.so.2", framework: "lib/libtensorflow_framework.so.2" },
] as const;

/** ELF's numbers of the processors that Node knows by these names. */
const machines: Readonly<Record<number, string>> = { 3: "ia32", 40: "arm", 62: "x64", 183: "arm64" };

/**
 * Finds the libraries and headers of a TensorFlow on this machine.
 *
 * @param folder as pip installs it (site-packages/tensorflow), or an unpacked archive of libtensorflow
 * @throws {Error} when something is missing, or is for another kind of machine
 */
export async function tensorflowFiles(folder: string): Promise<TensorflowFiles> {
  const layout = layouts.find(({ library }) => existsSync(join(folder, library)));
  if (layout === undefined)
    throw new Error(
      `Expected a TensorFlow in ${folder}, with ${layouts.map(({ library }) => library).join(" or ")}, found none. ` +
        "Name the folder tensorflow of the Python package tensorflow-cpu, or an unpacked libtensorflow.",
    );
  const files = {
    library: join(folder, layout.library),
    framework: join(folder, layout.framework),
    include: join(folder, "include"),
  };
  for (const path of [files.framework, join(files.include, "tensorflow/c/eager/c_api.h")])
    if (!existsSync(path))
      throw new Error(
        `The TensorFlow in ${folder} lacks ${path}. ` +
          "Take the whole folder, with its libraries and headers.",
      );
  for (const path of [files.library, files.framework]) await checkMachine(path);
  return files;
}

async function checkMachine(path: string): Promise<void> {
  const head = Buffer.alloc(20);
  const file = await open(path);
  try {
    await file.read(head, 0, head.length, 0);
  } finally {
    await file.close();
  }
  if (head.toString("latin1", 0, 4) !== "\u007fELF")
    throw new Error(`Expected ${path} to be a library for Linux, got something else. Get TensorFlow again.`);
  const number = head.readUInt16LE(18);
  const machine = machines[number] ?? `machine ${number}`;
  if (machine !== process.arch)
    throw new Error(
      `Expected ${path} to be for ${process.arch}, got one for ${machine}. Get the TensorFlow for this machine.`,
    );
}
