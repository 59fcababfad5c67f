import { type ChildProcess, spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Picture } from "@brushwork/core";
import sharp from "sharp";
import { type KeptFile, keepFile, keepMadeFile } from "../files/keep-file.js";
import { linkTarget } from "../files/link-target.js";
import { temporaryIn } from "../files/temporary-file.js";
import type { ReplaceOptions } from "../files/write-file.js";
import { evenPicture, resizedPicture } from "../pictures/resized-picture.js";
import { encoderWords, lastWords, startError, type VideoFormat } from "./ffmpeg.js";
import { type FilmFormat, filmFormatOf } from "./film-format.js";
import { type FilmColors, filterMatrix } from "./film-reader.js";

/** A film in the making. */
export interface FilmWriter {
  /** Appends a frame, scaled to the film's size. @param repeats how many times as long as others it is shown */
  add(picture: Picture, repeats?: number): Promise<void>;
  /** Ends the film and gives it its name. */
  finish(): Promise<KeptFile>;
  /** Ends it without a trace; a film that is finished stays. */
  abandon(): Promise<void>;
}

export interface FilmOptions extends ReplaceOptions {
  readonly width: number;
  readonly height: number;
  /** As a number or a fraction, such as "30000/1001". */
  readonly framesPerSecond: number | string;
  /** How a video's numbers mean colours. @default Rec. 709 */
  readonly colors?: FilmColors;
  /** A film whose sound a video gets, and how much later its frames begin, in seconds. */
  readonly sound?: { readonly path: string; readonly codec: string; readonly delay: number };
}

/**
 * Checks that a film can be encoded here, before the work that it shows.
 *
 * @throws {OptionError} when its name ends in no format of films
 * @throws {Error} when it is a format of ffmpeg's and there is none
 */
export async function checkFilm(path: string): Promise<void> {
  const format = filmFormatOf(path);
  if (!isAnimation(format)) await encoderWords(format);
}

/** Whether a format is that of an animated picture, which needs no ffmpeg. */
function isAnimation(format: FilmFormat): format is "gif" | "webp" {
  return format === "gif" || format === "webp";
}

const rec709: FilmColors = { matrix: "bt709", primaries: "bt709", transfer: "bt709" };

/** The sound that each format takes as it is, and what any other is encoded as. */
const sounds = {
  mp4: { copied: ["aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"], otherwise: "aac" },
  webm: { copied: ["opus", "vorbis"], otherwise: "libopus" },
} satisfies Readonly<Record<VideoFormat, unknown>>;

/** Pixels of the longer side that a GIF or an animated WebP has at most: all its frames are in memory together. */
const largestAnimation = 800;

/**
 * Writes a film frame by frame. It is made under another name, beside the one that it gets in the end.
 * @throws {OptionError} when its name ends in no format of films
 */
export function filmWriter(path: string, options: FilmOptions): FilmWriter {
  const format = filmFormatOf(path);
  return isAnimation(format) ? animationWriter(path, format, options) : videoWriter(path, format, options);
}

function animationWriter(
  path: string,
  format: "gif" | "webp",
  { width, height, framesPerSecond, replace = true }: FilmOptions,
): FilmWriter {
  const factor = Math.min(1, largestAnimation / Math.max(width, height));
  const [columns, rows] = [width, height].map((side) => Math.max(1, Math.round(side * factor))) as [
    number,
    number,
  ];
  const frames: Uint8Array[] = [];
  const delay: number[] = [];
  return {
    async add(picture, repeats = 1) {
      frames.push(opaque(await resizedPicture(picture, columns, rows)));
      delay.push(Math.round((1000 / Number(framesPerSecond)) * repeats));
    },
    async finish() {
      const raw = { width: columns, height: rows * frames.length, channels: 3, pageHeight: rows } as const;
      const image = sharp(Buffer.concat(frames), { raw, limitInputPixels: false });
      const bytes = await image[format]({ delay, loop: 0 }).toBuffer();
      return keepFile(path, bytes, { replace, elsewhere: false });
    },
    async abandon() {
      frames.length = 0;
    },
  };
}

function videoWriter(
  path: string,
  format: VideoFormat,
  { width, height, framesPerSecond, colors = rec709, sound, replace = true }: FilmOptions,
): FilmWriter {
  let made: { readonly temporary: string; readonly process: ReturnType<typeof encoding> } | undefined;
  async function begun(frame: Picture) {
    const temporary = temporaryIn(dirname(resolve(await linkTarget(path))));
    const encoder = await encoderWords(format);
    return {
      temporary,
      process: encoding([
        ...["-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", `${frame.width}x${frame.height}`],
        ...["-framerate", String(framesPerSecond)],
        ...(sound ? ["-itsoffset", String(sound.delay)] : []),
        ...["-i", "pipe:0"],
        ...(sound ? soundWords(sound, format) : []),
        ...["-vf", `scale=out_color_matrix=${filterMatrix(colors.matrix)}:out_range=tv,format=yuv420p`],
        ...["-colorspace", colors.matrix, "-color_primaries", colors.primaries],
        ...["-color_trc", colors.transfer, "-color_range", "tv"],
        ...encoder,
        ...(format === "mp4" ? ["-movflags", "+faststart"] : []),
        ...["-f", format, "-y", `file:${temporary}`],
      ]),
    };
  }
  return {
    async add(picture, repeats = 1) {
      const frame = await evenPicture(await resizedPicture(picture, width, height));
      made ??= await begun(frame);
      const bytes = opaque(frame);
      for (let i = 0; i < repeats; i++) await made.process.write(bytes);
    },
    async finish() {
      if (made === undefined) throw new Error("Expected a film to have a frame.");
      await made.process.end();
      return keepMadeFile(made.temporary, path, { replace });
    },
    async abandon() {
      if (made === undefined) return;
      await made.process.kill();
      await rm(made.temporary, { force: true });
    },
  };
}

function soundWords(
  { path, codec }: NonNullable<FilmOptions["sound"]>,
  format: VideoFormat,
): readonly string[] {
  const { copied, otherwise } = sounds[format];
  const how = copied.includes(codec) ? "copy" : otherwise;
  return ["-i", `file:${resolve(path)}`, "-map", "0:v", "-map", "1:a", "-map_metadata", "1", "-c:a", how];
}

/** ffmpeg, reading from a pipe. */
function encoding(words: readonly string[]) {
  // In a group of its own, Ctrl-C in a terminal does not reach it: the film so far is finished then.
  const child: ChildProcess = spawn("ffmpeg", ["-hide_banner", "-loglevel", "error", ...words], {
    stdio: ["pipe", "ignore", "pipe"],
    detached: true,
    windowsHide: true,
  });
  let printed = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    printed = (printed + text).slice(-10_000);
  });
  const closed = new Promise<void>((done, fail) => {
    child.on("error", (error) => fail(startError("ffmpeg", error)));
    child.on("close", (status) => (status === 0 ? done() : fail(lastWords("ffmpeg", printed))));
  });
  // Whoever writes or ends is who gets to know.
  closed.catch(() => {});
  child.stdin?.on("error", () => {});
  return {
    /** Resolves once there is room for more. */
    async write(bytes: Uint8Array): Promise<void> {
      const written = new Promise<boolean>((done) => child.stdin?.write(bytes, (error) => done(!error)));
      const isWritten = await Promise.race([written, closed.then(() => false)]);
      // It says why when it closes.
      if (!isWritten) await closed;
    },
    async end(): Promise<void> {
      child.stdin?.end();
      await closed;
    },
    async kill(): Promise<void> {
      child.kill("SIGKILL");
      await closed.catch(() => {});
    },
  };
}

/** The colours of a picture, on white where it is transparent: three bytes a pixel. */
function opaque({ width, height, data }: Picture): Uint8Array {
  const bytes = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const alpha = (data[4 * pixel + 3] ?? 0) / 255;
    for (let channel = 0; channel < 3; channel++)
      bytes[3 * pixel + channel] = Math.round(255 + ((data[4 * pixel + channel] ?? 0) - 255) * alpha);
  }
  return bytes;
}
