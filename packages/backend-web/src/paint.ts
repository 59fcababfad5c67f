import {
  checkKind,
  checkOptions,
  either,
  type Kind,
  kindOf,
  kinds,
  objectWith,
  oneOf,
} from "@brushwork/core/reading";
import { compactRecipe, presets, type Recipe, withStyleWeights } from "@brushwork/recipes";
import { errorOf, onFirstEngine, type RunControls, type RunEvent } from "@brushwork/runs";
import { defaultWorker } from "./default-worker-factory.js";
import { type EngineName, engineNames } from "./engine-names.js";
import { isSvg } from "./picture-kind.js";
import type { PaintJob, PictureSource, Request } from "./protocol.js";
import { readPicture } from "./read-picture.js";
import { repliesOf } from "./replies.js";
import type { WeightCatalogue } from "./weights/catalogue.js";

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

export interface PaintOptions {
  /** Picture to paint. Where it is transparent, so is the result. */
  readonly content: PictureSource;
  /** Picture whose style to use, or several. Weights replace those of the recipe. */
  readonly style: PictureSource | readonly PaintedStyle[];
  /** Picture to start from, for a recipe whose `init` is "picture". */
  readonly init?: PictureSource;
  /** @default the default preset, for the network compact */
  readonly recipe?: Recipe;
  /** Weight file for the recipe's network. @default the package's own, the kept ones, or else a download */
  readonly weights?: Blob;
  /** @default "auto", the fastest engine that starts and has room for the picture */
  readonly engine?: EngineName | "auto";
  /** Whether a GPU that is emulated on the processor is allowed. @default false for "auto", true for a named engine */
  readonly software?: boolean;
  /** Milliseconds between previews; another one follows each scale. @default 500 */
  readonly previewEvery?: number;
  /** Ends the run at once; the iteration throws `signal.reason`. */
  readonly signal?: AbortSignal;
  /** Starts a worker of your own, with losses of your own; the iteration ends it. @default the package's worker */
  readonly worker?: () => Worker;
  /** Where weights are downloaded from. @default `weightCatalogue` */
  readonly catalogue?: WeightCatalogue;
}

/** A run. It starts when it is iterated, once; leaving the loop ends it and frees everything it held. */
export interface Painting extends AsyncIterable<RunEvent>, RunControls {}

/**
 * Paints in a worker, so that the page stays responsive.
 *
 * The last event is the last picture, unless the run was stopped before its first step. If it fails later, the latest
 * picture that was kept comes before the error.
 *
 * @throws (from the iteration) {OptionError | TypeError} when an option is wrong; {NoRoom} when the size fits no engine;
 * {DeviceLost}; {Diverged}; {PluginError}; {Error} when no engine starts or the weights cannot be loaded;
 * `signal.reason`
 */
export function paint(options: PaintOptions): Painting {
  let worker: Worker | undefined;
  /** In order; the worker of a second attempt gets all of them again. */
  const requests: Request[] = [];
  let begun = false;
  const ask = (request: Request) => {
    requests.push(request);
    worker?.postMessage(request);
  };
  return {
    pause: () => ask({ type: "pause" }),
    resume: () => ask({ type: "resume" }),
    stop: () => ask({ type: "stop" }),
    setWeights: (weights) => ask({ type: "weights", weights }),
    [Symbol.asyncIterator]() {
      if (begun) throw new Error("A painting can be iterated only once. Call paint again for another run.");
      begun = true;
      return events(options, (job) => {
        worker = (options.worker ?? defaultWorker)();
        for (const request of [...requests, { type: "paint", job } as const]) worker.postMessage(request);
        return worker;
      });
    },
  };
}

const source = either(
  kindOf("a Blob, such as a File", (value) => value instanceof Blob),
  kinds.picture,
);

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
  init: source,
  weights: kindOf("a Blob, such as a File", (value) => value instanceof Blob),
  engine: kinds.text,
  software: kinds.flag,
  previewEvery: kinds.weight,
  signal: kinds.signal,
  worker: kinds.callback,
  catalogue: kinds.record,
};

function checkPaintOptions(options: PaintOptions): void {
  checkOptions("paint", options, optionKinds, ["content", "style"]);
  const { style } = options;
  if (isSource(style)) return;
  for (const [i, each] of style.entries()) {
    checkKind(`style[${i}]`, each, objectWith("an object such as { picture }", "picture"));
    checkOptions(`style[${i}]`, each, styleKinds);
  }
}

async function* events(
  options: PaintOptions,
  start: (job: PaintJob) => Worker,
): AsyncGenerator<RunEvent, void, void> {
  checkPaintOptions(options);
  const { engine = "auto", signal } = options;
  signal?.throwIfAborted();
  const found = oneOf(engine, "the engine", ["auto", ...engineNames]);
  const engines = found === "auto" ? engineNames : [found];
  const warnings: string[] = [];
  const job = await jobOf(options, (sentence) => warnings.push(sentence));
  for (const reason of warnings) yield { type: "notice", kind: "incomplete picture", reason };
  // TensorFlow.js has one global engine, and a failed one is best left behind: each attempt has a worker of its own.
  yield* onFirstEngine({ engines }, (left) => attempt(start({ ...job, engines: left }), signal));
}

async function* attempt(
  worker: Worker,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent, void, void> {
  for await (const reply of repliesOf(worker, signal)) {
    if (reply.type === "failed") throw errorOf(reply.error);
    if (reply.type === "ended") return;
    if (reply.type !== "event") continue;
    yield reply.event;
    if (reply.event.type === "picture" && reply.event.why === "last") return;
  }
}

async function jobOf(
  options: PaintOptions,
  onWarning: (sentence: string) => void,
): Promise<Omit<PaintJob, "engines">> {
  const { content, style, init, weights, catalogue, engine = "auto" } = options;
  const { software = engine !== "auto", previewEvery = 500 } = options;
  const { recipe = compactRecipe(presets.default.recipe) } = options;
  const styles = isSource(style) ? [{ picture: style }] : style;
  return {
    content: await sendable(content, onWarning),
    styles: await Promise.all(styles.map(({ picture }) => sendable(picture, onWarning))),
    masks: await Promise.all(
      styles.map(async ({ contentMask, styleMask }) => ({
        ...(contentMask && { content: await sendable(contentMask, onWarning) }),
        ...(styleMask && { style: await sendable(styleMask, onWarning) }),
      })),
    ),
    ...(init && { init: await sendable(init, onWarning) }),
    recipe: withStyleWeights(recipe, styles),
    ...(weights && { weights }),
    ...(catalogue && { catalogue }),
    software,
    previewEvery,
  };
}

function isSource(style: PaintOptions["style"]): style is PictureSource {
  return !Array.isArray(style);
}

/** A source in a form that the worker can use; it decodes most files itself. */
async function sendable(
  source: PictureSource,
  onWarning: (sentence: string) => void,
): Promise<PictureSource> {
  if (!(source instanceof Blob)) return source;
  if (typeof OffscreenCanvas !== "undefined" && !(await isSvg(source))) return source;
  return readPicture(source, { onWarning });
}
