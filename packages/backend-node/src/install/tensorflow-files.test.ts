import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { tensorflowFiles } from "./tensorflow-files.js";

/** ELF's number of this processor, and of another one. */
const [own, other, otherName] = process.arch === "arm64" ? [183, 62, "x64"] : [62, 183, "arm64"];
const wheel = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"] as const;
const archive = ["lib/libtensorflow.so.2", "lib/libtensorflow_framework.so.2"] as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function place(name: string, content: Uint8Array | string = "") {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), content);
}

function library(machine: number): Uint8Array {
  const head = Buffer.alloc(64);
  head.write("\u007fELF", "latin1");
  head.writeUInt16LE(machine, 18);
  return head;
}

async function placeAll([first, second]: readonly [string, string], machine = own) {
  await place(first, library(machine));
  await place(second, library(own));
  await place("include/tensorflow/c/eager/c_api.h");
}

it.each([[wheel], [archive]])("finds %j", async (names) => {
  await placeAll(names);
  expect(await tensorflowFiles(folder)).toEqual({
    library: join(folder, names[0]),
    framework: join(folder, names[1]),
    include: join(folder, "include"),
  });
});

it("nothing of TensorFlow in the folder, or no folder", async () => {
  const sentence = /with libtensorflow_cc\.so\.2 or lib\/libtensorflow\.so\.2, found none\. Name the folder/;
  await expect(tensorflowFiles(folder)).rejects.toThrow(sentence);
  await expect(tensorflowFiles(join(folder, "none"))).rejects.toThrow(sentence);
});

it.each(["lib/libtensorflow_framework.so.2", "include/tensorflow/c/eager/c_api.h"])(
  "not whole: without %s",
  async (name) => {
    await placeAll(archive);
    await rm(join(folder, name));
    await expect(tensorflowFiles(folder)).rejects.toThrow(`lacks ${join(folder, name)}.`);
  },
);

it("for another processor", async () => {
  await placeAll(wheel, other);
  await expect(tensorflowFiles(folder)).rejects.toThrow(
    `Expected ${join(folder, wheel[0])} to be for ${process.arch}, got one for ${otherName}.`,
  );
});

it("no library at all", async () => {
  await placeAll(wheel);
  await place(wheel[1], "<html>");
  await expect(tensorflowFiles(folder)).rejects.toThrow("to be a library for Linux, got something else");
});
