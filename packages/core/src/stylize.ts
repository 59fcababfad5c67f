import * as tf from "@tensorflow/tfjs-core";
import { adam } from "./adam.js";
import { averaged } from "./averaged.js";
import { deviceCheck } from "./device.js";
import type { Engine } from "./engine.js";
import { NoRoom } from "./errors.js";
import { greyNetwork } from "./grey.js";
import { lossLog } from "./loss-log.js";
import { withMargin } from "./margin.js";
import { layerMasks } from "./masks.js";
import { evaluate, type PreparedTerm, prepareTerm, sourceFeatures } from "./objective.js";
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
import type { Signal, StylizeOptions } from "./run-options.js";
import { type Step, stepHandle } from "./step.js";
import { termWeights } from "./term-weights.js";

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
 * @throws {Diverged} when a loss or the picture is no longer finite: at the latest 16 steps later, and before the last
 * picture is returned; it names the step and the loss
 */
export async function* stylize(options: StylizeOptions): AsyncGenerator<Step, Picture, void> {
  const run = plan(options);
  const { engine, network, content, signal } = options;
  const differentiated = run.grey ? greyNetwork(network) : network;
  const optimizer: Optimizer = options.optimizer ?? averaged(adam());
  const total = run.scales.reduce((sum, scale) => sum + scale.steps, 0);
  const weights = termWeights(options.terms, options.weights);
  const log = lossLog();
  /** Also lets timers, input and messages run. */
  const checkDevice = deviceCheck(engine);

  let position: Position | undefined;
  let hidden: Transparency | undefined;
  let targets: readonly PreparedTerm[] = [];
  let index = 0;
  /** Number of scales that have begun. */
  let begun = 0;
  try {
    for (const scale of run.scales) {
      throwIfAborted(signal);
      begun++;
      position = replace(
        position,
        tf.tidy(() =>
          position === undefined
            ? start(run, scale, optimizer, options)
            : carryOver(position, scale, optimizer, run.margin),
        ),
      );
      tf.dispose(hidden);
      hidden = transparency(content, scale.content);
      freeTargets(targets);
      targets = [];
      engine.trim();
      targets = prepareTargets(run, scale, options);

      for (let step = 0; step < scale.steps; step++) {
        throwIfAborted(signal);
        const at: Position = position;
        const { scalars, unit } = weights.now();
        const { next, terms } = tf.tidy(() => {
          const evaluation = evaluate(differentiated, at.image, targets, scalars);
          return { next: optimizer.step(at.image, at.state, evaluation), terms: evaluation.terms };
        });
        position = replace(at, next);
        index++;
        log.add(index, terms, unit);
        const shownThrough = hidden;
        const handle = stepHandle(
          { index, total, width: scale.size[1], height: scale.size[0], last: index === total },
          log,
          () => readPicture(next, optimizer, run.margin, shownThrough),
          checkDevice,
          (error) => explained(error, engine, scale),
        );
        try {
          await checkDevice();
          if (engine.exhausted?.()) throw outOfMemory(engine, scale);
          if (log.isFull) await log.read();
          yield handle.step;
          if (handle.step.last) return await handle.step.picture();
        } finally {
          await handle.close();
        }
      }
    }
    throw new Error("Expected a run to have a last step.");
  } catch (error) {
    // Where the device is lost, that is what made anything else fail.
    if (!signal?.aborted) await checkDevice();
    throw explained(error, engine, run.scales[Math.max(0, begun - 1)]);
  } finally {
    weights.dispose();
    log.dispose();
    tf.dispose(hidden);
    freeTargets(targets);
    tf.dispose(position);
  }
}

function prepareTargets(
  run: Plan,
  { size, content: placement, styleSizes }: Plan["scales"][number],
  { network, content, terms }: StylizeOptions,
): readonly PreparedTerm[] {
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
  return terms.map((term, i) => ({ term, targets: targets[i] }));
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

function freeTargets(targets: readonly PreparedTerm[]): void {
  tf.dispose(targets.map((prepared) => prepared.targets));
}

function throwIfAborted(signal: Signal | undefined): void {
  if (!signal?.aborted) return;
  throw signal.reason ?? Object.assign(new Error("The run was aborted."), { name: "AbortError" });
}
