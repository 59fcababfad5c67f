import * as tf from "@tensorflow/tfjs-core";
import { adam } from "./adam.js";
import { averaged } from "./averaged.js";
import { deviceCheck } from "./device.js";
import type { Engine } from "./engine.js";
import { Diverged, NoRoom } from "./errors.js";
import { greyNetwork } from "./grey.js";
import { type LossLog, lossLog } from "./loss-log.js";
import { withMargin } from "./margin.js";
import { layerMasks } from "./masks.js";
import { evaluate, type Objective, prepareTerm, sourceFeatures } from "./objective.js";
import type { Optimizer } from "./optimizer.js";
import {
  type Picture,
  pictureTensor,
  placedMask,
  placedTensor,
  type Transparency,
  transparency,
} from "./picture.js";
import { filling } from "./placement.js";
import { type Plan, plan } from "./plan.js";
import { carryOver, type Position, readPicture, replace, start } from "./position.js";
import { type Stepper, stepper } from "./recorded.js";
import { checkState, keptOf, mostBackOffs, positionOf, readArrays } from "./resumption.js";
import type { Signal, StylizeOptions } from "./run-options.js";
import { hasSettled, settlingSteps } from "./settled.js";
import { type Step, stepHandle } from "./step.js";
import { termWeights } from "./term-weights.js";
import { tiledObjective } from "./tiled-objective.js";

/**
 * Steps of a scale between two checks of its losses. If they are not finite, the run goes back to the image of the check
 * before. Only the number of steps decides when to check, so that a run does the same whether or not losses are read.
 */
const checkEvery = 16;

/**
 * Paints: optimises an image's pixels until the network sees in it the objects of the content and the colours and
 * textures of the style.
 *
 * Follow the steps with `for await`; stop with `break` or `signal`. Every tensor is freed, however it ends. Between
 * steps, timers and events get their turn. The generator returns the last step's picture.
 *
 * @example
 * for await (const step of stylize({ engine, network, content, style, terms })) {
 *   console.log(`${step.index} of ${step.total}`);
 *   if (step.last) await save(await step.picture());
 * }
 *
 * @throws {OptionError | TypeError | NoRoom} before anything is allocated, as `plan` does
 * @throws `signal.reason`, or an error named AbortError, once the signal is aborted
 * @throws {DeviceLost} when the device is lost
 * Where a loss or the image is no longer finite, the run goes on from the last image before it that was checked, with
 * half the learning rate: up to three times, at every 16th step of a scale and at the end of each scale but the last.
 *
 * @throws {Diverged} when a loss or the picture is still not finite then, at the end of the last scale, or if the
 * optimizer cannot be made slower; it names the step and the loss
 */
export async function* stylize(options: StylizeOptions): AsyncGenerator<Step, Picture, void> {
  const run = plan(options);
  const { engine, network, content, signal, resume } = options;
  const differentiated = run.grey ? greyNetwork(network) : network;
  let optimizer: Optimizer = options.optimizer ?? averaged(adam());
  const { name } = optimizer;
  if (resume !== undefined) checkState(resume, run, name, options.terms);
  const weights = termWeights(options.terms, options.weights, resume?.unit);
  const log = lossLog(resume?.totals, resume?.losses);
  /** Also lets timers, input and messages run. */
  const checkDevice = deviceCheck(engine);

  let position: Position | undefined;
  /** The image to go back to, and the one that takes its place if the present check finds nothing wrong. */
  let kept: KeptImage | undefined;
  let candidate: KeptImage | undefined;
  let backOffs = 0;
  for (; backOffs < (resume?.backOffs ?? 0); backOffs++) optimizer = optimizer.slower?.(0.5) ?? optimizer;
  let wentBack: Step["wentBack"];
  let hidden: Transparency | undefined;
  let objective: Objective | undefined;
  let steps: Stepper | undefined;
  let refusal: string | undefined;
  const pause = async () => {
    throwIfAborted(signal);
    await checkDevice();
  };
  /** Steps that were done at each scale that has begun. */
  const done = [...(resume?.steps ?? [])];
  let index = done.reduce((sum, steps) => sum + steps, 0);
  /** Number of scales that have begun. */
  let begun = resume === undefined || resume.ended ? done.length : done.length - 1;
  const ahead = run.scales.slice(begun);
  let total = ahead.reduce((sum, { steps }, i) => sum + steps - (done[begun + i] ?? 0), index);
  try {
    for (const scale of ahead) {
      throwIfAborted(signal);
      begun++;
      steps?.dispose();
      steps = undefined;
      /** The state to go on from, where it is one within this scale. */
      const resumed = begun === resume?.steps.length ? resume : undefined;
      position = replace(
        position,
        tf.tidy(() => {
          if (resumed !== undefined) return positionOf(resumed);
          const before = position ?? (resume && positionOf(resume));
          return before === undefined
            ? start(run, scale, optimizer, options)
            : carryOver(before, scale, optimizer, run.margin);
        }),
      );
      tf.dispose(hidden);
      hidden = transparency(content, scale.content);
      objective?.dispose();
      objective = undefined;
      tf.dispose(kept?.image);
      kept =
        resumed === undefined
          ? { image: tf.clone(position.image), index }
          : { image: keptOf(resumed), index: resumed.kept ?? 0 };
      engine.trim();
      objective =
        scale.tiles === undefined
          ? wholeObjective(run, scale, options, differentiated)
          : await tiledObjective(run, scale, options, differentiated, pause);
      steps = stepper(engine, objective, optimizer, position, checkDevice);

      /** Steps of the scale whose evaluation was accepted. */
      let accepted = resumed?.accepted ?? done[begun - 1] ?? 0;
      /** The accepted step since which the weights are the same, and no image was gone back to. */
      let since = resumed?.since ?? 0;
      let scalarsBefore = resumed && weights.inUnit(resumed.weights).scalars;
      for (let [step, ends] = [done[begun - 1] ?? 0, false]; !ends; step++) {
        throwIfAborted(signal);
        const { scalars, unit, values } = weights.now();
        if (scalarsBefore !== undefined && differ(scalars, scalarsBefore)) {
          since = accepted;
          position = replace(position, changed(position, optimizer));
        }
        scalarsBefore = scalars;
        const at: Position = position;
        const { next, terms } = await steps.step(at, scalars);
        /** Given once for all scales. */
        const unrepeated = refusal === undefined ? steps.refusal : undefined;
        refusal ??= unrepeated;
        const isAccepted = next.accepted !== false;
        if (isAccepted) accepted++;
        const checks = isAccepted && accepted % checkEvery === 0;
        // The losses of a step are those of the image before it.
        if (checks) candidate = { image: tf.clone(at.image), index };
        position = replace(at, { image: next.image, state: next.state });
        index++;
        done[begun - 1] = step + 1;
        if (isAccepted) log.add(index, terms, unit);
        else tf.dispose({ ...terms });
        const shownThrough = hidden;
        const shownBy = optimizer;
        const acceptedSoFar = accepted;
        const left = scale.steps - (step + 1);
        const judged = checks && accepted - since >= 2 * settlingSteps;
        ends = left === 0 || (judged && (await settles(log, options.untilStable)));
        if (ends) total -= left;
        const last = index === total;
        let divergence: Diverged | undefined;
        const handle = stepHandle(
          {
            index,
            total,
            width: scale.size[1],
            height: scale.size[0],
            scale: begun - 1,
            ends,
            last,
            ...(wentBack && { wentBack }),
            ...(unrepeated !== undefined && { unrepeated }),
          },
          log,
          {
            readPicture: () => readPicture(next, shownBy, run.margin, shownThrough),
            readState: async () => {
              if (last)
                throw new Error("Expected a step before the last one, after which nothing is left to do.");
              if (divergence !== undefined) throw divergence;
              const back = candidate ?? kept;
              const images = { image: next.image, ...(!ends && back && { kept: back.image }) };
              const tensors = await readArrays(next.state, images);
              // With it, the log has the totals of all steps.
              const losses = await log.read();
              return {
                optimizer: name,
                steps: [...done],
                ...(next.accepted !== undefined && { accepted: acceptedSoFar, losses }),
                ended: ends,
                backOffs,
                since,
                ...(weights.first !== undefined && { unit: weights.first }),
                ...(Number.isFinite(run.memoryBytes) && { memoryBytes: run.memoryBytes }),
                weights: values,
                totals: [...log.totals],
                ...(!ends && back && { kept: back.index }),
                ...tensors,
              };
            },
          },
          checkDevice,
          (error) => explained(error, engine, scale),
        );
        wentBack = undefined;
        try {
          await checkDevice();
          if (engine.exhausted?.()) throw outOfMemory(engine, scale);
          // At the last step there is nothing to go on with: reading its picture throws the error.
          if ((ends || checks) && !last) divergence = await divergenceAt(handle.step, ends);
          if (divergence !== undefined && (backOffs === mostBackOffs || !optimizer.slower)) throw divergence;
          yield handle.step;
          if (last) return await handle.step.picture();
        } finally {
          await handle.close();
        }
        if (divergence !== undefined && optimizer.slower) {
          backOffs++;
          optimizer = optimizer.slower(0.5);
          steps.dispose();
          steps = stepper(engine, objective, optimizer, position, checkDevice);
          position = replace(position, startAgain(kept.image, optimizer));
          log.wentBack();
          wentBack = { because: divergence, to: kept.index };
          since = accepted;
          tf.dispose(candidate?.image);
        } else if (candidate !== undefined) {
          tf.dispose(kept.image);
          kept = candidate;
        }
        candidate = undefined;
      }
    }
    throw new Error("Expected a run to have a last step.");
  } catch (error) {
    // Where the device is lost, that is what made anything else fail.
    if (!signal?.aborted) await checkDevice();
    throw explained(error, engine, run.scales[Math.max(0, begun - 1)]);
  } finally {
    steps?.dispose();
    weights.dispose();
    log.dispose();
    tf.dispose(hidden);
    objective?.dispose();
    tf.dispose(position);
    tf.dispose([kept?.image, candidate?.image]);
  }
}

/** An image, and the index of the step that it is of. */
interface KeptImage {
  readonly image: tf.Tensor4D;
  readonly index: number;
}

/** What is not finite at a step: a loss up to it, or at the end of a scale its picture. */
async function divergenceAt(step: Step, ends: boolean): Promise<Diverged | undefined> {
  try {
    await (ends ? step.picture() : step.losses());
  } catch (error) {
    if (error instanceof Diverged) return error;
    throw error;
  }
  return undefined;
}

/** Whether the loss has settled; one that is not finite has not. */
async function settles(log: LossLog, untilStable: number | undefined): Promise<boolean> {
  if (untilStable === undefined) return false;
  try {
    await log.read();
  } catch (error) {
    if (error instanceof Diverged) return false;
    throw error;
  }
  return hasSettled(log.totals, untilStable);
}

/** Whether a weight has changed, which makes a tensor of its own. */
function differ(
  scalars: Readonly<Record<string, tf.Scalar>>,
  before: Readonly<Record<string, tf.Scalar>>,
): boolean {
  return Object.entries(scalars).some(([name, scalar]) => before[name] !== scalar);
}

/** Where to go on from once weights have changed. */
function changed(at: Position, optimizer: Optimizer): Position {
  return tf.tidy(() => optimizer.changed?.(at.image, at.state) ?? at);
}

/** A position at an image, as if the scale began with it. */
function startAgain(image: tf.Tensor4D, optimizer: Optimizer): Position {
  return tf.tidy(() => ({ image: tf.clone(image), state: optimizer.init(image) }));
}

function wholeObjective(
  run: Plan,
  { size, content: placement, styleSizes }: Plan["scales"][number],
  { network, content, terms }: StylizeOptions,
  differentiated: Parameters<typeof evaluate>[0],
): Objective {
  const targets = tf.tidy(() => {
    const image = sourceFeatures(network, withMargin(placedTensor(content, placement), run.margin), terms);
    const styles = run.styles.map(({ picture, weight, contentMask, styleMask }, i) => {
      const styleSize = styleSizes[i] ?? size;
      const style = sourceFeatures(network, pictureTensor(picture, styleSize), terms);
      if (contentMask === undefined && styleMask === undefined) return { weight, features: style };
      const masks = {
        ...(contentMask && { content: withMargin(placedMask(contentMask, placement), run.margin) }),
        ...(styleMask && { style: placedMask(styleMask, filling(styleSize)) }),
      };
      return { weight, features: style, ...tf.tidy(() => layerMasks(network, masks, { image, style })) };
    });
    const sources = { content: { features: image }, styles };
    return terms.map((term) => prepareTerm(term, sources));
  });
  const prepared = terms.map((term, i) => ({ term, targets: targets[i] }));
  const evaluateAt = (pixels: tf.Tensor4D, weights: Readonly<Record<string, tf.Scalar>>) =>
    evaluate(differentiated, pixels, prepared, weights);
  return {
    at: (pixels, weights, use) => tf.tidy(() => use(evaluateAt(pixels, weights))),
    evaluate: evaluateAt,
    dispose: () => tf.dispose(targets),
  };
}

/** What made an error: too little memory, where that is so. */
function explained(error: unknown, engine: Engine, scale: Plan["scales"][number] | undefined): unknown {
  if (scale === undefined || error instanceof NoRoom || !engine.exhausted?.(error)) return error;
  return outOfMemory(engine, scale, error);
}

/** The error of an engine that is out of memory although the plan fitted: another program may have taken it. */
function outOfMemory(
  { name }: Engine,
  { size: [height, width] }: Plan["scales"][number],
  cause?: unknown,
): NoRoom {
  const longest = Math.floor(0.75 * Math.max(width, height));
  const problem = `The engine ${name} ran out of memory at ${width}×${height}`;
  return new NoRoom(
    `${problem}: choose at most ${longest} pixels for the longer side.`,
    { engine: name, longest, size: longest, problem },
    { cause },
  );
}

function throwIfAborted(signal: Signal | undefined): void {
  if (!signal?.aborted) return;
  throw signal.reason ?? Object.assign(new Error("The run was aborted."), { name: "AbortError" });
}
