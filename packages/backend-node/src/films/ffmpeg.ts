import { ended } from "../files/process.mjs";

/** How to get the two programs. */
const wayToInstall = "install it (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg)";

/** What can encode each format that ffmpeg writes, the best first, with its settings. */
const encoders = {
  mp4: {
    libx264: ["-crf", "18"],
    libopenh264: ["-b:v", "8M"],
    mpeg4: ["-q:v", "3"],
  },
  webm: {
    "libvpx-vp9": ["-crf", "28", "-b:v", "0", "-row-mt", "1"],
    libvpx: ["-crf", "10", "-b:v", "8M"],
  },
} satisfies Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** A format that ffmpeg encodes. */
export type VideoFormat = keyof typeof encoders;

/**
 * The words that have ffmpeg encode a format with the best of the encoders that it has.
 * @throws {Error} when there is no ffmpeg, or it has none of them
 */
export async function encoderWords(format: VideoFormat): Promise<readonly string[]> {
  const { stdout } = await finished("ffmpeg", ["-hide_banner", "-encoders"]);
  const there = new Set(stdout.split("\n").map((line) => line.trim().split(/\s+/)[1]));
  const found = Object.entries(encoders[format]).find(([name]) => there.has(name));
  if (found === undefined)
    throw new Error(
      `Expected ffmpeg to have one of the encoders ${Object.keys(encoders[format]).join(", ")} for .${format}, ` +
        "found none: install a complete ffmpeg, or choose another format.",
    );
  return ["-c:v", found[0], ...found[1]];
}

/**
 * What a program of ffmpeg's prints.
 * @throws {Error} when there is none, or it fails, with its last words
 */
export async function finished(
  program: "ffmpeg" | "ffprobe",
  words: readonly string[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const answer = await ended(program, words, options).catch((cause: unknown) => {
    throw startError(program, cause);
  });
  if (answer.status !== 0) throw lastWords(program, answer.stderr);
  return answer;
}

/** Why a program of ffmpeg's did not start. */
export function startError(program: string, cause: unknown): unknown {
  return (cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT"
    ? new Error(`Expected ${program} on the path, which films need, found none: ${wayToInstall}.`, { cause })
    : cause;
}

/** An error with the last line that a program printed. */
export function lastWords(program: string, printed: string): Error {
  const line = printed.trim().split("\n").at(-1)?.trim() ?? "";
  if (/no space left/i.test(printed))
    return new Error(`There is no room left on the disk for the film: make room, or choose another folder.`);
  return new Error(
    `${program} failed${line === "" ? " and did not say why" : `: ${line.replace(/\.$/, "")}`}.`,
  );
}
