import { type LossPlugin, messageOf, OptionError } from "@brushwork/core";
import {
  checkKind,
  checkOptions,
  choiceOf,
  either,
  type Kind,
  kindOf,
  kinds,
  objectWith,
} from "@brushwork/core/reading";
import { presets, type Recipe, withStyleWeights } from "@brushwork/recipes";
import {
  checkpointPace,
  type Job,
  type RunControl,
  type RunControls,
  type RunEvent,
  run,
  runControls,
} from "@brushwork/runs";
import { checkpointFile, readCheckpoint } from "./files/checkpoint-file.js";
import { checkRoom } from "./files/room.js";
import { sameFile } from "./files/same-file.js";
import { checkWritable } from "./files/write-file.js";
import { hostKinds, type NodeHostOptions, nodeHost, type PictureSource } from "./node-host.js";
import { checkEncodable, expectedBytes, keepPicture } from "./pictures/keep-picture.js";
import type { EncodingOptions } from "./pictures/picture-file.js";
import { formatOf, type PictureFormat, pictureFormats } from "./pictures/picture-format.js";
import type { PictureMetadata } from "./pictures/picture-metadata.js";
import { readPicture } from "./pictures/read-picture.js";
import { weightFiles } from "./weights/weight-files.js";

/** A style, and what it has besides its picture. */
export interface PaintedStyle {
  readonly picture: PictureSource;
  /** @default 1, unless the recipe says otherwise */
  readonly weight?: number;
  /** Where in the picture it acts: a grey picture, white for everywhere, black for nowhere. @default everywhere */
  readonly contentMask?: PictureSource;
  /** Which part of its own picture counts. @default all of it */
  readonly styleMask?: PictureSource;
}

/** What to paint, on what, and where to. */
export interface PaintOptions
  extends NodeHostOptions,
    EncodingOptions,
    Pick<RunControl, "signal" | "wantsLosses" | "wantsPicture" | "wantsCheckpoint"> {
  readonly content: PictureSource;
  /** One, or several with weights and masks. */
  readonly style: PictureSource | readonly PaintedStyle[];
  /** What to start from, for a recipe whose `init` is "picture". */
  readonly init?: PictureSource;
  /** @default the default preset */
  readonly recipe?: Recipe;
  /**
   * Whether the network compact may take the place of the recipe's where that one's weights were not pulled.
   * @default unless the recipe says which weights it was painted with
   */
  readonly standIn?: boolean;
  /** Losses that the recipe names besides ours. */
  readonly plugins?: readonly LossPlugin[];
  /**
   * Name of the file that the last picture is written to, with its recipe; see `writePicture`. A file of that name is
   * replaced, unless it is one of the inputs or the run fails. @default none is written
   */
  readonly output?: string;
  /** @default what the output's name ends in */
  readonly format?: PictureFormat;
  /**
   * Whether the output goes without the EXIF and the density of the content's file: camera, time, place, artist and
   * copyright are then left out.
   * @default false
   */
  readonly strip?: boolean;
  /**
   * Name of a file for the state of the run, of every few seconds: `resume` goes on from it if this process ends. It is
   * deleted once the run is done. A file of that name is replaced. @default none is written
   */
  readonly checkpoint?: string;
  /**
   * Name of a checkpoint to go on from, with the recipe that is in it and the same pictures. On the same engine the
   * picture is the same, to the last bit, as that of a run that never ended.
   */
  readonly resume?: string;
}

/** An event of a run; a picture that was written says where. */
export type PaintEvent = RunEvent & {
  /**
   * The file that the picture was written to: the output, or another one where that could not be written or, after a
   * failure, had to stay.
   */
  readonly file?: string;
};

/** A run: its events, once, and what can be done to it meanwhile. Leaving the loop ends it and frees all that it took. */
export type Painting = AsyncIterable<PaintEvent> & RunControls;

/**
 * Paints from files to a file, and hands on what happens, as `run` of @brushwork/runs does. The last picture is written
 * before its event. Where the run fails, the latest picture that was kept is written, but replaces no file. Where the
 * output cannot be written at the end, the picture goes to the current folder or to the one for temporary files; the
 * event says where, and the error follows it.
 *
 * @throws as `run`, `startEngine`, `readPicture`, `loadNetwork` and `writePicture` do; what can be known beforehand,
 * such as that the output cannot be written, before anything is started
 */
export function paint(options: PaintOptions): Painting {
  const controls = runControls();
  const { pause, resume, stop, setWeights } = controls;
  return Object.assign(events(options, controls), { pause, resume, stop, setWeights });
}

const source = either(kindOf("a file's name, a file's bytes", isFile), kinds.picture);

const styleKinds: Readonly<Record<keyof PaintedStyle, Kind>> = {
  picture: source,
  weight: kinds.weight,
  contentMask: source,
  styleMask: source,
};

const optionKinds: Readonly<Record<keyof PaintOptions, Kind>> = {
  content: source,
  style: either(source, kindOf("a list of styles", Array.isArray)),
  recipe: kinds.record,
  ...hostKinds,
  init: source,
  standIn: kinds.flag,
  plugins: kinds.list,
  output: kinds.text,
  format: choiceOf(...pictureFormats),
  quality: kinds.number,
  strip: kinds.flag,
  checkpoint: kinds.text,
  resume: kinds.text,
  signal: kinds.signal,
  wantsLosses: kinds.callback,
  wantsPicture: kinds.callback,
  wantsCheckpoint: kinds.callback,
};

function checkPaintOptions(options: PaintOptions): void {
  checkOptions("paint", options, optionKinds, ["content", "style"]);
  const { style } = options;
  if (isSource(style)) return;
  for (const [i, each] of style.entries()) {
    checkKind(`style[${i}]`, each, objectWith('an object such as { picture: "painting.jpg" }', "picture"));
    checkOptions(`style[${i}]`, each, styleKinds);
  }
}

async function* events(options: PaintOptions, controls: RunControls): AsyncGenerator<PaintEvent, void, void> {
  checkPaintOptions(options);
  const { signal, wantsLosses, wantsPicture, wantsCheckpoint, output, checkpoint, resume } = options;
  const control: RunControl = Object.assign(controls, {
    ...(signal && { signal }),
    ...(wantsLosses && { wantsLosses }),
    ...(wantsPicture && { wantsPicture }),
    ...(wantsCheckpoint && { wantsCheckpoint }),
  });
  if (checkpoint !== undefined) await checkOutput(checkpoint, options);
  const stored = resume === undefined ? undefined : await readCheckpoint(resume);
  const job = { ...jobOf(options), ...(stored && { resume: stored.checkpoint }) };
  const pace = checkpointPace(() => performance.now());
  const file =
    checkpoint === undefined
      ? undefined
      : checkpointFile(checkpoint, { pace, isThere: checkpoint === resume });
  let metadata: PictureMetadata = {};
  const host = nodeHost(machineOf(options));
  const describing: typeof host = {
    ...host,
    picture: (source, reading) =>
      source === options.content && isFile(source)
        ? readPicture(source, {
            ...reading,
            onMetadata(found) {
              if (!options.strip) metadata = found;
            },
          })
        : host.picture(source, reading),
  };
  const painted = run(job, describing, file ? withCheckpoints(control, pace.due) : control);
  const kept = file?.keeping(painted) ?? painted;
  for await (const event of output === undefined ? kept : written(kept, output, options, () => metadata)) {
    if (event.type === "picture" && event.why === "last" && event.index === event.total) await file?.remove();
    yield event;
  }
}

/** The options that are the host's. */
function machineOf({ engine, engineOptions, weights, network }: PaintOptions): NodeHostOptions {
  return {
    ...(engine !== undefined && { engine }),
    ...(engineOptions !== undefined && { engineOptions }),
    ...(weights !== undefined && { weights }),
    ...(network !== undefined && { network }),
  };
}

/** A control that asks for checkpoints when they are due, unless it says itself when it wants them. */
function withCheckpoints(control: RunControl, due: NonNullable<RunControl["wantsCheckpoint"]>): RunControl {
  return Object.assign(control, { wantsCheckpoint: control.wantsCheckpoint ?? due });
}

/** Writes the last picture of a run. */
async function* written(
  events: AsyncIterable<RunEvent>,
  output: string,
  options: PaintOptions,
  metadata: () => PictureMetadata,
): AsyncGenerator<PaintEvent, void, void> {
  const { quality } = options;
  const format = options.format ?? formatOf(output);
  const encoding = { format, ...(quality !== undefined && { quality }) };
  await checkOutput(output, options);
  await checkEncodable(output, encoding);
  for await (const event of events) {
    if (event.type === "planned") await checkRoom([{ path: output, bytes: expectedBytes(event, format) }]);
    if (event.type !== "picture" || event.why === "asked") {
      yield event;
      continue;
    }
    const { path, failure } = await keepPicture(output, event.picture, {
      ...encoding,
      metadata: metadata(),
      ...(event.recipe && { recipe: event.recipe }),
      replace: event.why === "last",
    });
    yield { ...event, file: path };
    if (failure !== undefined)
      throw new Error(`${messageOf(failure)} The picture is in ${path}.`, { cause: failure });
  }
}

/** @throws {OptionError | Error} when the output is one of the files that are read, or cannot be written */
async function checkOutput(output: string, { content, style, init, weights }: PaintOptions): Promise<void> {
  const files = weights === undefined ? [] : await weightFiles(weights);
  const styles = stylesOf(style).flatMap(({ picture, contentMask, styleMask }) => [
    picture,
    contentMask,
    styleMask,
  ]);
  const sources = [content, init, ...styles, ...files];
  const input = await sameFile(
    output,
    sources.filter((source) => typeof source === "string"),
  );
  if (input !== undefined)
    throw new OptionError(`Expected an output that is not an input, got ${output}: name another file.`);
  await checkWritable(output);
}

function jobOf({
  content,
  style,
  init,
  recipe = presets.default.recipe,
  standIn,
  plugins,
}: PaintOptions): Job<PictureSource> {
  const sources = stylesOf(style);
  return {
    content,
    styles: sources.map(({ picture }) => picture),
    masks: sources.map(({ contentMask, styleMask }) => ({
      ...(contentMask !== undefined && { content: contentMask }),
      ...(styleMask !== undefined && { style: styleMask }),
    })),
    ...(init !== undefined && { init }),
    recipe: withStyleWeights(recipe, sources),
    ...(standIn !== undefined && { standIn }),
    ...(plugins && { plugins }),
  };
}

function stylesOf(style: PaintOptions["style"]): readonly PaintedStyle[] {
  return isSource(style) ? [{ picture: style }] : style;
}

function isSource(style: PaintOptions["style"]): style is PictureSource {
  return isFile(style) || "data" in style;
}

/** Whether a value is a file's name or its bytes. */
function isFile(value: unknown): value is string | Uint8Array {
  return typeof value === "string" || value instanceof Uint8Array;
}
