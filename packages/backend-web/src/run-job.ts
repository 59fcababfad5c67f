import {
  type Json,
  type LossTerm,
  NoRoom,
  type Picture,
  plan,
  type Recipe,
  type StylizeOptions,
  stylize,
} from "@brushwork/core";
import { compactRecipe, presets, settings } from "@brushwork/recipes";
import { decodePicture } from "./decode-picture.js";
import type { EngineName } from "./engine-names.js";
import { startFirst } from "./engines/engines.js";
import { loadNetwork } from "./networks.js";
import type { PaintEvent } from "./paint-event.js";
import { paintedRecipe } from "./painted-recipe.js";
import { type Failure, failureOf, type Job, type PictureSource, type Reply } from "./protocol.js";
import type { RunControl } from "./run-control.js";

/** Losses of one's own, by the name that recipes call them by. */
export type Losses = Readonly<
  Record<string, (weight: number, options: Readonly<Record<string, Json>>) => LossTerm>
>;

type Post = (reply: Reply, transfer?: readonly Transferable[]) => void;

/** Photographs are larger than anything that can be painted; beyond this side, decoding makes them smaller. */
const longestSide = 4096;

/** Milliseconds in which the loss of a device shows after what it made fail. */
const patience = 200;

/** Paints what a job says, and posts what happens, up to the last picture or the reason why there is none. */
export async function runJob(job: Job, control: RunControl, losses: Losses, post: Post): Promise<void> {
  let started: Awaited<ReturnType<typeof startFirst>> | undefined;
  const say = (event: PaintEvent, transfer?: readonly Transferable[]) =>
    post({ type: "event", event }, transfer);
  try {
    const recipe = job.recipe ?? compactRecipe(presets.default.recipe);
    const { terms, ...rest } = settingsOf(recipe, losses);
    const pictures = await picturesOf(job, recipe);
    started = await startFirst(job.engines, job, (engine, reason) =>
      say({ type: "skipped", engine, reason }),
    );
    const { name, engine } = started;
    say({ type: "started", engine: name, device: engine.device });
    const { network, sha256, unkept } = await loadNetwork(recipe.network.name, {
      ...job,
      pooling: recipe.network.pooling,
      progress: (progress) => say({ type: "pulling", ...progress }),
    });
    if (unkept !== undefined) say({ type: "unkept", reason: unkept });
    const options: StylizeOptions = {
      ...rest,
      ...pictures,
      terms,
      engine,
      network,
      weights: () => control.weights,
    };
    const scales = plan(options).scales.map(({ size: [height, width], steps }) => ({ width, height, steps }));
    const last = scales.at(-1);
    if (last !== undefined) say({ type: "planned", ...last, steps: stepsOf(scales), scales });

    const painted = await Promise.race([
      paintSteps(options, scales, { control, previewEvery: job.previewEvery, say }),
      engine.lost.then((error) => {
        throw error;
      }),
    ]);
    network.dispose();
    await engine.stop();
    say(
      {
        type: "painted",
        ...painted,
        recipe: paintedRecipe(recipe, { steps: painted.index, weights: control.weights, sha256 }),
      },
      [painted.picture.data.buffer],
    );
  } catch (error) {
    post({ type: "failed", failure: await failureIn(started, error) });
  }
}

type Painted = Pick<PaintEvent & { type: "painted" }, "picture" | "index" | "total">;

async function paintSteps(
  options: StylizeOptions,
  scales: readonly { readonly steps: number }[],
  {
    control,
    previewEvery,
    say,
  }: {
    readonly control: RunControl;
    readonly previewEvery: number;
    readonly say: (event: PaintEvent, transfer?: readonly Transferable[]) => void;
  },
): Promise<Painted> {
  const ends = scales.map((_, i) => stepsOf(scales.slice(0, i + 1)));
  let shown = performance.now();
  const resumed = (index: number) => control.resumed(() => say({ type: "paused", index }));
  await resumed(0);
  let begun = performance.now();
  for await (const step of stylize(options)) {
    const { index, total, width, height, last } = step;
    const milliseconds = performance.now() - begun;
    say({ type: "step", index, total, width, height, losses: await step.losses(), milliseconds });
    if (last || control.stopped) return { picture: await step.picture(), index, total };
    if (ends.includes(index) || performance.now() - shown >= previewEvery) {
      const picture = await step.picture();
      // Copied, not transferred: a stop right after it asks for the same picture again.
      say({ type: "preview", picture, index });
      shown = performance.now();
    }
    await resumed(index);
    if (control.stopped) return { picture: await step.picture(), index, total };
    begun = performance.now();
  }
  throw new Error("Expected a run to have a last step.");
}

function stepsOf(scales: readonly { readonly steps: number }[]): number {
  return scales.reduce((sum, { steps }) => sum + steps, 0);
}

/** What a recipe's names mean, with losses beyond our own. */
function settingsOf(recipe: Recipe, losses: Losses): ReturnType<typeof settings> {
  const own = new Map(Object.entries(losses));
  const { terms, ...rest } = settings({
    ...recipe,
    terms: recipe.terms.filter(({ name }) => !own.has(name)),
  });
  const theirs = recipe.terms.flatMap(({ name, weight, options }) => own.get(name)?.(weight, options) ?? []);
  return { ...rest, terms: [...terms, ...theirs] };
}

async function picturesOf(
  { content, styles, init }: Job,
  recipe: Recipe,
): Promise<Pick<StylizeOptions, "content" | "style" | "init">> {
  return {
    content: await pictureOf(content),
    style: await Promise.all(
      styles.map(async (source) => ({ ...source, picture: await pictureOf(source.picture) })),
    ),
    init: recipe.init === "picture" ? await startOf(init) : recipe.init,
  };
}

function startOf(init: PictureSource | undefined): Promise<Picture> | Picture {
  if (init === undefined)
    throw new TypeError("Expected a picture to start from, for the recipe's init is picture, got none.");
  return pictureOf(init);
}

function pictureOf(source: PictureSource): Promise<Picture> | Picture {
  return source instanceof Blob ? decodePicture(source, { longest: longestSide }) : source;
}

/** What went wrong. Where the engine's device is gone it was that, whatever failed of it. */
async function failureIn(
  started: { readonly name: EngineName; readonly engine: StylizeOptions["engine"] } | undefined,
  error: unknown,
): Promise<Failure> {
  if (started === undefined) return failureOf(error);
  const { name, engine } = started;
  if (error instanceof NoRoom) return { ...failureOf(error), engine: name };
  const lost = await Promise.race([
    engine.lost,
    new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), patience)),
  ]);
  return lost === undefined ? failureOf(error) : { ...failureOf(lost), engine: name };
}
