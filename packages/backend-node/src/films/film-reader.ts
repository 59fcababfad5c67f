import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import type { Picture } from "@brushwork/core";
import { finished, lastWords, startError } from "./ffmpeg.js";

/** How a film's numbers mean colours, by ffmpeg's names. */
export interface FilmColors {
  readonly matrix: string;
  readonly primaries: string;
  readonly transfer: string;
}

/** What is known of a film before its frames are read. */
export interface FilmInfo {
  /** Size of its frames upright and with square pixels. */
  readonly width: number;
  readonly height: number;
  /** A fraction, such as "30000/1001"; of a film whose rate varies, the mean. */
  readonly framesPerSecond: string;
  readonly colors: FilmColors;
  /** The codec of its sound; absent where it is silent. */
  readonly audio?: string;
  /** How much later its frames begin than its sound, in seconds. */
  readonly delay: number;
}

/** What ffprobe says of a stream. */
interface Stream {
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly width?: number;
  readonly height?: number;
  readonly sample_aspect_ratio?: string;
  readonly r_frame_rate?: string;
  readonly avg_frame_rate?: string;
  readonly start_time?: string;
  readonly color_space?: string;
  readonly color_primaries?: string;
  readonly color_transfer?: string;
  readonly disposition?: Readonly<Record<string, number>>;
  readonly side_data_list?: readonly { readonly rotation?: number }[];
}

/** A rate above this is that of a clock, not of frames. */
const fastest = 240;

/** Matrices that frames are converted with, by ffprobe's names, and what ffmpeg's filter calls them. */
const matrices: Readonly<Record<string, string>> = {
  bt709: "bt709",
  smpte170m: "smpte170m",
  bt470bg: "bt470bg",
  fcc: "fcc",
  smpte240m: "smpte240m",
  bt2020nc: "bt2020",
};

/**
 * What there is to know of a film.
 * @throws {Error} when there is no ffprobe, or the file has no frames
 */
export async function filmInfo(path: string): Promise<FilmInfo> {
  const { stdout } = await finished("ffprobe", [
    ...["-v", "error", "-show_streams", "-of", "json", `file:${resolve(path)}`],
  ]).catch((cause: Error) => {
    if (!cause.message.startsWith("ffprobe failed")) throw cause;
    const reason = cause.message.split(": ").at(-1)?.replace(/\.$/, "");
    throw new Error(
      `Expected ${path} to be a film that ffmpeg reads, got one that it does not (${reason}).`,
      {
        cause,
      },
    );
  });
  const streams = (JSON.parse(stdout) as { readonly streams?: readonly Stream[] }).streams ?? [];
  // The cover of a song is a stream of pictures too.
  const video = streams.find(
    ({ codec_type, disposition }) => codec_type === "video" && disposition?.attached_pic !== 1,
  );
  if (video?.width === undefined || video.height === undefined || video.width * video.height === 0)
    throw new Error(`Expected ${path} to be a film, found no pictures in it.`);
  const audio = streams.find(({ codec_type }) => codec_type === "audio");
  const [wide, high] = (video.sample_aspect_ratio ?? "1:1").split(":").map(Number);
  const width = Math.round(video.width * ((wide || 1) / (high || 1)));
  const isTurned = video.side_data_list?.some(({ rotation = 0 }) => Math.abs(rotation) % 180 === 90);
  const delay = Number(video.start_time ?? 0) - Number(audio?.start_time ?? video.start_time ?? 0);
  return {
    width: isTurned ? video.height : width,
    height: isTurned ? width : video.height,
    framesPerSecond: rateOf(video),
    colors: colorsOf(video),
    ...(audio?.codec_name !== undefined && { audio: audio.codec_name }),
    delay: Number.isFinite(delay) ? delay : 0,
  };
}

/** The rate of a film whose frames come evenly, or else the mean. */
function rateOf({ r_frame_rate = "", avg_frame_rate = "" }: Stream): string {
  const [rate, mean] = [numberOf(r_frame_rate), numberOf(avg_frame_rate)];
  if (mean === undefined || mean > fastest)
    return rate === undefined || rate > fastest ? "25/1" : r_frame_rate;
  // A last frame that is shown for longer changes the mean a little.
  return rate !== undefined && Math.abs(rate / mean - 1) < 0.02 ? r_frame_rate : avg_frame_rate;
}

function numberOf(fraction: string): number | undefined {
  const [over = 0, under = 1] = fraction.split("/").map(Number);
  return over > 0 && under > 0 ? over / under : undefined;
}

/** What the film says of itself, or what players take for granted where it says nothing. */
function colorsOf({
  height = 0,
  color_space = "",
  color_primaries = "",
  color_transfer = "",
}: Stream): FilmColors {
  const isKnown = Object.hasOwn(matrices, color_space);
  const matrix = isKnown ? color_space : height >= 720 || color_space === "gbr" ? "bt709" : "smpte170m";
  const named = (name: string) =>
    name === "" || name === "unknown" || name === "reserved" ? undefined : name;
  return {
    matrix,
    primaries: named(color_primaries) ?? (matrix === "smpte170m" ? "smpte170m" : "bt709"),
    transfer: named(color_transfer) ?? (matrix === "smpte170m" ? "smpte170m" : "bt709"),
  };
}

/** What ffmpeg's filter "scale" calls a matrix. */
export function filterMatrix(matrix: string): string {
  return matrices[matrix] ?? "bt709";
}

export interface FramesOptions {
  /** Size that the frames are scaled to. */
  readonly width: number;
  readonly height: number;
  /** Whether a frame of another shape is cropped, rather than distorted. @default false */
  readonly crop?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The frames of a film, one after another: upright, at a constant rate, and no more of them in memory than a few.
 * @throws {Error} when ffmpeg fails, with its last words
 */
export async function* filmFrames(
  path: string,
  { framesPerSecond, colors }: FilmInfo,
  { width, height, crop = false, signal }: FramesOptions,
): AsyncGenerator<Picture, void, void> {
  signal?.throwIfAborted();
  const size = `${width}:${height}`;
  const scale = [
    crop ? `scale=${size}:force_original_aspect_ratio=increase` : `scale=${size}`,
    `in_color_matrix=${filterMatrix(colors.matrix)}:flags=bicubic+accurate_rnd+full_chroma_int`,
  ].join(":");
  const filters = [`fps=${framesPerSecond}`, scale, ...(crop ? [`crop=${size}`] : [])].join(",");
  const words = ["-hide_banner", "-loglevel", "error", "-nostdin", "-i", `file:${resolve(path)}`];
  const output = ["-map", "0:V:0", "-vf", filters, "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"];
  const child = spawn("ffmpeg", [...words, ...output], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    windowsHide: true,
  });
  let printed = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    printed = (printed + text).slice(-10_000);
  });
  const closed = once(child, "close").catch((cause: unknown) => {
    throw startError("ffmpeg", cause);
  });
  closed.catch(() => {});
  try {
    const bytes = width * height * 3;
    let frame = Buffer.alloc(bytes);
    let filled = 0;
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; ) {
        const copied = chunk.copy(frame, filled, at);
        at += copied;
        filled += copied;
        if (filled < bytes) continue;
        yield pictureOf(frame, width, height);
        signal?.throwIfAborted();
        frame = Buffer.alloc(bytes);
        filled = 0;
      }
    }
    const [status] = await closed;
    if (status !== 0) throw lastWords("ffmpeg", printed);
  } finally {
    child.kill("SIGKILL");
    await closed.catch(() => {});
  }
}

function pictureOf(bytes: Uint8Array, width: number, height: number): Picture {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) data[4 * i + c] = bytes[3 * i + c] ?? 0;
    data[4 * i + 3] = 255;
  }
  return { width, height, data };
}
