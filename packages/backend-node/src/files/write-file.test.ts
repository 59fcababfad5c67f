import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unprivileged } from "./unprivileged.fixture.js";
import { checkWritable, writeFileAtomically } from "./write-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("writeFileAtomically", () => {
  it("writes and replaces, and leaves nothing else in the folder", async () => {
    const path = join(folder, "new", "a");
    await mkdir(join(folder, "new"));
    await writeFileAtomically(path, Uint8Array.of(1, 2));
    await writeFileAtomically(path, Uint8Array.of(3));
    expect([...(await readFile(path))]).toEqual([3]);
    expect(await readdir(join(folder, "new"))).toEqual(["a"]);
  });

  it("names a folder that is missing", async () => {
    const path = join(folder, "absent", "a.png");
    await expect(writeFileAtomically(path, Uint8Array.of(1))).rejects.toThrow(
      `Expected the folder of ${path} to exist, found none. Create ${join(folder, "absent")} first.`,
    );
  });

  it("names a folder that is a file", async () => {
    await writeFile(join(folder, "file"), "");
    const path = join(folder, "file", "a.png");
    await expect(writeFileAtomically(path, Uint8Array.of(1))).rejects.toThrow(
      `Expected the folder of ${path} to be one, but ${join(folder, "file")} is a file.`,
    );
  });
});

describe("checkWritable", () => {
  it("passes where a file can be written, and writes none", async () => {
    await mkdir(join(folder, "free"));
    await checkWritable(join(folder, "free", "a.png"));
    expect(await readdir(join(folder, "free"))).toEqual([]);
  });

  it("names a folder that is missing", async () => {
    const path = join(folder, "absent", "a.png");
    await expect(checkWritable(path)).rejects.toThrow(`Expected the folder of ${path} to exist, found none.`);
  });

  it.skipIf(process.platform !== "linux")(
    "is not taken in by a folder that claims to be writable (skipped but on Linux, which has one)",
    async () => {
      await expect(checkWritable("/proc/a.png")).rejects.toThrow("Expected ");
    },
  );

  it("names a file that is a folder", async () => {
    await expect(checkWritable(folder)).rejects.toThrow(`${folder} is a folder: name a file in it.`);
  });

  it.skipIf(process.platform === "win32")(
    "names a folder that is protected (skipped on Windows, which has other rights)",
    async () => {
      const locked = join(folder, "locked");
      await mkdir(locked);
      await chmod(locked, 0o500);
      const path = join(locked, "a.png");
      const message = `${path} cannot be written: its folder ${locked} is protected.`;
      await chmod(folder, 0o755);
      await expect(unprivileged(() => writeFileAtomically(path, Uint8Array.of(1)))).rejects.toThrow(message);
      await expect(unprivileged(() => checkWritable(path))).rejects.toThrow(message);
    },
  );
});
