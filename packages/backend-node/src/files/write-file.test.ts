import { spawnSync } from "node:child_process";
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { temporaryIn } from "./temporary-file.js";
import { unprivileged } from "./unprivileged.fixture.js";
import { checkWritable, isTaken, writeFileAtomically } from "./write-file.js";

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

describe("writeFileAtomically, where there is a file", () => {
  const bytes = Buffer.from("new");
  const text = (path: string) => readFile(path, "utf8");
  let inner: string;
  const at = (name: string) => join(inner, name);
  beforeEach(async () => {
    inner = await mkdtemp(join(folder, "there-"));
  });

  it("leaves it when it is not to be replaced", async () => {
    await writeFile(at("a"), "old");
    const failure = await writeFileAtomically(at("a"), bytes, { replace: false }).catch((error) => error);
    expect(failure.message).toBe(`${at("a")} already exists.`);
    expect(isTaken(failure)).toBe(true);
    expect(await text(at("a"))).toBe("old");
    expect(await readdir(inner)).toEqual(["a"]);
  });

  it("writes a name as long as names can be", async () => {
    const name = `${"a".repeat(251)}.png`;
    await writeFileAtomically(at(name), bytes);
    await writeFileAtomically(at(name), bytes);
    expect(await readdir(inner)).toEqual([name]);
  });

  describe.skipIf(process.platform === "win32")("on systems with modes and links", () => {
    it("keeps its mode", async () => {
      await writeFile(at("a"), "old");
      await chmod(at("a"), 0o640);
      await writeFileAtomically(at("a"), bytes);
      expect((await stat(at("a"))).mode & 0o7777).toBe(0o640);
      expect(await text(at("a"))).toBe("new");
    });

    it.skipIf(process.geteuid?.() !== 0)("keeps its owner (only root may give files away)", async () => {
      await writeFile(at("a"), "old");
      spawnSync("chown", ["65534:65534", at("a")]);
      await writeFileAtomically(at("a"), bytes);
      expect(await stat(at("a"))).toMatchObject({ uid: 65534, gid: 65534 });
    });

    it("keeps its other names", async () => {
      await writeFile(at("a"), "an old text, longer than the new one");
      await link(at("a"), at("b"));
      await writeFileAtomically(at("a"), bytes);
      expect(await Promise.all([text(at("a")), text(at("b"))])).toEqual(["new", "new"]);
      expect((await stat(at("a"))).nlink).toBe(2);
      expect((await readdir(inner)).sort()).toEqual(["a", "b"]);
    });

    it("keeps a link, and writes what it leads to over other links, from the folder that each is in", async () => {
      await mkdir(at("elsewhere"));
      await symlink("elsewhere", at("shortcut"));
      await symlink(join("..", "real"), join(at("elsewhere"), "second"));
      await symlink(join("shortcut", "second"), at("first"));
      await writeFile(at("real"), "old");
      await writeFileAtomically(at("first"), bytes);
      expect(await text(at("real"))).toBe("new");
      for (const path of [at("first"), join(at("elsewhere"), "second")])
        expect((await lstat(path)).isSymbolicLink()).toBe(true);
    });

    it.each([true, false])("writes what a dangling link leads to, replacing: %s", async (replace) => {
      await symlink("absent", at("link"));
      await writeFileAtomically(at("link"), bytes, { replace });
      expect((await lstat(at("link"))).isSymbolicLink()).toBe(true);
      expect(await text(at("absent"))).toBe("new");
    });

    it("refuses links in a circle", async () => {
      await symlink("b", at("a"));
      await symlink("a", at("b"));
      await expect(writeFileAtomically(at("a"), bytes)).rejects.toThrow(
        `${at("a")} could not be written (its links lead in a circle).`,
      );
    });

    it("writes into a pipe rather than in its place", async () => {
      spawnSync("sh", ["-c", `mkfifo "$0"`, at("pipe")]);
      const [read] = await Promise.all([text(at("pipe")), writeFileAtomically(at("pipe"), bytes)]);
      expect(read).toBe("new");
      expect((await lstat(at("pipe"))).isFIFO()).toBe(true);
    });
  });
});

describe("checkWritable", () => {
  it("passes where a file can be written, and writes none", async () => {
    await mkdir(join(folder, "free"));
    await checkWritable(join(folder, "free", "a.png"));
    expect(await readdir(join(folder, "free"))).toEqual([]);
  });

  it("deletes what a killed process has left, and nothing else", async () => {
    const inner = join(folder, "left");
    await mkdir(inner);
    const ours = temporaryIn(inner);
    // A process that has ended.
    const { pid } = spawnSync(process.execPath, ["--version"]);
    const left = ours.replace(`.${process.pid}.`, `.${pid}.`);
    const elsewhere = left.replace(/brushwork\.[0-9a-f]{8}/, "brushwork.00000000");
    for (const path of [ours, left, elsewhere, join(inner, ".brushwork.png")]) await writeFile(path, "");
    await checkWritable(join(inner, "a.png"));
    expect((await readdir(inner)).sort()).toEqual(
      [".brushwork.png", basename(ours), basename(elsewhere)].sort(),
    );
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
