import { NoRoom, type PaintedStyle, type Painting, type RunEvent } from "@brushwork/backend-web";
import type { Picture } from "@brushwork/core";
import { type Recipe, weightsOf } from "@brushwork/recipes";
import { batch, effect, signal } from "@preact/signals";
import { machine } from "#machine";
import { pictureOfMask } from "../masks/mask.js";
import { paintings, paintingWeights, photograph, titleOfPaintings } from "../pictures/chosen.js";
import { sentenceOf } from "../sentence.js";
import { addedLosses } from "../settings/added-losses.js";
import { settings, size } from "../settings/current.js";
import { baseTitle, namedWeights, recipeOfSettings } from "../settings/recipe-of-settings.js";
import type { Settings } from "../settings/settings.js";
import { unkept } from "../weights/weights.js";
import { clearFrames, keepFrame } from "./frames.js";
import { addLosses, clearLosses, showLosses } from "./losses.js";
import { freshRun, isRunning, type Phase, type Run } from "./run.js";
import { tries } from "./tries.js";

/** The latest picture of the latest run. */
export interface Result {
  readonly picture: Picture;
  readonly recipe: Recipe;
  /** Titles of the two pictures that it was painted from. */
  readonly photograph: string;
  readonly painting: string;
  readonly before: Picture;
}

/** What went wrong. */
export interface Problem {
  readonly sentence: string;
  /** Longer side in pixels of the largest size that fits, if the picture was too large. */
  readonly longest?: number;
}

export const phase = signal<Phase>("ready");
export const run = signal<Run>(freshRun);
export const result = signal<Result | undefined>(undefined);
export const problem = signal<Problem | undefined>(undefined);
/** Sentence for screen readers; it changes seldom. */
export const announcement = signal("");

/** Milliseconds between changes of the figures; nobody reads faster. */
const figuresEvery = 120;

/** Milliseconds between the pictures that are shown and filmed. */
const previewEvery = 200;

let painting: Painting | undefined;
let abandonment: AbortController | undefined;
/** The losses of the run in progress that changed weights are for. */
let followed: readonly string[] = [];
/** The latest work, which never fails. */
let latest: Promise<void> = Promise.resolve();

/** What a run takes from the page: its pictures, and what their titles are. */
export interface Sources {
  readonly content: Picture;
  readonly style: readonly PaintedStyle[];
  readonly photograph: string;
  readonly painting: string;
}

/** The pictures and masks as they are chosen now; undefined while one of them is still being opened. */
export function sourcesNow(): Sources | undefined {
  const content = photograph.chosen.peek();
  const title = titleOfPaintings();
  if (content === undefined || title === undefined) return undefined;
  const weights = paintingWeights();
  const style = paintings.peek().flatMap(({ chosen, contentMask, styleMask }, i) => {
    const weight = weights[i];
    const [picture, where, part] = [chosen.peek()?.picture, contentMask.mask.peek(), styleMask.mask.peek()];
    if (picture === undefined) return [];
    return [
      {
        picture,
        ...(weight !== undefined && { weight }),
        ...(where && { contentMask: pictureOfMask(where) }),
        ...(part && { styleMask: pictureOfMask(part) }),
      },
    ];
  });
  return { content: content.picture, style, photograph: content.title, painting: title };
}

/** Paints what is chosen, with the settings. */
export async function start(): Promise<void> {
  const sources = sourcesNow();
  if (sources === undefined) return;
  tries.value = undefined;
  const recipe = recipeOfSettings(settings.peek(), size.peek(), addedLosses.peek());
  await during(async () => {
    followed = Object.keys(weightsOf(recipe));
    await paintRecipe(sources, recipe, settings.peek(), (picture, painted) => {
      keepFrame(picture);
      result.value = {
        picture,
        recipe: painted,
        photograph: sources.photograph,
        painting: sources.painting,
        before: sources.content,
      };
    });
    phase.value = "painted";
    announce("The picture is painted.");
  });
}

/**
 * Does the work of a run, unless another one is in progress or the settings cannot be painted.
 *
 * @param work ends with the phase that it leaves the page in, and throws if it fails or is abandoned
 */
export async function during(work: () => Promise<void>): Promise<void> {
  if (isRunning(phase.peek())) return;
  const refusal = refusalOf(settings.peek());
  if (refusal !== undefined) {
    problem.value = { sentence: refusal };
    return;
  }
  batch(() => {
    phase.value = "opening";
    run.value = freshRun;
    result.value = undefined;
    problem.value = undefined;
  });
  clearFrames();
  announce("Getting ready to paint.");
  abandonment = new AbortController();
  const { signal } = abandonment;
  latest = work()
    .catch((error: unknown) => {
      if (signal.aborted) phase.value = result.peek() ? "painted" : "ready";
      else fail(error);
    })
    .finally(() => {
      painting = undefined;
      followed = [];
    });
  await latest;
}

/**
 * Paints by a recipe, and shows how far it is.
 *
 * @param onPicture called with each picture and its own recipe
 */
export async function paintRecipe(
  sources: Sources,
  recipe: Recipe,
  { engine, network }: Pick<Settings, "engine" | "network">,
  onPicture: (picture: Picture, recipe: Recipe) => void,
): Promise<void> {
  clearLosses();
  const weights = network === "vgg19" ? unkept.peek()?.weights : undefined;
  const figures = new Figures();
  try {
    painting = machine.paint({
      ...sources,
      recipe,
      engine,
      previewEvery,
      onWaiting: (before) => {
        run.value = { ...run.value, before };
      },
      ...(abandonment && { signal: abandonment.signal }),
      ...(weights && { weights }),
    });
    for await (const event of painting) {
      follow(event, figures);
      if (event.type === "picture" && event.recipe !== undefined) onPicture(event.picture, event.recipe);
    }
  } finally {
    figures.show();
  }
}

/** Ends the run in progress at once, and waits for its end. */
export async function abandon(): Promise<void> {
  abandonment?.abort();
  await latest;
}

/** Why the settings are not painted. */
function refusalOf(settings: Settings): string | undefined {
  for (const { chosen, contentMask, styleMask } of paintings.peek()) {
    const what = `The link was made with a mask for “${chosen.peek()?.title}”, which it does not carry.`;
    if (contentMask.missing.peek())
      return `${what} Choose where that painting acts, or Everywhere, below it.`;
    if (styleMask.missing.peek())
      return `${what} Choose what counts of that painting, or All of it, below it.`;
  }
  if (settings.network === "vgg19" || namedWeights(settings) === undefined) return undefined;
  return (
    `The ${baseTitle(settings)} is painted with VGG-19 alone, since its weights are no measure for another network. ` +
    "Choose VGG-19 under More, Network, or another preset."
  );
}

export function pause(): void {
  if (phase.peek() !== "painting") return;
  painting?.pause();
  phase.value = "pausing";
}

export function resume(): void {
  if (phase.peek() !== "paused" && phase.peek() !== "pausing") return;
  painting?.resume();
  phase.value = "painting";
  announce("Painting goes on.");
}

/** Ends the run after the current step, with its picture; before the first step, without one. */
export function stop(): void {
  if (phase.peek() === "opening") abandonment?.abort();
  else if (isRunning(phase.peek())) {
    painting?.stop();
    phase.value = "stopping";
  }
}

export function announce(sentence: string): void {
  announcement.value = sentence;
}

export function failWith(error: unknown): void {
  problem.value = problemOf(error);
}

// Weights take effect on the next step; everything else waits for the next run.
effect(() => {
  const weights = weightsOf(recipeOfSettings(settings.value, size.value, addedLosses.value));
  const changed = Object.entries(weights).filter(([name]) => followed.includes(name));
  if (changed.length > 0) painting?.setWeights(Object.fromEntries(changed));
});

function fail(error: unknown): void {
  const kept = result.peek() ? " The picture so far is kept, and you can save it." : "";
  batch(() => {
    const { sentence, ...remedy } = problemOf(error);
    problem.value = { sentence: sentence + kept, ...remedy };
    phase.value = "failed";
  });
}

function problemOf(error: unknown): Problem {
  return { sentence: sentenceOf(error), ...(error instanceof NoRoom && { longest: error.longest }) };
}

function follow(event: RunEvent, figures: Figures): void {
  switch (event.type) {
    case "skipped":
      run.value = { ...run.value, skipped: [...run.value.skipped, event] };
      break;
    case "started":
      run.value = { ...run.value, before: 0, engine: event.engine, device: event.device };
      break;
    case "pulling":
      run.value = { ...run.value, pulling: { received: event.received, total: event.total } };
      break;
    case "notice":
      if (event.kind === "unkept") run.value = { ...run.value, unkept: event.reason };
      if (event.kind === "other weights") run.value = { ...run.value, otherWeights: event.wanted };
      if (event.kind === "went back") {
        run.value = { ...run.value, wentBack: [...run.value.wentBack, event.problem] };
        announce("Going on from an earlier picture, in smaller steps.");
      }
      if (event.kind === "stretched mask")
        run.value = {
          ...run.value,
          stretchedMasks: [...new Set([...run.value.stretchedMasks, event.style])],
        };
      // On the next engine the same scales are left out again.
      if (
        event.kind === "left out" &&
        !run.value.leftOut.some((one) => one.width === event.width && one.height === event.height)
      )
        run.value = { ...run.value, leftOut: [...run.value.leftOut, event] };
      break;
    case "planned": {
      const { pulling: _, ...rest } = run.value;
      run.value = { ...rest, total: event.steps };
      break;
    }
    case "step":
      if (phase.peek() === "opening") phase.value = "painting";
      figures.add(event);
      break;
    case "paused":
      // Otherwise it has been resumed or stopped in the meantime.
      if (phase.peek() !== "pausing") break;
      figures.show();
      phase.value = "paused";
      announce("Paused.");
      break;
  }
}

/** Figures of the steps, which are shown a few times a second. */
class Figures {
  private latest: Pick<Run, "index" | "total" | "secondsPerStep" | "secondsLeft"> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  add(step: Extract<RunEvent, { type: "step" }>): void {
    const { index, total, losses, secondsPerStep, secondsLeft } = step;
    if (losses !== undefined) addLosses(index, losses);
    this.latest = { index, total, secondsPerStep, secondsLeft };
    this.timer ??= setTimeout(() => this.show(), figuresEvery);
  }

  show(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.latest === undefined) return;
    const before = run.peek();
    run.value = { ...before, ...this.latest };
    showLosses();
    for (const quarter of [1, 2, 3]) {
      const at = (quarter * this.latest.total) / 4;
      if (before.index < at && this.latest.index >= at) announce(`${quarter * 25} percent painted.`);
    }
  }
}
