import {
  Diverged,
  deviceCheck,
  type Engine,
  initialPicture,
  type LossPlugin,
  type Network,
  OptionError,
  type Picture,
  type Plan,
  plan,
  type Scale,
  type Signal,
  type Step,
  type StyleSource,
  type StylizeOptions,
  stylize,
} from "@brushwork/core";
import { checkKind, checkOptions, type Kind, kinds, objectWith, oneOf } from "@brushwork/core/reading";
import { compactRecipe, paintedRecipe, parseRecipe, presets, type Recipe } from "@brushwork/recipes";
import { type Checkpoint, checkSameInputs, type Digest, inputDigests } from "./checkpoint.js";
import { shownColors, styleOf } from "./colors.js";
import { type EngineChoice, onFirstEngine } from "./first-engine.js";
import { neededSide, type PictureSize, type Role } from "./needed-size.js";
import { paceOf } from "./pace.js";
import { pictureKeeper } from "./picture-keeper.js";
import type { Notice, RunEvent, SkippedEngine } from "./run-event.js";
import { settings } from "./settings.js";
import { isStretched, type StyleMasks, withMasks } from "./style-masks.js";
import { telling } from "./telling.js";

/** What to paint, and its recipe. `Source` is whatever the host reads pictures from, such as a path. */
export interface Job<Source> {
  /** The picture to paint. Where it is transparent, so is the result. */
  readonly content: Source;
  /** The pictures whose style to paint in, at least one. */
  readonly styles: readonly Source[];
  /** The masks of the styles, in their order; a recipe that was painted with masks has to be given them. */
  readonly masks?: readonly StyleMasks<Source>[];
  /** The picture to start from, for a recipe whose `init` is "picture". */
  readonly init?: Source;
  /** How to paint. @default presets.default.recipe */
  readonly recipe?: Recipe;
  /**
   * Whether the network compact, which comes with its weights, may stand in for the recipe's network where that one's
   * weights are not available. @default true, unless the recipe names its weights
   */
  readonly standIn?: boolean;
  /**
   * Memory that the run's tensors may take, in bytes. What does not fit into it is painted in tiles, which changes only the
   * last bits. @default what the engine has
   */
  readonly memoryBytes?: number;
  /** Losses that the recipe may name in addition to ours. */
  readonly plugins?: readonly LossPlugin[];
  /**
   * Where to go on from, with the recipe that it has in place of `recipe`, and the same pictures. On the same engine the
   * picture is the same, to the last bit, as that of a run that never ended.
   */
  readonly resume?: Checkpoint;
}

/** A network that a host has loaded. */
export interface FoundNetwork {
  readonly network: Network;
  /** The name that recipes use for its weights; absent where it is not known. */
  readonly weights?: string;
  /** The weights' other name, the digest of their file, which older recipes use. */
  readonly file?: string;
  /** Why its downloaded weights cannot be kept for the next run. */
  readonly unkept?: string;
}

/** The part of a run that differs between Node and a browser: engines, weights, picture files. */
export interface Host<Source> extends EngineChoice {
  /**
   * Starts the first of some engines that can start.
   * @param onSkip called for each one that cannot, if another is left
   * @throws the last one's error, where none starts
   */
  start(engines: readonly string[], onSkip: (skipped: SkippedEngine) => void): Promise<Engine>;
  /** The names of all networks. */
  readonly networks: readonly string[];
  /** Whether a network's weights are available without downloading or picking a file. */
  hasWeights(network: string): Promise<boolean>;
  /** Loads a network onto the running engine. */
  network(
    network: Recipe["network"],
    onProgress: (bytes: { readonly received: number; readonly total: number }) => void,
  ): Promise<FoundNetwork>;
  /** Reads a picture, reduced to what the run needs of it. */
  picture(source: Source, options: PictureOptions): Promise<Picture>;
  /** The time in milliseconds, from an arbitrary origin. */
  now(): number;
  /** What checkpoints recognise pictures by. Absent: there are no checkpoints. */
  readonly digest?: Digest;
}

/** How a host reads a picture. */
export interface PictureOptions {
  /** The longer side that the run needs, for the picture's own size; a host may give a larger picture. */
  longest(own: PictureSize): number;
  /** Called with a sentence about a picture that was read although its file lacks something. */
  onWarning(sentence: string): void;
}

/** Control of a run in progress; every property is read again at each step. */
export interface RunControl {
  /** Ends the run at once, with `signal.reason`. */
  readonly signal?: Signal;
  /** Whether to end after the current step, with the picture so far. */
  readonly stopped?: boolean;
  /** Weights by term name; a term that is left out keeps its weight. */
  readonly weights?: Readonly<Record<string, number>>;
  /** Whether to wait. */
  readonly paused?: boolean;
  /** Resolves when the run may go on or has to stop. */
  resumed?(): Promise<void>;
  /** Whether to read a step's losses back from the device; the last step's are always read. Absent: at every step. */
  wantsLosses?(step: { readonly index: number; readonly total: number }): boolean;
  /**
   * Whether to give the picture after a step, or before the first one, as that of step 0. `ends`: whether the step is
   * the last of its scale. Absent: only the last picture is given.
   */
  wantsPicture?(step: { readonly index: number; readonly total: number; readonly ends: boolean }): boolean;
  /** Whether to give a checkpoint after a step, other than the last one. Absent: none is given. */
  wantsCheckpoint?(step: {
    readonly index: number;
    readonly total: number;
    readonly secondsLeft: number;
  }): boolean;
}

/** The network that comes with its weights. */
const standIn = "compact";

/**
 * Paints by a recipe: the only way from a recipe and pictures to a picture.
 *
 * It makes the losses and the optimizer that the recipe names, starts the first engine that can run it, loads the
 * network and paints. Where an engine has too little memory, or is lost before the first step, the host's next engine
 * takes over. Everything is freed at the end, however the run ends.
 *
 * @example
 * for await (const event of run({ content, styles: [style], recipe }, host)) {
 *   if (event.type === "step") console.log(`${event.index} of ${event.total}`);
 *   if (event.type === "picture" && event.why === "last") await save(event.picture);
 * }
 * @returns events, the last of which is a picture, unless the run was stopped before its first step
 * @throws {OptionError | TypeError} when the job is not valid
 * @throws {NoRoom} when no engine has enough memory; the error is that of the engine with the most
 * @throws {DeviceLost} when the device is lost
 * @throws {Diverged} when a loss or the picture is no longer finite, although the run went back as `stylize` does
 * @throws {PluginError} when a loss plugin fails
 * @throws `signal.reason` once the signal is aborted, and the host's errors about engines, weights and pictures
 */
export async function* run<Source>(
  job: Job<Source>,
  host: Host<Source>,
  control: RunControl = {},
): AsyncGenerator<RunEvent, void, void> {
  checkGiven(job, host, control);
  const prepared = yield* telling<RunEvent, Prepared>(
    (tell) => prepare(job, host, (notice) => tell({ type: "notice", ...notice })),
    () => {},
  );
  if (isStopped(control)) return;
  const { engines, once = false } = host;
  const { engine } = job.resume ?? {};
  // The engine that the run was on paints the same picture.
  const first = engines.filter((name) => name === engine);
  const choice: EngineChoice = { engines: [...first, ...engines.filter((name) => name !== engine)], once };
  yield* onFirstEngine(choice, (left) => attempt(prepared, left, host, control));
}

interface Prepared {
  readonly recipe: Recipe;
  readonly standIn: boolean;
  readonly resume: Checkpoint | undefined;
  readonly options: Pick<
    StylizeOptions,
    | "terms"
    | "optimizer"
    | "scales"
    | "untilStable"
    | "fit"
    | "styleScale"
    | "margin"
    | "seed"
    | "content"
    | "style"
    | "init"
    | "memoryBytes"
  >;
}

/** What a host reads a picture from is its own. */
const given: Kind = (source) => (source === undefined || source === null ? "a picture" : undefined);

const jobKinds: Readonly<Record<keyof Job<unknown>, Kind>> = {
  content: given,
  styles: kinds.list,
  masks: kinds.list,
  init: given,
  recipe: kinds.record,
  standIn: kinds.flag,
  memoryBytes: kinds.number,
  plugins: kinds.list,
  resume: kinds.record,
};

const maskKinds: Readonly<Record<keyof StyleMasks<unknown>, Kind>> = { content: given, style: given };

/** The members of `RunControl`, and those that `runControls` adds. */
const controlKinds: Readonly<Record<keyof RunControl | "pause" | "resume" | "stop" | "setWeights", Kind>> = {
  signal: kinds.signal,
  stopped: kinds.flag,
  weights: kinds.record,
  paused: kinds.flag,
  resumed: kinds.callback,
  wantsLosses: kinds.callback,
  wantsPicture: kinds.callback,
  wantsCheckpoint: kinds.callback,
  pause: kinds.callback,
  resume: kinds.callback,
  stop: kinds.callback,
  setWeights: kinds.callback,
};

/** @throws {OptionError} when what `run` is given is unknown, missing or of another kind */
function checkGiven<Source>(job: Job<Source>, host: Host<Source>, control: RunControl): void {
  checkOptions("run", job, jobKinds, ["content", "styles"]);
  for (const [i, masks] of (job.masks ?? []).entries()) checkOptions(`masks[${i}]`, masks, maskKinds);
  for (const [i, plugin] of (job.plugins ?? []).entries())
    checkKind(`plugins[${i}]`, plugin, objectWith("a loss plugin", "name", "options", "create"));
  checkKind(
    "the host",
    host,
    objectWith("a host, such as nodeHost()", "engines", "start", "network", "picture"),
  );
  checkOptions<object>("the run's control", control, controlKinds);
}

/** Checks everything that can be refused before the first thing that takes long. */
async function prepare<Source>(
  job: Job<Source>,
  host: Host<Source>,
  note: (notice: Notice) => void,
): Promise<Prepared> {
  const { plugins = [], masks = [], resume } = job;
  const asked = parseRecipe(resume?.recipe ?? job.recipe ?? presets.default.recipe);
  const { standIn = asked.network.weights === undefined } = resume === undefined ? job : { standIn: false };
  oneOf(asked.network.name, "the network", host.networks);
  if (job.styles.length === 0) throw new OptionError("Expected at least one style, got none.");
  const options = settings(asked, plugins);
  const weights = styleWeights(asked, job.styles.length);
  const recipe = withMasks(asked, masks, weights, job.styles.length);
  const onWarning = (reason: string) => note({ kind: "incomplete picture", reason });
  const read = (source: Source, role: Role) =>
    host.picture(source, { longest: neededSide(recipe, role), onWarning });
  const init = await startOf(recipe, job, read);
  const content = await read(job.content, "content");
  const styles: StyleSource[] = [];
  // One after another: each may take a gibibyte while it is decoded.
  for (const [i, source] of job.styles.entries()) {
    const style = await read(source, "style");
    const readMask = async (mask: Source | undefined, which: "content" | "style", of: Picture) => {
      if (mask === undefined) return undefined;
      const picture = await read(mask, which);
      if (isStretched(picture, of)) note({ kind: "stretched mask", mask: which, style: i + 1 });
      return picture;
    };
    const contentMask = await readMask(masks[i]?.content, "content", content);
    const styleMask = await readMask(masks[i]?.style, "style", style);
    styles.push({
      picture: styleOf(recipe, content, style),
      weight: weights[i] ?? 1,
      ...(contentMask && { contentMask }),
      ...(styleMask && { styleMask }),
    });
  }
  const pictures = { content, style: styles, init };
  if (resume !== undefined) checkSameInputs(await inputDigests(pictures, digestOf(host)), resume);
  return {
    recipe,
    standIn,
    options: {
      ...options,
      ...pictures,
      ...(job.memoryBytes !== undefined && { memoryBytes: job.memoryBytes }),
    },
    resume,
  };
}

function digestOf<Source>({ digest }: Host<Source>): Digest {
  if (digest === undefined) throw new Error("Expected a host that goes on from checkpoints.");
  return digest;
}

/** What the run starts from: the picture itself, where the recipe's init is "picture". */
async function startOf<Source>(
  { init }: Recipe,
  job: Job<Source>,
  read: (source: Source, role: Role) => Promise<Picture>,
): Promise<NonNullable<StylizeOptions["init"]>> {
  if (init !== "picture") return init;
  if (job.init === undefined)
    throw new OptionError("Expected a picture to start from, since the recipe's init is picture, got none.");
  return read(job.init, "init");
}

function styleWeights({ styles }: Recipe, count: number): readonly number[] {
  // The weight of a single style makes no difference.
  if (styles === undefined || count === 1) return [];
  if (styles.length !== count)
    throw new OptionError(
      `Expected ${styles.length} ${styles.length === 1 ? "style" : "styles"}, for which the recipe has weights, got ${count}: ` +
        "give as many, or other weights.",
    );
  return styles.map(({ weight }) => weight);
}

/** An attempt on the first of some engines that starts. */
async function* attempt<Source>(
  { recipe: asked, standIn: mayStandIn, options, resume }: Prepared,
  engines: readonly string[],
  host: Host<Source>,
  control: RunControl,
): AsyncGenerator<RunEvent, void, void> {
  const engine = yield* telling<RunEvent, Engine>(
    (tell) => host.start(engines, (skipped) => tell({ type: "skipped", ...skipped, started: false })),
    (left) => left.stop(),
  );
  try {
    yield { type: "started", engine: engine.name, device: engine.device };
    const recipe = mayStandIn ? await withStandIn(asked, host) : asked;
    if (recipe !== asked)
      yield { type: "notice", kind: "stand-in", network: recipe.network.name, wanted: asked.network.name };
    if (resume !== undefined && resume.engine !== engine.name)
      yield { type: "notice", kind: "other engine", engine: engine.name, wanted: resume.engine };
    if (isStopped(control)) return;
    const checkDevice = deviceCheck(engine);
    try {
      yield* onNetwork({ recipe, options, resume }, engine, host, control);
    } catch (error) {
      // Loading a network uses the device too.
      if (!control.signal?.aborted) await checkDevice();
      throw error;
    }
  } finally {
    await engine.stop();
  }
}

async function withStandIn<Source>(recipe: Recipe, host: Host<Source>): Promise<Recipe> {
  const { name } = recipe.network;
  return name === standIn || (await host.hasWeights(name)) ? recipe : compactRecipe(recipe);
}

async function* onNetwork<Source>(
  { recipe: asked, options, resume }: Omit<Prepared, "standIn">,
  engine: Engine,
  host: Host<Source>,
  control: RunControl,
): AsyncGenerator<RunEvent, void, void> {
  const { network, weights, file, unkept } = yield* telling<RunEvent, FoundNetwork>(
    (tell) => host.network(asked.network, (bytes) => tell({ type: "pulling", ...bytes })),
    (left) => left.network.dispose(),
  );
  try {
    if (unkept !== undefined) yield { type: "notice", kind: "unkept", reason: unkept };
    const { name, weights: wanted } = asked.network;
    if (wanted !== undefined && weights !== undefined && ![weights, file].includes(wanted)) {
      if (resume !== undefined)
        throw new OptionError(
          `Expected the weights ${wanted} of ${name}, which the run was painting with, got ${weights}: ` +
            "give those, or paint anew.",
        );
      yield { type: "notice", kind: "other weights", network: name, wanted, found: weights };
    }
    if (isStopped(control)) return;
    const recipe = weights === undefined ? asked : { ...asked, network: { ...asked.network, weights } };
    // A stand-in's terms may have other weights.
    const terms = options.terms.map((term, i) => ({
      ...term,
      weight: recipe.terms[i]?.weight ?? term.weight,
    }));
    // What the run was planned for on another engine says nothing about this one.
    const moved = resume !== undefined && resume.engine !== engine.name;
    const { memoryBytes = moved ? engine.memoryBytes : undefined } = options;
    const all = { ...options, terms, engine, network, ...(memoryBytes !== undefined && { memoryBytes }) };
    yield* paintSteps({ recipe, resume, options: all }, host, control);
  } finally {
    network.dispose();
  }
}

async function* paintSteps<Source>(
  {
    recipe: asked,
    options,
    resume,
  }: Omit<Prepared, "standIn" | "options"> & { readonly options: StylizeOptions },
  { now, digest }: Host<Source>,
  control: RunControl,
): AsyncGenerator<RunEvent, void, void> {
  const { scales: planned, leftOut, margin, bytes, operations } = plan(options);
  for (const { what, size, layer, least } of leftOut) {
    const [height, width] = size;
    yield { type: "notice", kind: "left out", what, width, height, layer, least };
  }
  const recipe = ofPlan(asked, planned);
  const scales = planned.map(({ size: [height, width], steps }) => ({ width, height, steps }));
  const { steps: before = [], ended = false } = resume?.state ?? {};
  /** Steps that were done at each scale. */
  const done = planned.map((_, i) => before[i] ?? 0);
  /** Index of the scale that the run begins with. */
  const firstScale = Math.max(0, before.length - (ended ? 0 : 1));
  const begunAt = done.reduce((sum, steps) => sum + steps, 0);
  /** Smaller after a scale that ended early. */
  let total = recipe.scales.reduce((sum, { steps }, i) => sum + (i < firstScale ? (done[i] ?? 0) : steps), 0);
  const tiles = planned.map((scale) => scale.tiles).toSorted((a, b) => (b?.count ?? 0) - (a?.count ?? 0))[0];
  const last = scales.at(-1);
  if (last === undefined) throw new Error("Expected a plan to have a scale.");
  yield {
    type: "planned",
    recipe,
    width: last.width,
    height: last.height,
    steps: total,
    scales,
    ...(bytes !== undefined && { bytes }),
    ...(operations !== undefined && { operations }),
    ...(tiles && { tiles: { count: tiles.count, memoryBytes: tiles.memoryBytes } }),
  };
  /** The weights at the latest step, and those at the step whose picture was kept. */
  let weights: Readonly<Record<string, number>> = resume?.weights ?? {};
  let keptWeights = weights;
  /** The recipe with the steps of the scales that have ended. */
  const doneRecipe = (): Recipe => {
    const at = done.findLastIndex((steps) => steps > 0);
    return {
      ...recipe,
      scales: recipe.scales.map((scale, i) => (i < at ? { ...scale, steps: done[i] ?? scale.steps } : scale)),
    };
  };
  const pictureEvent = (
    picture: Picture,
    index: number,
    why: "asked" | "last" | "kept",
    inForce = weights,
  ): RunEvent => ({
    type: "picture",
    picture,
    index,
    total,
    ...(index > 0 && { recipe: paintedRecipe(doneRecipe(), { steps: index, weights: inForce }) }),
    why,
  });
  if (isStopped(control)) return;
  const colored = shownColors(asked, options.content, planned);
  if (begunAt === 0 && control.wantsPicture?.({ index: 0, total, ends: false }))
    yield pictureEvent(await colored(await initialPicture(options), 0), 0, "asked");
  yield* waiting(control, begunAt);
  if (isStopped(control)) return;

  const pace = paceOf(
    planned.slice(firstScale).map(({ size: [height, width], steps, operations: work }, i) => ({
      steps: steps - (done[firstScale + i] ?? 0),
      ...(work ?? { targets: 0, step: (height + 2 * margin) * (width + 2 * margin) }),
    })),
    now,
  );
  const keeper = pictureKeeper(now);
  let inputs: Checkpoint["inputs"] | undefined;
  const running = {
    ...options,
    ...(resume && { resume: resume.state }),
    weights() {
      weights = { ...resume?.weights, ...control.weights };
      return weights;
    },
    ...(control.signal && { signal: control.signal }),
  };
  try {
    for await (const own of stylize(running)) {
      const { index, width, height, scale } = own;
      const step: Step = { ...own, picture: async () => colored(await own.picture(), scale) };
      done[scale] = (done[scale] ?? 0) + 1;
      total = step.total;
      const times = pace.stepped();
      if (step.ends) pace.ended();
      if (step.wentBack !== undefined) {
        const { because, to } = step.wentBack;
        yield { type: "notice", kind: "went back", problem: because.problem, to };
      }
      if (step.unrepeated !== undefined)
        yield { type: "notice", kind: "not repeated", reason: step.unrepeated };
      try {
        const wanted = step.last || (control.wantsLosses?.(step) ?? true);
        const losses = wanted ? await step.losses() : undefined;
        yield { type: "step", index, total, width, height, ...(losses && { losses }), ...times };
        if (!step.last && !isStopped(control)) {
          if (control.wantsPicture?.(step)) {
            const picture = await keeper.keep(step);
            yield pictureEvent(picture, index, "asked");
          } else await keeper.offer(step);
          if (keeper.kept()?.step === index) keptWeights = weights;
          if (digest !== undefined && control.wantsCheckpoint?.({ index, total, ...times })) {
            const state = await step.state();
            inputs ??= await inputDigests(options, digest);
            const checkpoint = { recipe, engine: options.engine.name, inputs, weights, state };
            yield { type: "checkpoint", checkpoint, index };
          }
          if (control.paused) {
            yield* waiting(control, index);
            pace.resumed();
          }
        }
        if (isStopped(control) || step.last) {
          yield pictureEvent(await step.picture(), index, "last");
          return;
        }
      } catch (error) {
        // The run goes back at its next check, or ends with this error there.
        if (!(error instanceof Diverged) || step.last || isStopped(control)) throw error;
      }
    }
  } catch (error) {
    const kept = keeper.kept();
    if (kept !== undefined && !control.signal?.aborted)
      yield pictureEvent(kept.picture, kept.step, "kept", keptWeights);
    throw error;
  }
}

/** The recipe of what is painted: the scales that are not left out, with the steps that they have. */
function ofPlan(recipe: Recipe, planned: Plan["scales"]): Recipe {
  const scales = planned.map(({ index, steps }) => ({ ...(recipe.scales[index] as Scale), steps }));
  return { ...recipe, scales };
}

async function* waiting(control: RunControl, index: number): AsyncGenerator<RunEvent, void, void> {
  while (control.paused && !isStopped(control)) {
    yield { type: "paused", index };
    await control.resumed?.();
  }
}

/**
 * Whether the run has to stop.
 * @throws `signal.reason`, or an error named AbortError, once the signal is aborted
 */
function isStopped({ signal, stopped = false }: RunControl): boolean {
  if (signal?.aborted)
    throw signal.reason ?? Object.assign(new Error("The run was aborted."), { name: "AbortError" });
  return stopped;
}
