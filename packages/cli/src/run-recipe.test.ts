import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPicture, writePicture } from "@brushwork/backend-node";
import type { Engine, Picture } from "@brushwork/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { shallow } from "./command.fixture.js";
import { main } from "./main.js";

/** In place of the real ones, which machines have or have not: a GPU that may only have small tensors, and no other. */
vi.mock("../../backend-node/src/engines/webgpu.js", async () => {
  const { wasm } = await import("../../backend-node/src/engines/wasm.js");
  const start = async (): Promise<Engine> => ({
    ...(await wasm.start({})),
    name: "webgpu",
    device: "A small GPU",
    // Less than a tile needs.
    largestTensorBytes: 2 ** 20,
  });
  return { webgpu: { name: "webgpu", load: () => wasm.load({ byName: true }), start } };
});
vi.mock("../../backend-node/src/engines/native.js", () => ({ native: absent("native") }));
vi.mock("../../backend-node/src/engines/cuda.js", () => ({ cuda: absent("cuda") }));
const { absent } = vi.hoisted(() => ({
  absent: (name: string) => ({
    name,
    load: async () => Promise.reject(new Error(`There is no ${name}.`)),
    start: async () => Promise.reject(new Error("Never.")),
  }),
}));

describe("a GPU whose limits are too small for the size", () => {
  let folder: string;
  let stderr: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-"));
    const picture: Picture = {
      width: 200,
      height: 200,
      data: new Uint8ClampedArray(200 * 200 * 4).fill(200),
    };
    await writePicture(join(folder, "photo.png"), picture);
  });
  afterAll(() => rm(folder, { recursive: true }));
  beforeEach(() => {
    stderr = "";
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      stderr += text;
      return true;
    });
    return () => vi.restoreAllMocks();
  });

  const paint = (size: number, output: string, ...options: readonly string[]) =>
    main([
      ...[join(folder, "photo.png"), join(folder, "photo.png"), "-o", join(folder, output)],
      ...`--network compact --size ${size} --scales 1 --steps 1`.split(" "),
      ...shallow,
      ...options,
    ]);

  it("is reported by name, with the largest size it has room for", async () => {
    expect(await paint(200, "large.png", "--engine", "webgpu")).toBe(2);
    const [, largest] = /choose --size (\d+) or less\./.exec(stderr) ?? [];
    expect(stderr).toMatch(/^brushwork: Expected a size that fits .*\n$/);
    expect(await readdir(folder)).toEqual(["photo.png"]);
    // That one does fit, and one more does not.
    expect(await paint(Number(largest), "largest.png", "--engine", "webgpu")).toBe(0);
    expect((await readPicture(join(folder, "largest.png"))).width).toBe(Number(largest));
    expect(await paint(Number(largest) + 1, "larger.png", "--engine", "webgpu")).toBe(2);
  });

  it("is passed over by auto, which says why, and why those in between are", async () => {
    expect(await paint(200, "auto.png")).toBe(0);
    expect(stderr).toMatch(
      /brushwork: Not on webgpu: Expected a size that fits .*\nbrushwork: Not on native: There is no native\.\nbrushwork: Painting on wasm, the slowest engine; .*\nphoto\.png in the style of photo\.png, 200×200, 1 step, compact on wasm, /,
    );
    expect(stderr).not.toContain("cuda");
    expect((await readPicture(join(folder, "auto.png"))).width).toBe(200);
  });

  it("does well with less", async () => {
    expect(await paint(32, "small.png")).toBe(0);
    expect(stderr).toContain("compact on webgpu, A small GPU");
    expect(stderr).not.toContain("precision");
  });

  it("says that it has no fast precision, where auto has taken it", async () => {
    expect(await paint(32, "fast.png", "--precision", "fast")).toBe(0);
    expect(stderr).toMatch(
      /^brushwork: Painting in full precision: the engine webgpu has no other\.\n.*compact on webgpu/,
    );
  });
});
