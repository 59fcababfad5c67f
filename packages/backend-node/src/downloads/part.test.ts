import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { abandonedParts, claimPart } from "./part.js";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
  file = join(folder, "vgg19.download");
});
afterEach(() => rm(folder, { recursive: true }));

/** The name under which another process would hold a part. */
async function held(pid: number, { host = hostname(), bytes = "abc" } = {}): Promise<string> {
  const path = `${file}.${pid}.0123-4567.${host.replace(/[^a-z0-9-]/gi, "-")}.part`;
  await writeFile(path, bytes);
  return path;
}

/** The number of a process that has ended. */
const ended = () => spawnSync(process.execPath, ["-e", ""]).pid;

describe("claimPart", () => {
  it("gives what was released to the next claim", async () => {
    const first = await claimPart(file);
    await writeFile(first.path, "abc");
    await first.release();
    const second = await claimPart(file);
    expect(await readFile(second.path, "utf8")).toBe("abc");
    expect(await readdir(folder)).toEqual([basename(second.path)]);
  });

  it("gives a held part to no one else", async () => {
    const first = await claimPart(file);
    await writeFile(first.path, "abc");
    const second = await claimPart(file);
    expect(second.path).not.toBe(first.path);
    await second.release();
    await first.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  it("gives a released part to one of many who claim at once", async () => {
    await writeFile(`${file}.part`, "abc");
    await Promise.all(Array.from({ length: 10 }, () => claimPart(file)));
    expect(await readdir(folder)).toHaveLength(1);
  });

  it("gives the longest part of processes that were killed, and deletes the others", async () => {
    await held(ended(), { bytes: "a" });
    await held(ended(), { bytes: "abcd" });
    const { path } = await claimPart(file);
    expect(await readFile(path, "utf8")).toBe("abcd");
    expect(await readdir(folder)).toEqual([basename(path)]);
  });
});

describe("abandonedParts", () => {
  it("leaves out the parts of a process that is alive", async () => {
    await held(process.pid);
    expect(await abandonedParts(file)).toEqual([]);
  });

  it("leaves out those of another machine, of whose processes nothing is known", async () => {
    await held(ended(), { host: "elsewhere" });
    expect(await abandonedParts(file)).toEqual([]);
  });

  it("has each part that was not written to for an hour", async () => {
    const parts = [await held(process.pid), await held(process.pid, { host: "elsewhere" })];
    const longAgo = Date.now() / 1000 - 3601;
    for (const part of parts) await utimes(part, longAgo, longAgo);
    expect(new Set(await abandonedParts(file))).toEqual(new Set(parts));
  });

  it("leaves out what is another file's, and everything when there is no folder", async () => {
    await writeFile(join(folder, "vgg16.download.part"), "");
    await writeFile(join(folder, "vgg19.download.txt"), "");
    expect(await abandonedParts(file)).toEqual([]);
    expect(await abandonedParts(join(folder, "absent", "vgg19.download"))).toEqual([]);
  });
});
