import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
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

async function unpacked(
  bytes: Uint8Array,
  options?: { readonly strip?: number; readonly mostBytes?: number },
) {
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
  [
    "a file through a link that stays inside",
    [
      { path: "lib", link: "." },
      { path: "lib/escaped", text: "x" },
    ],
  ],
  [
    "a link up through another one",
    [
      { path: "here", link: "." },
      { path: "up", link: "here/.." },
    ],
  ],
  ["a link up through one that comes later", [{ path: "up", link: "here/../.." }]],
  [
    "a link through one that comes later",
    [
      { path: "a/deep/link", link: "../../lib/file" },
      { path: "lib", link: "." },
    ],
  ],
  [
    "a hard link to a link, which would point elsewhere from there",
    [
      { path: "a/deep/link", link: "../.." },
      { path: "hard", hardLink: "a/deep/link" },
    ],
  ],
  ["a hard link up", [{ path: "hard", hardLink: "../a.tar.gz" }]],
])("refuses %s", async (_, entries) => {
  await expect(unpacked(tarball([{ path: "good", text: "x" }, ...entries]))).rejects.toThrow(
    /^Expected an archive whose entries stay in its folder, got one with .*\. Do not trust its source\.$/,
  );
  expect((await readdir(folder)).toSorted()).toEqual(["a.tar.gz", "inside"]);
  expect(await readFile(join(inside(), "good"), "utf8")).toBe("x");
});

it("refuses a link that leaves the folder once those at the beginning are left off", async () => {
  const archive = tarball([
    { path: "napi-v8/up", link: "../.." },
    { path: "a/b/up", link: "../.." },
  ]);
  await expect(unpacked(archive, { strip: 1 })).rejects.toThrow("got one with napi-v8/up.");
});

it("takes the links of TensorFlow's archives, one by way of another", async () => {
  await unpacked(
    tarball([
      { path: "./lib/a.so", link: "a.so.2" },
      { path: "./lib/a.so.2", link: "a.so.2.9.1" },
      { path: "./lib/a.so.2.9.1", text: "a library" },
    ]),
  );
  expect(await readFile(join(inside(), "lib/a.so"), "utf8")).toBe("a library");
});

it("unpacks no more than may be, whatever the archive says", async () => {
  const files = tarball([
    { path: "one", text: "a".repeat(600) },
    { path: "two", text: "b".repeat(600) },
  ]);
  await unpacked(files, { mostBytes: 1200 });
  await rm(inside(), { recursive: true });
  await expect(unpacked(files, { mostBytes: 1199 })).rejects.toThrow(
    "Expected an archive that unpacks to at most 1199 bytes, got one with more. Do not trust its source.",
  );
  expect(await readdir(inside())).toEqual(["one"]);
  const bomb = tarball([{ path: "bomb", size: 5 * 2 ** 30 }]);
  await expect(unpacked(bomb)).rejects.toThrow("unpacks to at most 4294967296 bytes, got one with more");
  expect(await readdir(inside())).toEqual(["one"]);
});

it.skipIf(process.platform === "win32")("gives no file the right to run as another user", async () => {
  await unpacked(tarball([{ path: "program", text: "x", mode: 0o6777 }]));
  expect((await stat(join(inside(), "program"))).mode & 0o7777).toBe(0o755 & ~process.umask());
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
