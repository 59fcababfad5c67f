import { checkFilm, type FilmWriter, filmFormatOf, filmWriter } from "@brushwork/backend-node";
import type { Picture } from "@brushwork/core";
import { asUsageError, Failure, sentenceOf } from "../failure.js";
import type { Progress } from "../reports/progress.js";
import type { OutputOptions } from "./outputs.js";
import type { PictureWriter } from "./picture-writer.js";

/** How fast a timelapse goes at most, and how many frames it may have, without the one that it ends with. */
const videoPace = { fastest: 25, most: 250 } as const;

/** A GIF's times are in hundredths of a second, and its frames are large. */
const animationPace = { fastest: 12.5, most: 100 } as const;

/** A film of a short run shows each frame for longer, so that it takes about this time. */
const usualSeconds = 6;

/** In frames a second: below this, it is a slide show. */
const slowest = 5;

/** How long the finished picture is shown. */
const holdSeconds = 2;

/**
 * Paints with a writer that also makes a film of the run, where one was asked for. The film is written however the run
 * ends, with the pictures so far; where it cannot be, a warning says so, and the picture is none the worse.
 *
 * @param steps of the run
 * @throws {Failure} before anything is painted, when the film cannot be made
 */
export async function withTimelapse(
  writer: PictureWriter,
  steps: number,
  { timelapse: path, force = false }: Pick<OutputOptions, "timelapse" | "force">,
  progress: Pick<Progress, "saved" | "warned">,
  act: (writer: PictureWriter) => Promise<void>,
): Promise<void> {
  if (path === undefined) return act(writer);
  const { fastest, most } = await paceOf(path);
  const frames = Math.min(steps, most);
  const framesPerSecond = Math.min(fastest, Math.max(slowest, Math.round(frames / usualSeconds)));
  const wanted = new Set(Array.from({ length: frames }, (_, i) => Math.floor((i * steps) / frames)));
  let film: FilmWriter | undefined;
  let latest: Picture | undefined;
  /** Does something with the film; where that fails, there will be none. */
  const attempt = async (act: (film: FilmWriter) => Promise<void>) => {
    if (film === undefined) return;
    try {
      await act(film);
    } catch (error) {
      progress.warned(`There is no ${path}. ${sentenceOf(error)}`);
      await film.abandon();
      film = undefined;
    }
  };
  const finish = () =>
    attempt(async (current) => {
      if (latest === undefined) return current.abandon();
      await current.add(latest, Math.round(holdSeconds * framesPerSecond));
      const kept = await current.finish();
      film = undefined;
      progress.saved({ path: kept.path });
      if (kept.taken)
        progress.warned(`${path} appeared during the run and is kept: the film is in ${kept.path}.`);
    });
  try {
    await act({
      ...writer,
      wants: (index) => wanted.has(index) || writer.wants(index),
      async begin(size) {
        await writer.begin(size);
        // Another engine may begin again.
        await film?.abandon();
        latest = undefined;
        film = filmWriter(path, { ...size, framesPerSecond, replace: force });
      },
      async intermediate(painted) {
        if (writer.wants(painted.index)) await writer.intermediate(painted);
        if (!wanted.has(painted.index)) return;
        latest = painted.picture;
        await attempt((current) => current.add(painted.picture));
      },
      async last(painted, options) {
        const kept = await writer.last(painted, options);
        latest = painted.picture;
        await finish();
        return kept;
      },
    });
  } finally {
    await finish();
  }
}

async function paceOf(path: string): Promise<typeof videoPace | typeof animationPace> {
  try {
    const format = filmFormatOf(path);
    await checkFilm(path);
    return format === "gif" || format === "webp" ? animationPace : videoPace;
  } catch (error) {
    const wrong = asUsageError(error);
    throw wrong instanceof Failure
      ? wrong
      : new Failure(`${sentenceOf(error)} A .gif or a .webp needs none.`, { cause: error });
  }
}
