import { type KeptFile, keepFile } from "@brushwork/backend-node";
import { Diverged } from "@brushwork/core";
import { formatRecipe, type Recipe } from "@brushwork/recipes";
import type { Notice, RunEvent } from "@brushwork/runs";
import { crashText, exitCodeOf, Failure, Interruption, sentenceOf } from "../failure.js";
import type { PictureWriter } from "../files/picture-writer.js";
import { streamName } from "../files/standard-streams.js";
import { pullCommand, withRemedy } from "../remedy-text.js";
import { estimatedSeconds } from "./estimated-seconds.js";
import type { PictureNames, Progress, RunStart, StepReport } from "./progress.js";

export interface FollowOptions {
  /** The names of the pictures. */
  readonly names: PictureNames;
  readonly force?: boolean;
  readonly saveRecipe?: string;
  /** Whether to end before the first step, once the plan is printed. */
  readonly dryRun?: boolean;
  /** What was asked for, for the sentences about what came of it. */
  readonly engine?: string;
  readonly threads?: number;
  readonly precision?: string;
  readonly debug?: boolean;
}

type EventOf<Type extends RunEvent["type"]> = Extract<RunEvent, { readonly type: Type }>;

/**
 * Prints the events of a run, and gives the writer each picture with the recipe that paints it again.
 *
 * @throws {Interruption} once the signal is aborted and the picture so far is written; where the signal's reason is
 * another error, the message begins with it
 * @throws {Failure} when the run fails; the latest picture that was kept is written then
 */
export async function followRun(
  events: AsyncIterable<RunEvent>,
  writer: PictureWriter,
  options: FollowOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const warn = oncePerSentence(progress);
  /** Sentences on engines that "auto" passed over, for when another has taken over. */
  const skipped: string[] = [];
  let started: EventOf<"started"> | undefined;
  let last: EventOf<"picture"> | undefined;
  /** Where the last picture is, or the one that was kept. */
  let file: KeptFile | undefined;
  let kept: EventOf<"picture"> | undefined;
  let recipeSaved = false;
  let beganAt = 0;
  /** Steps that were done here; a run that goes on has done others before. */
  let steps = 0;
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
          if (event.kind !== "not repeated" || options.debug) warn(noticeText(event));
          break;
        case "planned":
          for (const sentence of [...skipped, ...engineNotices(started, options)]) warn(sentence);
          if (options.dryRun) {
            progress.planned({
              ...startOf(event, started, options),
              scales: event.scales,
              output: writer.path,
            });
            return;
          }
          await writer.begin(event);
          progress.started(startOf(event, started, options));
          await saveRecipe(event.recipe);
          beganAt = performance.now();
          break;
        case "step":
          steps++;
          if (event.losses !== undefined) progress.stepped(reportOf(event, event.losses));
          break;
        case "picture":
          if (event.why === "asked") await writer.intermediate(event);
          else
            file = await writer.last(event, {
              replace: event.why === "last",
              finished: event.why === "last" && event.index === event.total,
            });
          if (event.why === "kept") kept = event;
          if (event.why === "last") last = event;
          break;
      }
    }
  } catch (cause) {
    // Ctrl-C also ends the processes that engines are tried in.
    if (started === undefined) signal.throwIfAborted();
    if (kept === undefined && !(cause instanceof Diverged)) throw cause;
    writer.end();
    const rescued =
      kept && file && ` The picture of step ${kept.index} of ${kept.total} is in ${where(file.path)}.`;
    const stays = file?.taken ? ` ${writer.path} stays as it was.` : "";
    throw new Failure(`${causeText(cause)}${rescued ?? ""}${stays}`, { cause });
  }
  writer.end();
  if (last === undefined || file === undefined) {
    signal.throwIfAborted();
    throw new Error("Expected a run to end with a picture.");
  }
  const { path, failure } = file;
  const reason = failure === undefined ? "" : `${sentenceOf(failure)} `;
  if (last.index < last.total)
    throw new Interruption(
      `${crashText(signal)}${reason}Stopped at step ${last.index} of ${last.total}: the picture so far is in ${where(path)}.`,
      exitCodeOf(signal.reason),
    );
  if (failure !== undefined)
    throw new Failure(`${reason}The picture is in ${where(path)}.`, { cause: failure });
  progress.finished({ steps, seconds: (performance.now() - beganAt) / 1000 });

  async function saveRecipe(recipe: Recipe): Promise<void> {
    const wanted = options.saveRecipe;
    if (wanted === undefined) return;
    const replace = options.force === true || recipeSaved;
    const bytes = Buffer.from(formatRecipe(recipe));
    const { path, taken } = await keepFile(wanted, bytes, { replace, elsewhere: false });
    recipeSaved = !taken;
    if (taken) warn(`${wanted} appeared during the run and is kept: the recipe is in ${path}.`);
    progress.saved({ path });
  }
}

/** A warning that is given once for each sentence: a second attempt on another engine need not repeat the first one's. */
export function oncePerSentence(progress: Pick<Progress, "warned">): (sentence: string) => void {
  const said = new Set<string>();
  return (sentence) => {
    if (!said.has(sentence)) progress.warned(sentence);
    said.add(sentence);
  };
}

function startOf(
  { recipe, width, height, steps, bytes, operations, tiles }: EventOf<"planned">,
  started: EventOf<"started"> | undefined,
  { threads, names }: FollowOptions,
): RunStart {
  const { engine = "", device = "" } = started ?? {};
  const seconds = estimatedSeconds(engine, operations, threads);
  return {
    ...names,
    recipe,
    engine,
    device,
    width,
    height,
    steps,
    ...(bytes !== undefined && { bytes }),
    ...(seconds !== undefined && { seconds }),
    ...(tiles && { tiles }),
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
      return `The recipe is for other weights of ${notice.network}: the picture will differ.`;
    case "other engine":
      return (
        `Going on with ${notice.engine}, where the run was on ${notice.wanted}: the picture will differ slightly from ` +
        "that of a run without a break."
      );
    case "no checkpoint":
      return `The state of the run was not kept. ${notice.reason}`;
    case "unkept":
      return `The weights cannot be kept for the next time. ${notice.reason}`;
    case "incomplete picture":
      return notice.reason;
    case "went back":
      return `${notice.problem}. Painting on from the image of step ${notice.to}, with half the learning rate.`;
    case "not repeated":
      return `The GPU gets the commands of each step anew, which takes longer: ${notice.reason}.`;
    case "stretched mask":
      return (
        `The ${notice.mask} mask of style ${notice.style} has another shape than ` +
        `${notice.mask === "content" ? "the content" : "the style"}: it is stretched.`
      );
    case "left out":
      return (
        `A scale is left out, since the ${notice.what} is only ${notice.width}×${notice.height} there: ` +
        `the layer ${notice.layer} needs ${notice.least} pixels on the shorter side. The next scale takes its steps.`
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
