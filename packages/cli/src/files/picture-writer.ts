import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import {
  checkRoom,
  encodePicture,
  evenPicture,
  expectedBytes,
  type KeptFile,
  keepPicture,
  type PictureMetadata,
  resizedPicture,
} from "@brushwork/backend-node";
import type { Picture } from "@brushwork/core";
import { embedRecipe, type Recipe } from "@brushwork/recipes";
import { Failure, sentenceOf } from "../failure.js";
import type { Progress } from "../reports/progress.js";
import { type Outputs, pictureFilesOf } from "./outputs.js";
import { streamName, writeStandardOutput } from "./standard-streams.js";

/** A picture of a run that is to be written. */
export interface Painted {
  readonly picture: Picture;
  readonly index: number;
  readonly recipe?: Recipe;
}

export interface PictureWriter {
  /** Where the last picture is to go; "-" is the standard output. */
  readonly path: string;
  /** Whether the picture after a step is wanted; 0: the picture that the run starts from. */
  wants(index: number): boolean;
  /**
   * Gets ready for pictures of a final size.
   * @throws {Error} when the disk has no room for them
   */
  begin(size: Pick<Picture, "width" | "height">): Promise<void>;
  /** Writes a picture on the way, at the final size. Where it cannot be written, a warning says so. */
  intermediate(painted: Painted): Promise<void>;
  /**
   * Writes the last picture, beside its place or in another folder if need be.
   * @param options `replace`: whether a file may be replaced; `finished`: whether the run has come to its end
   * @returns undefined where such a picture is not to be written
   */
  last(
    painted: Painted,
    options: { readonly replace: boolean; readonly finished: boolean },
  ): Promise<KeptFile | undefined>;
  /** Says how many pictures on the way are missing. */
  end(): void;
}

interface WriterOptions {
  readonly quality?: number;
  /** Whether files that are there may be replaced. */
  readonly force?: boolean;
  /** The step after which the run goes on; what is there of the pictures on the way is the run's own. */
  readonly after?: number;
  /** What every picture's file says of it, but for the frames of a film; asked for when the first is written. */
  readonly metadata?: () => PictureMetadata;
}

/** Writes a run's pictures, so that none is lost and no file that has to stay. */
export function pictureWriter(
  outputs: Outputs,
  { quality, force = false, after = 0, metadata = () => ({}) }: WriterOptions,
  progress: Pick<Progress, "saved" | "warned">,
): PictureWriter {
  const encoding = { format: outputs.format, ...(quality !== undefined && { quality }) };
  /** What this run has written it may replace: another engine may begin again. */
  const own = new Set<string>();
  let finalSize: Pick<Picture, "width" | "height"> | undefined;
  let framesWritten = 0;
  let missing = 0;

  return {
    path: outputs.path,
    wants: (index) => outputs.intermediate.has(index),
    async begin(size) {
      finalSize = size;
      framesWritten = [...outputs.intermediate.keys()].filter((index) => after > 0 && index <= after).length;
      const folder = outputs.frames?.[0];
      if (folder !== undefined) await mkdir(dirname(folder), { recursive: true });
      const bytes = expectedBytes(size, outputs.format);
      await checkRoom(pictureFilesOf(outputs).map((path) => ({ path, bytes })));
    },
    intermediate,
    async last(painted, { replace }) {
      const kept = await keep(painted, replace);
      progress.saved(savedFile(kept.path, painted));
      if (outputs.frames !== undefined && kept.failure === undefined) await intermediate(painted);
      return kept;
    },
    end() {
      if (missing > 1) progress.warned(`${missing} pictures on the way were not written.`);
    },
  };

  async function intermediate(painted: Painted): Promise<void> {
    const path = outputs.frames?.[framesWritten] ?? outputs.intermediate.get(painted.index);
    if (path === undefined) return;
    try {
      const { width, height } = finalSize ?? painted.picture;
      const resized = await resizedPicture(painted.picture, width, height);
      const picture = outputs.frames === undefined ? resized : await evenPicture(resized);
      const kept = await write(
        path,
        { ...painted, picture },
        {
          replace: force || after > 0,
          elsewhere: false,
          isFrame: outputs.frames !== undefined,
        },
      );
      framesWritten++;
      progress.saved(savedFile(kept.path, { ...painted, picture }));
      warnOf(path, kept);
    } catch (error) {
      missing++;
      if (missing === 1) progress.warned(`A picture on the way is missing. ${sentenceOf(error)}`);
    }
  }

  async function keep(painted: Painted, replace: boolean): Promise<KeptFile> {
    if (outputs.path !== streamName) {
      const kept = await write(outputs.path, painted, { replace: replace && force, elsewhere: true });
      if (replace) warnOf(outputs.path, kept);
      return kept;
    }
    try {
      const { picture, recipe } = painted;
      const bytes = await encodePicture(picture, outputs.format, {
        ...(quality !== undefined && { quality }),
        metadata: metadata(),
      });
      await writeStandardOutput(recipe === undefined ? bytes : embedRecipe(bytes, recipe));
      return { path: streamName };
    } catch (error) {
      const path = join(tmpdir(), `brushwork.${outputs.format}`);
      const kept = await write(path, painted, { replace: false, elsewhere: true }).catch(() => {
        throw error;
      });
      return { path: kept.path, failure: error instanceof Error ? error : new Failure(sentenceOf(error)) };
    }
  }

  async function write(
    path: string,
    { picture, recipe }: Painted,
    {
      replace,
      elsewhere,
      isFrame = false,
    }: { readonly replace: boolean; readonly elsewhere: boolean; readonly isFrame?: boolean },
  ): Promise<KeptFile> {
    const kept = await keepPicture(path, picture, {
      ...encoding,
      ...(!isFrame && { metadata: metadata() }),
      ...(recipe && { recipe }),
      replace: replace || own.has(path),
      elsewhere,
    });
    own.add(kept.path);
    return kept;
  }

  function warnOf(wanted: string, { path, taken, recreated }: KeptFile): void {
    if (recreated) progress.warned(`The folder ${dirname(resolve(wanted))} was gone and was created again.`);
    if (taken) progress.warned(`${wanted} appeared during the run and is kept: the picture is in ${path}.`);
  }
}

function savedFile(path: string, { index, picture: { width, height } }: Painted) {
  return { path, step: index, width, height };
}
