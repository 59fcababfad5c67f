import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { readPicture } from "@brushwork/backend-node";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { outcomeOf, pictureOf, shallow } from "./command.fixture.js";
import { absenceOfFfmpeg, ffmpeg, streamsOf } from "./ffmpeg.fixture.js";
import { main } from "./main.js";

const absence = absenceOfFfmpeg();
const quick = [
  pictureOf("photo.png"),
  pictureOf("strokes.png"),
  ..."--engine wasm --threads 1 --network compact --size 49x33 --scales 1".split(" "),
  ...shallow,
];

describe("a timelapse", () => {
  let folder: string;
  const at = (...names: readonly string[]) => join(folder, ...names);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-timelapse-"));
    return () => rm(folder, { recursive: true, force: true });
  });
  const paint = (...words: readonly string[]) => outcomeOf([...quick, "-o", at("out.png"), ...words]);
  /** The path begins with a folder where ffmpeg is a script of a shell's; without one, it is empty. */
  const stubFfmpeg = async (script?: string) => {
    await mkdir(at("bin"));
    if (script !== undefined) await writeFile(at("bin", "ffmpeg"), `#!/bin/sh\n${script}\n`);
    if (script !== undefined) await chmod(at("bin", "ffmpeg"), 0o755);
    vi.stubEnv("PATH", script === undefined ? at("bin") : `${at("bin")}${delimiter}${process.env.PATH}`);
  };

  describe.skipIf(absence !== undefined)(absence ? `skipped: ${absence}` : "by ffmpeg", () => {
    it.each([
      ["mp4", "h264"],
      ["webm", "vp9"],
    ])("shows every step, and the finished picture for two seconds, as %s", async (format, codec) => {
      expect((await paint("--steps", "3")).code).toBe(0);
      const plain = await readFile(at("out.png"));
      const { code, stderr } = await paint("--steps", "3", "--timelapse", at(`film.${format}`), "--force");
      expect([code, stderr]).toEqual([0, expect.stringContaining(`Wrote ${at(`film.${format}`)}\n`)]);
      expect(await readFile(at("out.png"))).toEqual(plain);
      expect(streamsOf(at(`film.${format}`))).toEqual([
        expect.objectContaining({
          codec_name: codec,
          pix_fmt: "yuv420p",
          color_space: "bt709",
          // An odd last column and row are cut off.
          width: 48,
          height: 32,
          r_frame_rate: "5/1",
          nb_read_frames: String(3 + 10),
        }),
      ]);
      expect((await readdir(folder)).sort()).toEqual([`film.${format}`, "out.png"]);
    });

    it("ends with the colours of the picture", async () => {
      await paint("--steps", "2", "--timelapse", at("film.mp4"));
      ffmpeg("-sseof", "-0.2", "-i", at("film.mp4"), "-frames:v", "1", at("frame.png"));
      const [picture, frame] = [await readPicture(at("out.png")), await readPicture(at("frame.png"))];
      let sum = 0;
      for (let y = 0; y < 32; y++)
        for (let x = 0; x < 48; x++)
          for (let c = 0; c < 3; c++)
            sum += Math.abs(
              (picture.data[(y * 49 + x) * 4 + c] ?? 0) - (frame.data[(y * 48 + x) * 4 + c] ?? 0),
            );
      // Its colours have half the resolution.
      expect(sum / (48 * 32 * 3)).toBeLessThan(8);
    });

    it("is kept when the run is stopped", async () => {
      const listen = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
        if (String(text).startsWith("10/50")) process.emit("SIGINT", "SIGINT");
        return true;
      });
      const code = await main([
        ...quick,
        ...["-o", at("out.png"), "--steps", "50", "--timelapse", at("film.mp4")],
      ]);
      listen.mockRestore();
      expect(code).toBe(130);
      const frames = Number(streamsOf(at("film.mp4"))[0]?.nb_read_frames);
      expect(frames).toBeGreaterThanOrEqual(10 + 16);
      expect(frames).toBeLessThan(50 + 16);
    });

    it.skipIf(process.platform === "win32")("that fails does not cost the picture", async () => {
      const encoders = "case $2 in -encoders) echo ' V..... libx264 x'; exit 0;; esac";
      await stubFfmpeg(`${encoders}\necho 'Conversion failed!' >&2; exit 1`);
      const { code, stderr } = await paint("--steps", "3", "--timelapse", at("film.mp4"));
      expect([code, stderr]).toEqual([
        0,
        expect.stringContaining(`There is no ${at("film.mp4")}. ffmpeg failed: Conversion failed!`),
      ]);
      expect((await readdir(folder)).sort()).toEqual(["bin", "out.png"]);
    });

    it.skipIf(process.platform === "win32")("is refused where ffmpeg has no encoder for it", async () => {
      await stubFfmpeg("echo ' V..... ffv1 x'");
      const { code, stderr } = await paint("--timelapse", at("film.webm"));
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining("libvpx-vp9, libvpx for .webm, found none"),
      ]);
      expect(await readdir(folder)).toEqual(["bin"]);
    });
  });

  it.each(["gif", "webp"])("needs no ffmpeg as %s", async (format) => {
    await stubFfmpeg();
    const { code } = await paint("--steps", "3", "--timelapse", at(`film.${format}`));
    expect(code).toBe(0);
    expect(await readPicture(at(`film.${format}`))).toMatchObject({ width: 49, height: 33 });
  });

  it("of a long run has a hundred frames, evenly spaced", async () => {
    const asked: number[] = [];
    const { withTimelapse } = await import("./files/timelapse.js");
    const writer = { wants: () => false } as never;
    const progress = { saved() {}, warned() {} };
    await withTimelapse(writer, 1000, { timelapse: at("film.gif") }, progress, async ({ wants }) => {
      for (let index = 0; index <= 1000; index++) if (wants(index)) asked.push(index);
    });
    expect(asked).toEqual(Array.from({ length: 100 }, (_, i) => 10 * i));
  });

  it("says how to get ffmpeg where there is none, before anything is painted", async () => {
    await stubFfmpeg();
    const { code, stderr } = await paint("--timelapse", at("film.mp4"));
    expect([code, stderr]).toEqual([
      1,
      "brushwork: Expected ffmpeg on the path, which films need, found none: install it " +
        "(apt install ffmpeg, brew install ffmpeg, winget install ffmpeg). A .gif or a .webp needs none.\n",
    ]);
    expect(await readdir(folder)).toEqual(["bin"]);
  });

  it.each([
    ["another ending", "film.avi", 2, "Expected a film's name to end in .mp4, .webm, .gif, .webp, got "],
    ["the picture's own name", "out.webp", 2, "Expected outputs of different names, got "],
    [
      "a film that is there",
      "there.gif",
      1,
      "there.gif already exists: choose another name, or pass --force.",
    ],
  ])("refuses %s", async (_, name, expected, sentence) => {
    await writeFile(at("there.gif"), "mine");
    const output = name === "out.webp" ? name : "out.png";
    const { code, stderr } = await outcomeOf([...quick, "-o", at(output), "--timelapse", at(name)]);
    expect([code, stderr]).toEqual([expected, expect.stringContaining(sentence)]);
    expect(await readdir(folder)).toEqual(["there.gif"]);
  });
});
