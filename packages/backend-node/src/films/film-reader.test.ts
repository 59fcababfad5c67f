import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filmFrames, filmInfo } from "./film-reader.js";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
if (!hasFfmpeg && process.env.BRUSHWORK_EXPECT_FFMPEG === "yes") throw new Error("ffmpeg is not on the path");

describe.skipIf(!hasFfmpeg)(hasFfmpeg ? "a film" : "skipped: ffmpeg is not on the path", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const ffmpeg = (...words: readonly string[]) => {
    const { status, stderr } = spawnSync("ffmpeg", ["-v", "error", "-y", ...words], { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  };
  /** Frames of 32×16 whose grey is 20 times their number, at eight a second. */
  const greys = "color=black:size=32x16:rate=8:duration=1,format=gray,geq=lum=20*N";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-reader-"));
    ffmpeg("-f", "lavfi", "-i", greys, "-c:v", "ffv1", at("even.mkv"));
    // Without its fourth and fifth frames.
    ffmpeg(
      "-f",
      "lavfi",
      "-i",
      `${greys},select='not(between(n,3,4))'`,
      "-vsync",
      "vfr",
      "-c:v",
      "ffv1",
      at("uneven.mkv"),
    );
    ffmpeg("-f", "lavfi", "-i", `${greys},setsar=2`, "-c:v", "ffv1", at("wide.mkv"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const greysOf = async (name: string, rate?: string) => {
    const info = await filmInfo(at(name));
    const levels: number[] = [];
    const options = { width: 16, height: 8 };
    for await (const { width, height, data } of filmFrames(
      at(name),
      { ...info, ...(rate && { framesPerSecond: rate }) },
      options,
    )) {
      expect([width, height, data[3]]).toEqual([16, 8, 255]);
      levels.push(data[0] ?? -1);
    }
    return levels;
  };

  it("gives each frame once, scaled", async () => {
    expect(await filmInfo(at("even.mkv"))).toMatchObject({ width: 32, height: 16, framesPerSecond: "8/1" });
    expect(await greysOf("even.mkv")).toEqual([0, 20, 40, 60, 80, 100, 120, 140]);
  });

  it("repeats frames where they come unevenly", async () => {
    expect(await greysOf("uneven.mkv", "8")).toEqual([0, 20, 40, 40, 40, 100, 120, 140]);
  });

  it("leaves frames out for a lower rate", async () => {
    expect(await greysOf("even.mkv", "4")).toHaveLength(4);
  });

  it("has square pixels", async () => {
    expect(await filmInfo(at("wide.mkv"))).toMatchObject({ width: 64, height: 16 });
  });

  it("can be left in the middle", async () => {
    for await (const { data } of filmFrames(at("even.mkv"), await filmInfo(at("even.mkv")), {
      width: 16,
      height: 8,
    })) {
      if (data[0] === 20) break;
    }
    expect(await greysOf("even.mkv")).toHaveLength(8);
  });
});
