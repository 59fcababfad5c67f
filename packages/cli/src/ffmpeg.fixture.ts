import { spawnSync } from "node:child_process";

/**
 * Why tests of films are skipped here, for their titles; undefined where ffmpeg is on the path.
 * @throws that reason where BRUSHWORK_EXPECT_FFMPEG is "yes" in the environment: there they must run
 */
export function absenceOfFfmpeg(): string | undefined {
  if (spawnSync("ffmpeg", ["-version"]).status === 0) return undefined;
  const reason = "ffmpeg is not on the path";
  if (process.env.BRUSHWORK_EXPECT_FFMPEG === "yes") throw new Error(reason);
  return reason;
}

/** What ffprobe says of a film's streams, their frames counted. */
export function streamsOf(path: string): readonly Readonly<Record<string, unknown>>[] {
  const words = ["-v", "error", "-count_frames", "-show_streams", "-of", "json", path];
  const { stdout, stderr } = spawnSync("ffprobe", words, { encoding: "utf8" });
  if (stderr !== "") throw new Error(stderr);
  return JSON.parse(stdout).streams;
}

/** Has ffmpeg make a film, or do anything else. */
export function ffmpeg(...words: readonly string[]): void {
  const { status, stderr } = spawnSync("ffmpeg", ["-v", "error", "-y", ...words], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}
