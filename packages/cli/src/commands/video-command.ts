import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  checkFilm,
  checkRoom,
  expectedBytes,
  type FilmInfo,
  filmFrames,
  filmInfo,
  filmWriter,
  type LastingHost,
  lastingHost,
  readPicture,
  writePicture,
} from "@brushwork/backend-node";
import { fittedSize, type Picture } from "@brushwork/core";
import { formatRecipe, type Recipe, stepsOf } from "@brushwork/recipes";
import { followed, type PaintedFrame, shareOf, temporalName, temporalPlugin } from "@brushwork/runs";
import {
  asUsageError,
  crashText,
  exitCodeOf,
  Failure,
  Interruption,
  sentenceOf,
  UsageError,
} from "../failure.js";
import { lockFolder } from "../files/folder-lock.js";
import { checkInputs, type Inputs, inputsOf, namesOf } from "../files/inputs.js";
import { defaultOutputName, frameName } from "../files/output-name.js";
import { checkOutputs } from "../files/outputs.js";
import type { PictureWriter } from "../files/picture-writer.js";
import { readFiles } from "../files/read-files.js";
import { streamName } from "../files/standard-streams.js";
import { oncePerSentence } from "../reports/follow-run.js";
import type { Progress } from "../reports/progress.js";
import { bytesText, secondsText } from "../reports/quantities.js";
import { hostOptions, runRecipe } from "../run-recipe.js";
import { initFile, maskFiles, type PaintOptions, recipeOfWords } from "./paint-command.js";

export interface VideoOptions extends PaintOptions {
  /** Steps of every frame that follows another. */
  readonly frameSteps?: number;
  readonly temporalWeight?: number;
  /** How many frames back the frames lie that a frame has to agree with. */
  readonly longTerm?: readonly number[];
  readonly frameRate?: number;
}

/** A film to paint, with all that is known before the first frame is. */
interface Film {
  readonly path: string;
  readonly info: FilmInfo;
  /** Size of the painted frames. */
  readonly size: { readonly width: number; readonly height: number; readonly crop: boolean };
  readonly frames: number;
  /** The frames that scenes begin with. */
  readonly scenes: ReadonlySet<number>;
}

/** How the frames are painted: the first of a scene from the beginning, the others from those before them. */
interface Painting {
  readonly first: Recipe;
  readonly following: Recipe;
  readonly plugins: Awaited<ReturnType<typeof recipeOfWords>>["plugins"];
  readonly inputs: Inputs;
  readonly host: LastingHost;
}

const usualTemporalWeight = 200;

/** Fewer steps of a preset's learning rate leave each frame unsettled, and what follows starts from it. */
const leastFrameSteps = 20;

/** The longer side at which a film is looked through for cuts, in pixels. */
const scanSide = 96;

/** A scene begins where less of a frame can be followed from the frame before. */
const leastFollowed = 0.1;

/** A file in the work folder that says what its frames are painted from. */
const noteName = "painting.json";

/**
 * Paints a film frame by frame, each from the one before, moved with the film, and writes it with its sound. The painted
 * frames stay beside the film that they are for until it is written, and the same command goes on with them.
 *
 * @param signal whose reason is an Interruption; the frames so far stay
 */
export async function video(
  path: string,
  styles: readonly string[],
  options: VideoOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const output = options.output ?? defaultOutputName([path, ...styles], ".mp4");
  if ([path, ...styles, output].includes(streamName))
    throw new UsageError(
      "Expected files for a film, which is read several times, got a standard stream: name files.",
    );
  if (!/\.(mp4|webm)$/i.test(output))
    throw new UsageError(`Expected -o to name a film, .mp4 or .webm, got ${output}.`);
  const { recipe: first, plugins } = await recipeOfWords(
    styles,
    options,
    () => asFailure(() => filmInfo(path)),
    progress,
  );
  if (first.terms.some(({ name, loss }) => (name ?? loss) === temporalName))
    throw new UsageError(`Expected no other loss to be named ${temporalName}, which is the film's own.`);
  const following = laterRecipe(first, options);
  const inputs: Inputs = {
    content: path,
    styles,
    ...initFile(first, options),
    masks: maskFiles(first, styles.length, options),
  };
  checkInputs(inputs);
  const files = [...namesOf(inputs), ...(await readFiles(options))];
  const asPicture = { path: output, format: "png", intermediate: new Map() } as const;
  await checkOutputs(asPicture, files, { ...options, output, format: "png" });
  await asFailure(() => checkFilm(output));
  const film = await filmOf(path, first, options, progress, signal);
  const host = lastingHost(hostOptions(options));
  const painting: Painting = { first, following, plugins, inputs, host };
  try {
    if (options.dryRun) return await printPlan(film, painting, output, options, progress, signal);
    const folder = `${output}.frames`;
    await paintFilm({ film, painting, output, folder, files }, options, progress, signal);
  } finally {
    await host.release();
  }
}

/** The recipe of a frame that follows another: at full size only, and held to the frames before it. */
function laterRecipe(
  recipe: Recipe,
  { frameSteps, steps, temporalWeight = usualTemporalWeight }: VideoOptions,
): Recipe {
  const scale = recipe.scales.at(-1);
  if (scale === undefined) throw new Error("Expected a recipe to have a scale.");
  const usualSteps = steps === undefined ? Math.max(leastFrameSteps, scale.steps) : scale.steps;
  return {
    ...recipe,
    init: "picture",
    scales: [{ ...scale, steps: frameSteps ?? usualSteps }],
    terms: [...recipe.terms, { loss: temporalName, weight: temporalWeight, options: {} }],
  };
}

/** Looks through a film: how many frames it has, and where its scenes begin. */
async function filmOf(
  path: string,
  recipe: Recipe,
  { frameRate }: VideoOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Film> {
  const found = await asFailure(() => filmInfo(path));
  const info = frameRate === undefined ? found : { ...found, framesPerSecond: String(frameRate) };
  const [rows, columns] = fittedSize(info, Math.min(scanSide, Math.max(info.width, info.height)));
  progress.began(`Looking through ${basename(path)}`);
  const scenes = new Set<number>();
  let frames = 0;
  let before: Picture | undefined;
  await asFailure(async () => {
    for await (const frame of filmFrames(path, info, { width: columns, height: rows, signal })) {
      if (before === undefined || isCut(before, frame)) scenes.add(frames);
      before = frame;
      frames++;
    }
  });
  if (frames === 0) throw new Failure(`Expected ${path} to have frames, found none.`);
  return { path, info, size: sizeOf(info, recipe), frames, scenes };
}

function isCut(before: Picture, frame: Picture): boolean {
  return shareOf(followed(frame, [{ content: before, painted: before }]).mask) < leastFollowed;
}

/** The size that a recipe paints a film's frames at. */
function sizeOf(info: FilmInfo, { scales, fit }: Recipe): Film["size"] {
  const size = scales.at(-1)?.size ?? Math.max(info.width, info.height);
  const box = typeof size === "number" ? undefined : { width: size[0], height: size[1] };
  if (box !== undefined && fit !== "contain") return { ...box, crop: fit === "cover" };
  const longer =
    box === undefined
      ? Number(size)
      : Math.max(info.width, info.height) * Math.min(box.width / info.width, box.height / info.height);
  const [height, width] = fittedSize(info, longer);
  return { width, height, crop: false };
}

async function paintFilm(
  {
    film,
    painting,
    output,
    folder,
    files,
  }: {
    readonly film: Film;
    readonly painting: Painting;
    readonly output: string;
    readonly folder: string;
    /** What the painting is made from. */
    readonly files: readonly string[];
  },
  options: VideoOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  await asFailure(() => mkdir(folder, { recursive: true }));
  const unlock = await lockFolder(folder);
  try {
    await claim(folder, await digestOf(film, painting, options, files), options);
    const bytes = film.frames * expectedBytes(film.size, "png");
    await asFailure(() => checkRoom([{ path: frameIn(folder, 0), bytes }]));
    await paintFrames(film, painting, folder, options, progress, signal);
    progress.began(`Writing ${basename(output)}`);
    const kept = await withFrames(folder, () => writeFilm(film, output, folder, options, signal));
    progress.saved({ path: kept.path });
    if (kept.taken) progress.warned(`${output} appeared meanwhile and is kept: the film is in ${kept.path}.`);
  } finally {
    await unlock();
  }
  await rm(folder, { recursive: true, force: true });
}

function frameIn(folder: string, index: number): string {
  return join(folder, frameName(index, ".png"));
}

async function paintFrames(
  film: Film,
  painting: Painting,
  folder: string,
  options: VideoOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { frames, scenes } = film;
  const distances = [...new Set(options.longTerm ?? [1])].toSorted((a, b) => a - b);
  /** The latest frames of the scene, the newest last. */
  let scene: PaintedFrame[] = [];
  let index = 0;
  let paintedHere = 0;
  const beganAt = performance.now();
  const reports = framesProgress(progress);
  try {
    for await (const content of filmFrames(film.path, film.info, { ...film.size, signal })) {
      if (index === frames) break;
      if (scenes.has(index)) scene = [];
      let painted = await readPicture(frameIn(folder, index)).catch(() => undefined);
      if (painted === undefined) {
        progress.began(frameText(index, film, paintedHere, (performance.now() - beganAt) / 1000));
        const earlier = distances.flatMap((distance) => scene.at(-distance) ?? []);
        painted = await paintFrame(content, earlier, painting, options, reports, signal);
        if (painted === undefined) throw new Error("Expected a run to end with a picture.");
        await writePicture(frameIn(folder, index), painted);
        paintedHere++;
      }
      scene = [...scene, { content, painted }].slice(-Math.max(...distances));
      index++;
    }
  } catch (error) {
    if (signal.aborted)
      throw new Interruption(
        `${crashText(signal)}Stopped at frame ${index + 1} of ${frames}: the same command goes on.`,
        exitCodeOf(signal.reason),
      );
    if (error instanceof UsageError) throw error;
    throw new Failure(
      `${sentenceOf(error)} Frame ${index + 1} of ${frames} was not painted: those before it stay in ${folder}, and the ` +
        "same command goes on.",
      { cause: error },
    );
  }
}

/**
 * Paints a frame from the content alone, or from the frames before it, the nearest first.
 * @returns undefined where it is only planned
 */
async function paintFrame(
  content: Picture,
  earlier: readonly PaintedFrame[],
  { first, following, plugins, inputs, host }: Painting,
  options: VideoOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Picture | undefined> {
  let painted: Picture | undefined;
  const writer: PictureWriter = {
    path: inputs.content,
    wants: () => false,
    async begin() {},
    async intermediate() {},
    async last({ picture }, { finished }) {
      if (!finished) return undefined;
      painted = picture;
      return { path: inputs.content };
    },
    end() {},
  };
  const { styles, masks, init } = inputsOf(inputs);
  const moved = earlier.length > 0 ? followed(content, earlier) : undefined;
  const commission = {
    recipe: moved ? following : first,
    plugins: [...(plugins ?? []), ...(moved ? [temporalPlugin(moved, following.margin)] : [])],
    names: { content: inputs.content, styles: inputs.styles },
    writer,
    host,
    content: async () => content,
    styles,
    ...(masks && { masks }),
    ...(moved ? { init: async () => moved.picture } : init && { init }),
  };
  await runRecipe(commission, options, progress, signal);
  return painted;
}

/** The progress of a frame's run, whose film has its own: what is new about the engine, once. */
function framesProgress(progress: Progress): Progress {
  let isStarted = false;
  const ignore = () => {};
  return {
    ...progress,
    warned: oncePerSentence(progress),
    started(run) {
      if (!isStarted) progress.started(run);
      isStarted = true;
    },
    wants: () => false,
    stepped: ignore,
    saved: ignore,
    finished: ignore,
  };
}

/** "Frame 12 of 120, scene 2: 3.2 s a frame, 5 min 45 s left" */
function frameText(index: number, { frames, scenes }: Film, painted: number, seconds: number): string {
  const scene = [...scenes].filter((start) => start <= index).length;
  const which = `Frame ${index + 1} of ${frames}${scenes.size > 1 ? `, scene ${scene}` : ""}`;
  if (painted === 0) return which;
  const each = seconds / painted;
  return `${which}: ${secondsText(each)} a frame, ${secondsText(each * (frames - index))} left`;
}

async function writeFilm(
  { path, info, size, frames }: Film,
  output: string,
  folder: string,
  { force = false }: VideoOptions,
  signal: AbortSignal,
) {
  const { framesPerSecond, colors, audio, delay } = info;
  const writer = filmWriter(output, {
    ...size,
    framesPerSecond,
    colors,
    ...(audio !== undefined && { sound: { path, codec: audio, delay } }),
    replace: force,
  });
  try {
    for (let index = 0; index < frames; index++) {
      signal.throwIfAborted();
      await writer.add(await readPicture(frameIn(folder, index)));
    }
    return await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/** Does something that fails without a loss: the frames are there. */
async function withFrames<Result>(folder: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    const sentence = `${sentenceOf(error)} The painted frames stay in ${folder}: the same command goes on.`;
    throw error instanceof Interruption
      ? new Interruption(
          `Stopped. The painted frames stay in ${folder}: the same command goes on.`,
          error.exitCode,
        )
      : new Failure(sentence, { cause: error });
  }
}

/** What frames are painted from: whoever changes any of it does not get the frames of before. */
async function digestOf(
  { size, info, scenes }: Film,
  { first, following }: Painting,
  { longTerm }: VideoOptions,
  files: readonly string[],
): Promise<string> {
  const hash = createHash("sha256");
  const { framesPerSecond } = info;
  hash.update(JSON.stringify({ size, framesPerSecond, scenes: [...scenes], longTerm }));
  hash.update(formatRecipe(first)).update(JSON.stringify(following));
  for (const file of files)
    await asFailure(async () => {
      const own = createHash("sha256");
      for await (const chunk of createReadStream(file)) own.update(chunk);
      hash.update(own.digest());
    });
  return hash.digest("hex");
}

/** @throws {Failure} when the folder has the frames of something else, unless they may be replaced */
async function claim(folder: string, asked: string, { force = false }: VideoOptions): Promise<void> {
  const note = join(folder, noteName);
  const before = await readFile(note, "utf8").catch(() => undefined);
  if (before === asked) return;
  if (before !== undefined && !force)
    throw new Failure(
      `The frames in ${folder} are of another painting: delete the folder, choose another output, or pass --force.`,
    );
  if (before !== undefined)
    for (let index = 0; ; index++) {
      const name = frameIn(folder, index);
      if ((await stat(name).catch(() => undefined)) === undefined) break;
      await rm(name);
    }
  await asFailure(() => writeFile(note, asked));
}

async function printPlan(
  film: Film,
  painting: Painting,
  output: string,
  options: VideoOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { path, info, size, frames, scenes } = film;
  const content = { ...size, data: new Uint8ClampedArray(size.width * size.height * 4).fill(255) };
  const plans: Parameters<Progress["planned"]>[0][] = [];
  const reports = {
    ...framesProgress(progress),
    planned: (plan: (typeof plans)[number]) => plans.push(plan),
  };
  const still = [{ content, painted: content }];
  for (const earlier of frames > scenes.size ? [[], still] : [[]])
    await paintFrame(content, earlier, painting, options, reports, signal);
  const [first, later] = plans;
  const seconds =
    first?.seconds === undefined
      ? undefined
      : scenes.size * first.seconds + (frames - scenes.size) * (later?.seconds ?? 0);
  const bytes = Math.max(...plans.map((plan) => plan.bytes ?? 0));
  const estimates = [bytes > 0 && bytesText(bytes), seconds !== undefined && secondsText(seconds)].filter(
    Boolean,
  );
  progress.began(
    `${basename(path)}: ${frames} frames of ${size.width}×${size.height} at ${rateText(info)} a second, ` +
      `${scenes.size} ${scenes.size === 1 ? "scene" : "scenes"}, ${stepsOf(painting.first)} steps for the first frame of each, ` +
      `${stepsOf(painting.following)} for every other, ${first?.recipe.network.name} on ${first?.engine}, ${first?.device}` +
      `${estimates.length > 0 ? `: about ${estimates.join(" and ")}` : ""}`,
  );
  progress.began(`Would write ${output}; nothing was painted.`);
}

function rateText({ framesPerSecond }: FilmInfo): string {
  const [over = 0, under = 1] = framesPerSecond.split("/").map(Number);
  return String(Number((over / under).toFixed(2)));
}

/** Errors as failures, those about options as of the command line. */
async function asFailure<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    const wrong = asUsageError(error);
    throw wrong instanceof Failure ? wrong : new Failure(sentenceOf(error), { cause: error });
  }
}
