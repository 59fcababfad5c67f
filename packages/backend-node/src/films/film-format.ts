import { extname } from "node:path";
import { OptionError } from "@brushwork/core/errors";
import { quoted } from "@brushwork/core/reading";

/** The formats that films are written in; ffmpeg encodes the first two. */
const filmFormats = ["mp4", "webm", "gif", "webp"] as const;

export type FilmFormat = (typeof filmFormats)[number];

/**
 * The format that a film's name ends in.
 * @throws {OptionError} when it is none that films are written in
 */
export function filmFormatOf(path: string): FilmFormat {
  const ending = extname(path).slice(1).toLowerCase();
  const format = filmFormats.find((name) => name === ending);
  if (format !== undefined) return format;
  throw new OptionError(
    `Expected a film's name to end in ${filmFormats.map((name) => `.${name}`).join(", ")}, got ${quoted(path)}.`,
  );
}
