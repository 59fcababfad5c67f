import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keepFile } from "./keep-file.js";
import { unprivileged } from "./unprivileged.fixture.js";

describe("keepFile", () => {
  const bytes = Buffer.from("new");
  let folder: string;
  const at = (...names: readonly string[]) => join(folder, ...names);
  const text = (path: string) => readFile(path, "utf8");
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-"));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
  });

  it("writes where it is asked to, over what is there", async () => {
    await writeFile(at("a"), "old");
    expect(await keepFile(at("a"), bytes)).toEqual({ path: at("a") });
    expect(await text(at("a"))).toBe("new");
  });

  it("writes beside files that stay, under the first free name", async () => {
    await writeFile(at("a.png"), "old");
    await mkdir(at("a-2.png"));
    expect(await keepFile(at("a.png"), bytes, { replace: false })).toEqual({
      path: at("a-3.png"),
      taken: true,
    });
    expect(await Promise.all([text(at("a.png")), text(at("a-3.png"))])).toEqual(["old", "new"]);
  });

  it("loses none of many that are written at once under one name", async () => {
    const kept = await Promise.all(
      Array.from({ length: 20 }, (_, i) => keepFile(at("a"), Buffer.from(String(i)), { replace: false })),
    );
    const texts = await Promise.all(kept.map(({ path }) => text(path)));
    expect(texts).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
    expect((await readdir(folder)).length).toBe(20);
  });

  it("creates its folder again", async () => {
    expect(await keepFile(at("gone", "deep", "a"), bytes)).toEqual({
      path: at("gone", "deep", "a"),
      recreated: true,
    });
    expect(await text(at("gone", "deep", "a"))).toBe("new");
  });

  it.skipIf(process.platform === "win32")(
    "creates the folder that a link leads to (skipped on Windows, where links take rights)",
    async () => {
      await symlink(join("gone", "real"), at("link"));
      expect(await keepFile(at("link"), bytes)).toEqual({ path: at("link"), recreated: true });
      expect(await text(at("gone", "real"))).toBe("new");
    },
  );

  it("goes to another folder where its own cannot be written, and says why", async () => {
    await writeFile(at("file"), "");
    await mkdir(at("current"));
    vi.spyOn(process, "cwd").mockReturnValue(at("current"));
    const kept = await keepFile(at("file", "a"), bytes);
    expect(kept).toEqual({ path: at("current", "a"), failure: expect.any(Error) });
    expect(kept.failure?.message).toContain(`${at("file")} is a file`);
    expect(await text(at("current", "a"))).toBe("new");
  });

  it.skipIf(process.platform === "win32")(
    "goes to the temporary folder where the current one cannot be written either (skipped on Windows, which has other rights)",
    async () => {
      await mkdir(at("locked"));
      await chmod(at("locked"), 0o500);
      await chmod(folder, 0o755);
      vi.spyOn(process, "cwd").mockReturnValue(at("locked"));
      const name = `${basename(folder)}.png`;
      const kept = await unprivileged(() => keepFile(at("locked", name), bytes));
      try {
        expect(kept).toEqual({ path: join(tmpdir(), name), failure: expect.any(Error) });
        expect(await text(kept.path)).toBe("new");
      } finally {
        await rm(join(tmpdir(), name));
      }
    },
  );
});
