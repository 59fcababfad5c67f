import { encodePicture, writeFileAtomically, writePicture } from "@brushwork/backend-node";
import { Diverged, type Picture } from "@brushwork/core";
import { embedRecipe, formatRecipe, type Recipe } from "@brushwork/recipes";
import type { Notice, RunEvent } from "@brushwork/runs";
import { exitCodeOf, Failure, Interruption, sentenceOf } from "../failure.js";
import type { Outputs } from "../files/outputs.js";
import { streamName, writeStandardOutput } from "../files/standard-streams.js";
import { pullCommand, withRemedy } from "../remedy-text.js";
import { estimatedSeconds } from "./estimated-seconds.js";
import type { Progress, RunStart, StepReport } from "./progress.js";

export interface FollowOptions {
  readonly quality?: number;
  readonly saveRecipe?: string;
  /** What was asked for, for the sentences about what came of it. */
  readonly engine?: string;
  readonly threads?: number;
  readonly precision?: string;
  readonly debug?: boolean;
}

type EventOf<Type extends RunEvent["type"]> = Extract<RunEvent, { readonly type: Type }>;

/**
 * Prints the events of a run, and writes each picture with the recipe that paints it again.
 *
 * @throws {Interruption} once the signal is aborted and the picture so far is written
 * @throws {Failure} when the run fails; the latest picture that was kept is written then
 */
export async function followRun(
  events: AsyncIterable<RunEvent>,
  outputs: Outputs,
  options: FollowOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const warn = oncePerSentence(progress);
  /** Sentences on engines that "auto" passed over, for when another has taken over. */
  const skipped: string[] = [];
  let started: EventOf<"started"> | undefined;
  let kept: EventOf<"picture"> | undefined;
  let last: EventOf<"picture"> | undefined;
  let beganAt = 0;
  try {
    for await (const event of events) {
      switch (event.type) {
        case "skipped":
          // Once an engine has failed at the work, it matters what the faster ones lack that could have taken over.
          if (event.started || options.debug || skipped.length > 0)
            skipped.push(`Not on ${event.engine}: ${withRemedy(event.reason, event.remedy)}`);
          break;
        case "started":
          started = event;
          break;
        case "notice":
          warn(noticeText(event));
          break;
        case "planned":
          for (const sentence of [...skipped, ...engineNotices(started, options)]) warn(sentence);
          progress.started(startOf(event, started, options));
          await saveRecipe(event.recipe);
          beganAt = performance.now();
          break;
        case "step":
          if (event.losses !== undefined) progress.stepped(reportOf(event, event.losses));
          break;
        case "picture":
          await save(event);
          if (event.why === "kept") kept = event;
          if (event.why === "last") last = event;
          break;
      }
    }
  } catch (cause) {
    // Ctrl-C also ends the processes that engines are tried in.
    if (started === undefined) signal.throwIfAborted();
    if (kept === undefined && !(cause instanceof Diverged)) throw cause;
    const rescued =
      kept && ` The picture of step ${kept.index} of ${kept.total} is in ${where(outputs.path)}.`;
    throw new Failure(`${causeText(cause)}${rescued ?? ""}`, { cause });
  }
  if (last === undefined) {
    signal.throwIfAborted();
    throw new Error("Expected a run to end with a picture.");
  }
  if (last.index < last.total)
    throw new Interruption(
      `Stopped at step ${last.index} of ${last.total}: the picture so far is in ${where(outputs.path)}.`,
      exitCodeOf(signal.reason),
    );
  progress.finished({ steps: last.total, seconds: (performance.now() - beganAt) / 1000 });

  async function saveRecipe(recipe: Recipe): Promise<void> {
    if (options.saveRecipe === undefined) return;
    await writeFileAtomically(options.saveRecipe, Buffer.from(formatRecipe(recipe)));
    progress.saved({ path: options.saveRecipe });
  }

  async function save({ picture, recipe, index, why }: EventOf<"picture">): Promise<void> {
    const path = why === "asked" ? outputs.intermediate.get(index) : outputs.path;
    if (path === undefined) return;
    await writeTo(path, picture, recipe);
    progress.saved({ path, step: index, width: picture.width, height: picture.height });
  }

  async function writeTo(path: string, picture: Picture, recipe: Recipe | undefined): Promise<void> {
    const quality = options.quality === undefined ? {} : { quality: options.quality };
    if (path !== streamName) return writePicture(path, picture, { ...quality, ...(recipe && { recipe }) });
    const encoded = await encodePicture(picture, outputs.format, quality);
    await writeStandardOutput(recipe === undefined ? encoded : embedRecipe(encoded, recipe));
  }
}

/** A second attempt on another engine need not repeat the first one's warnings. */
function oncePerSentence(progress: Progress): (sentence: string) => void {
  const said = new Set<string>();
  return (sentence) => {
    if (!said.has(sentence)) progress.warned(sentence);
    said.add(sentence);
  };
}

function startOf(
  { recipe, width, height, steps, bytes, operations }: EventOf<"planned">,
  started: EventOf<"started"> | undefined,
  { threads }: FollowOptions,
): RunStart {
  const { engine = "", device = "" } = started ?? {};
  const seconds = estimatedSeconds(engine, operations, threads);
  return {
    recipe,
    engine,
    device,
    width,
    height,
    steps,
    ...(bytes !== undefined && { bytes }),
    ...(seconds !== undefined && { seconds }),
  };
}

function reportOf(
  { index, total, width, height, secondsPerStep, secondsLeft }: EventOf<"step">,
  losses: Readonly<Record<string, number>>,
): StepReport {
  return { step: index, total, width, height, losses, secondsPerStep, secondsLeft };
}

function engineNotices(
  started: EventOf<"started"> | undefined,
  { engine = "auto", precision }: FollowOptions,
): readonly string[] {
  if (engine !== "auto" || started === undefined) return [];
  return [
    ...(started.engine === "wasm"
      ? ["Painting on wasm, the slowest engine; `brushwork doctor` shows how to be faster."]
      : []),
    // By name it would have been refused.
    ...(precision === "fast" && started.engine !== "native"
      ? [`Painting in full precision: the engine ${started.engine} has no other.`]
      : []),
  ];
}

function noticeText(notice: Notice): string {
  switch (notice.kind) {
    case "stand-in":
      return (
        `Painting with the small network ${notice.network}: the weights of ${notice.wanted}, which paints better, ` +
        `are not here. Get them: ${pullCommand(notice.wanted)}`
      );
    case "other weights":
      return `The recipe was painted with other weights of ${notice.network}: the picture will differ.`;
    case "unkept":
      return `The weights cannot be kept for the next time. ${notice.reason}`;
    case "incomplete picture":
      return notice.reason;
    case "left out":
      return (
        `A scale is left out, at which the ${notice.what} is only ${notice.width}×${notice.height}: ` +
        `the layer ${notice.layer} needs ${notice.least} pixels on the shorter side.`
      );
  }
}

function causeText(cause: unknown): string {
  if (!(cause instanceof Diverged)) return sentenceOf(cause);
  return sentenceOf(cause).replace("the learning rate.", "--learning-rate.");
}

function where(path: string): string {
  return path === streamName ? "the standard output" : path;
}
