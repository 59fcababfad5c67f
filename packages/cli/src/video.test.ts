import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { filmFrames, filmInfo, readPicture, writePicture } from "@brushwork/backend-node";
import type { Picture } from "@brushwork/core";
import { compactRecipe, formatRecipe, presets } from "@brushwork/recipes";
import { followed } from "@brushwork/runs";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { outcomeOf, pictureOf, shallow } from "./command.fixture.js";
import { absenceOfFfmpeg, ffmpeg, streamsOf } from "./ffmpeg.fixture.js";
import { main } from "./main.js";

const absence = absenceOfFfmpeg();
const style = pictureOf("strokes.png");
const machine = "--engine wasm --threads 1".split(" ");
const steps = "--steps 8 --frame-steps 4".split(" ");

/** The smallest work there is: losses of shallow layers, one scale, no margin. */
const recipe = {
  ...compactRecipe(presets.default.recipe),
  network: { name: "compact", pooling: "average" },
  margin: 0,
  scales: [{ size: 64, steps: 8 }],
} as const;

/** A textured square that moves over a texture that moves too, from one frame to the next. */
function frameOf(index: number, phase = 0): Picture {
  const [width, height] = [64, 48];
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  const wave = (x: number, y: number) => 40 * Math.sin(0.5 * x + 0.2 * y) + 40 * Math.sin(0.35 * y - 0.2 * x);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i += 4) {
      const [left, top] = [12 + 2 * index, 14];
      const isSquare = x >= left && x < left + 20 && y >= top && y < top + 20;
      const level = isSquare ? wave(1.7 * (x - left), 1.7 * (y - top)) : wave(x + index + phase, y);
      data[i] = (isSquare ? 170 : 110) + level;
      data[i + 1] = 120 + level;
      data[i + 2] = (isSquare ? 90 : 150) + level;
    }
  return { width, height, data };
}

describe.skipIf(absence !== undefined)(absence ? `skipped: ${absence}` : "a painted film", () => {
  let root: string;
  let folder: string;
  /** The frames of whole.mp4. */
  let painted: readonly Picture[];
  const at = (...names: readonly string[]) => join(folder, ...names);
  const film = (name: string) => join(root, name);
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "brushwork-films-"));
    await writeFile(film("recipe.json"), formatRecipe(recipe));
    await mkdir(join(root, "frames"));
    for (let i = 0; i < 6; i++) await writePicture(join(root, "frames", `f${i}.png`), frameOf(i));
    // Losslessly, so that the film's frames are those above.
    const frames = ["-framerate", "12", "-i", join(root, "frames", "f%d.png")];
    const lossless = ["-c:v", "ffv1", "-pix_fmt", "bgr0"];
    ffmpeg(...frames, ...lossless, film("plain.mkv"));
    const tone = ["-f", "lavfi", "-i", "sine=440:duration=0.5"];
    const tagged = "-colorspace bt709 -color_primaries bt709 -color_trc bt709".split(" ");
    ffmpeg(...frames, ...tone, "-c:v", "libx264", "-pix_fmt", "yuv420p", ...tagged, film("sound.mp4"));
    turn(film("sound.mp4"), film("turned.mp4"));
    ffmpeg(...tone, film("only-sound.mp4"));
    await writeFile(film("text.mp4"), "no film");
    await mkdir(join(root, "cut"));
    for (let i = 0; i < 5; i++)
      await writePicture(join(root, "cut", `f${i}.png`), i < 3 ? frameOf(i) : await photoOf(i));
    ffmpeg("-framerate", "12", "-i", join(root, "cut", "f%d.png"), ...lossless, film("cut.mkv"));
    const words = video("sound.mp4", film("whole.mp4"));
    expect((await stoppedAt("Writing whole.mp4", words))[0]).toBe(130);
    painted = await picturesIn(film("whole.mp4.frames"));
    expect((await outcomeOf(words)).code).toBe(0);
  });
  afterAll(() => rm(root, { recursive: true, force: true }));
  beforeEach(async () => {
    folder = await mkdtemp(join(root, "test-"));
  });
  const quickPicture = () => [...machine, "--recipe", film("recipe.json"), ...shallow];
  const video = (name: string, output: string, ...words: readonly string[]) => [
    "video",
    film(name),
    style,
    ...quickPicture(),
    ...steps,
    "-o",
    output,
    ...words,
  ];
  const paint = (name: string, ...words: readonly string[]) =>
    outcomeOf(video(name, at("out.mp4"), ...words));

  it("keeps sound, frame rate and colours", () => {
    const [before, after] = ["sound.mp4", "whole.mp4"].map((name) => streamsOf(film(name)));
    const kinds = (streams: ReturnType<typeof streamsOf> = []) =>
      streams.map(
        ({ codec_name, r_frame_rate, nb_read_frames, color_space, color_transfer, color_primaries }) => ({
          ...{ codec_name, r_frame_rate, nb_read_frames, color_space, color_transfer, color_primaries },
        }),
      );
    expect(kinds(after)).toEqual(kinds(before));
    expect(kinds(after)[0]).toMatchObject({
      r_frame_rate: "12/1",
      nb_read_frames: "6",
      color_space: "bt709",
    });
    expect(soundOf(film("whole.mp4"))).toEqual(soundOf(film("sound.mp4")));
  });

  it("flickers at most a third as much as frames that are painted alone", async () => {
    const contents = await framesOf(film("sound.mp4"));
    for (const [i, content] of contents.entries()) await writePicture(at(`f${i}.png`), content);
    const batch = ["batch", ...contents.map((_, i) => at(`f${i}.png`)), style, ...quickPicture()];
    expect((await outcomeOf([...batch, "-o", at("alone"), "--quiet"])).code).toBe(0);
    const flicker = flickerOf(contents, painted);
    const alone = flickerOf(contents, await picturesIn(at("alone")));
    expect(flicker).toBeLessThan(alone / 3);
  });

  it("goes on at the frame where it was stopped, to the same film", async () => {
    const words = video("sound.mp4", at("out.mp4"));
    expect(await stoppedAt("Frame 4 of", words)).toEqual([
      130,
      expect.stringContaining("Stopped at frame 4 of 6: the same command goes on."),
    ]);
    expect((await readdir(at("out.mp4.frames"))).sort()).toEqual([
      "frame-00000.png",
      "frame-00001.png",
      "frame-00002.png",
      "painting.json",
    ]);
    const other = await outcomeOf([...words, "--temporal-weight", "0"]);
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringContaining(
        `The frames in ${at("out.mp4.frames")} are of another painting: delete the folder`,
      ),
    ]);
    const { code, stderr } = await outcomeOf(words);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("Frame 3 of 6")]);
    expect(await readFile(at("out.mp4"))).toEqual(await readFile(film("whole.mp4")));
    expect(await readdir(folder)).toEqual(["out.mp4"]);
  });

  it("starts afresh where a scene begins", async () => {
    const words = video("cut.mkv", at("out.mp4"));
    expect((await outcomeOf([...words, "--dry-run"])).stderr).toContain(
      "5 frames of 64×48 at 12 a second, 2 scenes, 8 steps",
    );
    await stoppedAt("Frame 5 of", words);
    const alone = [join(root, "cut", "f3.png"), style, "-o", at("alone.png"), "--quiet"];
    await outcomeOf([...alone, ...quickPicture()]);
    expect(await readPicture(at("out.mp4.frames", "frame-00003.png"))).toEqual(
      await readPicture(at("alone.png")),
    );
  });

  it.each([
    ["--preset sketch", "20 for every other"],
    ["--preset sketch --steps 3", "3 for every other"],
    ["--preset sketch --frame-steps 7", "7 for every other"],
  ])("gives later frames the steps that they need to settle: %s", async (words, text) => {
    const plan = [
      "video",
      film("plain.mkv"),
      style,
      "-o",
      at("out.mp4"),
      ...machine,
      "--size",
      "64",
      "--dry-run",
    ];
    expect((await outcomeOf([...plan, ...words.split(" ")])).stderr).toContain(text);
  });

  it("is upright where the film is turned", async () => {
    expect((await paint("turned.mp4", "--frame-rate", "6", "--long-term", "1,2")).code).toBe(0);
    const [stream] = streamsOf(at("out.mp4"));
    expect(stream).toMatchObject({ width: 48, height: 64, r_frame_rate: "6/1", nb_read_frames: "3" });
    expect(stream?.side_data_list).toBeUndefined();
  });

  it.skipIf(process.platform === "win32").each([
    ["Conversion failed!", "ffmpeg failed: Conversion failed!."],
    ["out.mp4: No space left on device", "There is no room left on the disk for the film"],
  ])("stays in frames where ffmpeg ends with %s", async (words, sentence) => {
    await mkdir(at("bin"));
    const script = `case "$*" in *pipe:0*) echo '${words}' >&2; exit 1;; esac\nPATH='${process.env.PATH}' exec ffmpeg "$@"`;
    await writeFile(at("bin", "ffmpeg"), `#!/bin/sh\n${script}\n`);
    await chmod(at("bin", "ffmpeg"), 0o755);
    vi.stubEnv("PATH", `${at("bin")}${delimiter}${process.env.PATH}`);
    const { code, stderr } = await paint(
      "sound.mp4",
      "--frame-rate",
      "4",
      "--frame-steps",
      "1",
      "--steps",
      "1",
    );
    vi.unstubAllEnvs();
    expect([code, stderr]).toEqual([1, expect.stringContaining(sentence)]);
    expect(stderr).toContain(`The painted frames stay in ${at("out.mp4.frames")}: the same command goes on.`);
    expect(await readdir(at("out.mp4.frames"))).toHaveLength(3);
    // Those of another painting go where they are not to be kept.
    await stoppedAt("Frame 1 of", video("sound.mp4", at("out.mp4"), "--force"));
    expect(await readdir(at("out.mp4.frames"))).toEqual(["painting.json"]);
  });

  it.each([
    ["a film without pictures", ["only-sound.mp4"], 1, "to be a film, found no pictures in it."],
    [
      "what is no film",
      ["text.mp4"],
      1,
      "to be a film that ffmpeg reads, got one that it does not (Invalid data",
    ],
    ["a film that is not there", ["gone.mp4"], 1, "gone.mp4"],
    [
      "another format",
      ["sound.mp4", "-o", "out.gif"],
      2,
      "Expected -o to name a film, .mp4 or .webm, got out.gif.",
    ],
    ["the standard output", ["sound.mp4", "-o", "-"], 2, "got a standard stream: name files."],
    ["the film for the output", ["sound.mp4", "-o", "FILM"], 2, "Expected an output that is not an input"],
    [
      "no frames back",
      ["sound.mp4", "--long-term", "0"],
      2,
      "Expected --long-term to be whole numbers from 1 to 1000",
    ],
  ])("refuses %s", async (_, [name = "", ...words], expected, sentence) => {
    const { code, stderr } = await paint(name, ...words.map((word) => (word === "FILM" ? film(name) : word)));
    expect([code, stderr]).toEqual([expected, expect.stringContaining(sentence)]);
    expect(await readdir(folder)).toEqual([]);
  });
});

it("a film is refused where there is no ffmpeg, before anything is painted", async () => {
  vi.stubEnv("PATH", "");
  const { code, stderr } = await outcomeOf(["video", style, style, "-o", join(tmpdir(), "never.mp4")]);
  vi.unstubAllEnvs();
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining("Expected ffmpeg on the path, which films need"),
  ]);
});

/** The pictures in a folder, in the order of their names. */
async function picturesIn(folder: string): Promise<readonly Picture[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".png")).sort();
  return Promise.all(names.map((name) => readPicture(join(folder, name))));
}

/** Runs a command that is stopped when it says a sentence that begins so. */
async function stoppedAt(beginning: string, words: readonly string[]): Promise<readonly [number, string]> {
  let heard = "";
  const listen = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    heard += text;
    if (String(text).startsWith(beginning)) process.emit("SIGINT", "SIGINT");
    return true;
  });
  const code = await main(words);
  listen.mockRestore();
  return [code, heard];
}

/** The frames of a film of 64×48. */
async function framesOf(path: string): Promise<readonly Picture[]> {
  const frames: Picture[] = [];
  for await (const frame of filmFrames(path, await filmInfo(path), { width: 64, height: 48 }))
    frames.push(frame);
  return frames;
}

/** The mean difference between neighbouring painted frames, moved with the film, where both show the same. */
function flickerOf(contents: readonly Picture[], painted: readonly Picture[]): number {
  let [sum, count] = [0, 0];
  for (let i = 1; i < contents.length; i++) {
    const [content, before, now] = [contents[i], contents[i - 1], painted[i]] as [Picture, Picture, Picture];
    const { picture, mask } = followed(content, [{ content: before, painted: painted[i - 1] as Picture }]);
    for (const [k, isSeen] of mask.entries())
      for (let c = 0; c < 3 && isSeen === 1; c++, count++)
        sum += Math.abs((picture.data[4 * k + c] ?? 0) - (now.data[4 * k + c] ?? 0));
  }
  return sum / count;
}

/** A photograph, moved on a little with each frame. */
async function photoOf(index: number): Promise<Picture> {
  const photo = await readPicture(pictureOf("photo.png"));
  const data = new Uint8ClampedArray(64 * 48 * 4);
  for (let y = 0; y < 48; y++) {
    const from = 4 * (y * photo.width + index);
    data.set(photo.data.subarray(from, from + 4 * 64), 4 * 64 * y);
  }
  return { width: 64, height: 48, data };
}

/** A film that is to be shown turned by a quarter. Which of the two options there is depends on ffmpeg's version. */
function turn(from: string, to: string): void {
  try {
    ffmpeg("-display_rotation", "90", "-i", from, "-c", "copy", to);
  } catch {
    ffmpeg("-i", from, "-c", "copy", "-metadata:s:v:0", "rotate=90", to);
  }
}

/** A digest of the packets of a film's sound. */
function soundOf(path: string): string {
  const words = ["-v", "error", "-i", path, "-map", "0:a", "-c", "copy", "-f", "streamhash", "-"];
  return spawnSync("ffmpeg", words, { encoding: "utf8" }).stdout;
}
