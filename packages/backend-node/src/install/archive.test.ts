import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BadArchive, unpack } from "./archive.js";
import { type Entry, tarball } from "./tarball.fixture.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
});
afterEach(() => rm(folder, { recursive: true }));

const inside = () => join(folder, "inside");

async function unpacked(bytes: Uint8Array, options?: { readonly strip: number }) {
  await mkdir(inside(), { recursive: true });
  await writeFile(join(folder, "a.tar.gz"), bytes);
  return unpack(join(folder, "a.tar.gz"), inside(), options);
}

it("files and links", async () => {
  await unpacked(
    tarball([
      { path: "./lib/a.so.2.9.1", text: "a library" },
      { path: "./lib/a.so.2", link: "a.so.2.9.1" },
    ]),
  );
  expect(await readFile(join(inside(), "lib/a.so.2"), "utf8")).toBe("a library");
  expect(await readlink(join(inside(), "lib/a.so.2"))).toBe("a.so.2.9.1");
});

it("without the folders that it begins with", async () => {
  await unpacked(tarball([{ path: "napi-v8/a.node", text: "a" }]), { strip: 1 });
  expect(await readdir(inside())).toEqual(["a.node"]);
});

it.each<readonly [string, readonly Entry[]]>([
  ["a path up", [{ path: "lib/../../escaped", text: "x" }]],
  ["a path from the root", [{ path: "/escaped/from/the/archive", text: "x" }]],
  ["a Windows path up", [{ path: "lib\\..\\..\\escaped", text: "x" }]],
  ["a link up", [{ path: "lib/escape", link: "../../.." }]],
  ["a link to the root", [{ path: "lib/escape", link: "/etc" }]],
  [
    "a file through a link",
    [
      { path: "escape", link: ".." },
      { path: "escape/escaped", text: "x" },
    ],
  ],
])("refuses %s", async (_, entries) => {
  await expect(unpacked(tarball([{ path: "good", text: "x" }, ...entries]))).rejects.toThrow(
    /^Expected an archive whose entries stay in its folder, got one with .*\. Do not trust its source\.$/,
  );
  expect((await readdir(folder)).toSorted()).toEqual(["a.tar.gz", "inside"]);
  expect(await readdir(inside())).toEqual(["good"]);
});

const whole = tarball([{ path: "lib/a", text: "abcdefgh".repeat(10_000) }]);

it.each([
  ["cut off", whole.subarray(0, whole.length - 40)],
  ["a web page", Buffer.from("<!doctype html><title>Not here</title>")],
  ["compressed, but no archive", gzipSync("hello")],
  ["empty", new Uint8Array()],
])("refuses a file that is %s", async (_, bytes) => {
  const refusal = unpacked(bytes);
  await expect(refusal).rejects.toThrow(/^Expected an archive \(\.tar\.gz\)/);
  await expect(refusal).rejects.toThrow(BadArchive);
});
