import { NoRoom, type Picture, type Recipe } from "@brushwork/core";
import { decodePicture } from "./decode-picture.js";
import { defaultWorker } from "./default-worker-factory.js";
import { type EngineName, engineNames } from "./engine-names.js";
import { LostDeviceError } from "./lost-device-error.js";
import type { PaintEvent } from "./paint-event.js";
import { isSvg } from "./picture-kind.js";
import { errorOf, type Job, type PictureSource, type Request } from "./protocol.js";
import { repliesOf } from "./replies.js";
import type { WeightCatalogue } from "./weights/catalogue.js";

export interface PaintOptions {
  /** What to paint. Where it is transparent, so is the result. */
  readonly content: PictureSource;
  /** In whose manner to paint: a picture, or several with weights. */
  readonly style: PictureSource | readonly { readonly picture: PictureSource; readonly weight?: number }[];
  /** What to start from; for a recipe whose `init` is "picture". */
  readonly init?: PictureSource;
  /** Absent: the default preset, for the network compact. */
  readonly recipe?: Recipe;
  /** A weight file for the recipe's network. Absent: those that come with it, that are kept, or else are downloaded. */
  readonly weights?: Blob;
  /** Absent: "auto", the fastest engine that starts and has room for the picture. */
  readonly engine?: EngineName | "auto";
  /** Whether "auto" may take a GPU that is computed on the processor. An engine that is asked for by name may. */
  readonly software?: boolean;
  /** Milliseconds between previews; one more comes after each scale. Absent: 500. */
  readonly previewEvery?: number;
  /** Ends the run at once; the iteration throws `signal.reason`. */
  readonly signal?: AbortSignal;
  /** A worker of your own, with losses of your own; it is ended with the iteration. Absent: the package's. */
  readonly worker?: () => Worker;
  /** Where weights are downloaded from. Absent: `weightCatalogue`. */
  readonly catalogue?: WeightCatalogue;
}

/** A run. It starts when it is iterated, once; leaving the loop ends it and frees all that it took. */
export interface Painting extends AsyncIterable<PaintEvent> {
  /** Waits after the running step. */
  pause(): void;
  resume(): void;
  /** Ends after the running step; the last picture arrives as "painted". */
  stop(): void;
  /** By term; from the next step on. A term that is left out keeps its weight. */
  setWeights(weights: Readonly<Record<string, number>>): void;
}

/**
 * Paints in a worker, so that the page never stutters.
 *
 * @throws (the iteration) {TypeError | RangeError} when an option cannot be; {NoRoom} when the size fits no engine, of
 * the one with the most room; {Error} when no engine starts or weights cannot be had; {LostDeviceError}; `signal.reason`
 */
export function paint(options: PaintOptions): Painting {
  let worker: Worker | undefined;
  /** In order; the worker of a second attempt hears all of them again. */
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
      if (begun)
        throw new Error("Expected a painting to be iterated once. Call paint again for another run.");
      begun = true;
      return events(options, (job) => {
        worker = (options.worker ?? defaultWorker)();
        for (const request of [{ type: "paint", job } as const, ...requests]) worker.postMessage(request);
        return worker;
      });
    },
  };
}

async function* events(
  options: PaintOptions,
  start: (job: Job) => Worker,
): AsyncGenerator<PaintEvent, void, void> {
  const { engine = "auto", signal } = options;
  signal?.throwIfAborted();
  const job = await jobOf(options);
  let engines: readonly EngineName[] = engineNames.filter((name) => engine === "auto" || name === engine);
  if (engines.length === 0)
    throw new RangeError(
      `Expected the engine to be one of auto, ${engineNames.join(", ")}, got "${engine}".`,
    );
  let [steps, latest]: [number, { picture?: Picture; index: number }] = [0, { index: 0 }];
  const refusals: NoRoom[] = [];
  for (;;) {
    let skipped: PaintEvent | undefined;
    for await (const reply of repliesOf(start({ ...job, engines }), signal)) {
      if (reply.type === "event") {
        const { event } = reply;
        if (event.type === "step") steps = event.index;
        if (event.type === "preview") latest = event;
        yield event;
        if (event.type === "painted") return;
      }
      if (reply.type === "failed") {
        const { message, engine: failed } = reply.failure;
        const error = errorOf(reply.failure);
        if (failed === undefined) throw error;
        if (error instanceof NoRoom) refusals.push(error);
        engines = engines.slice(engines.indexOf(failed) + 1);
        // Where nothing was painted yet, the next engine may do better.
        if (steps > 0) throw new LostDeviceError(message, latest);
        if (engines.length === 0) throw mostRoom(refusals) ?? new LostDeviceError(message, latest);
        skipped = { type: "skipped", engine: failed, reason: message };
        break;
      }
    }
    if (skipped !== undefined) yield skipped;
  }
}

/** What the engine with the most room said. */
function mostRoom(refusals: readonly NoRoom[]): NoRoom | undefined {
  return refusals.toSorted((a, b) => b.longest - a.longest)[0];
}

async function jobOf(options: PaintOptions): Promise<Omit<Job, "engines">> {
  const { content, style, init, recipe, weights, catalogue, engine = "auto" } = options;
  const { software = engine !== "auto", previewEvery = 500 } = options;
  const styles = Array.isArray(style) ? style : [{ picture: style }];
  return {
    content: await sendable(content),
    styles: await Promise.all(
      styles.map(async (source) => ({ ...source, picture: await sendable(source.picture) })),
    ),
    ...(init && { init: await sendable(init) }),
    ...(recipe && { recipe }),
    ...(weights && { weights }),
    ...(catalogue && { catalogue }),
    software,
    previewEvery,
  };
}

/** What a worker can use: most files it decodes itself. */
async function sendable(source: PictureSource): Promise<PictureSource> {
  if (!(source instanceof Blob)) return source;
  return typeof OffscreenCanvas === "undefined" || (await isSvg(source)) ? decodePicture(source) : source;
}
