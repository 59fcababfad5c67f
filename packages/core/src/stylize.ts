import * as tf from "@tensorflow/tfjs-core";
import { adam } from "./adam.js";
import { averaged } from "./averaged.js";
import type { Engine } from "./engine.js";
import type { LossTerm } from "./loss.js";
import { withMargin, withoutMargin } from "./margin.js";
import type { Network } from "./network.js";
import { evaluate, type PreparedTerm, prepareTerm, sourceFeatures } from "./objective.js";
import type { Optimizer } from "./optimizer.js";
import { alphaTensor, fittedSize, type Picture, pictureTensor, tensorPicture } from "./picture.js";
import { checkWeight, type Plan, plan, type Scale, type StyleSource } from "./plan.js";
import { resample } from "./resample.js";
import { type Step, stepHandle } from "./step.js";

/** What is needed of an AbortSignal, so that core needs no DOM. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

export interface StylizeOptions {
  /** The engine that was started; it must be TensorFlow.js's current one. */
  readonly engine: Engine;
  readonly network: Network;
  /** What to paint. Where it is transparent, so is the result. */
  readonly content: Picture;
  /** In whose manner to paint: a picture, or several with weights. */
  readonly style: Picture | readonly StyleSource[];
  /** The objective; at least one, their names unique. */
  readonly terms: readonly LossTerm[];
  /** Absent: `averaged(adam())`. */
  readonly optimizer?: Optimizer;
  /** Coarse to fine. Absent: one of 512 pixels and 300 steps. */
  readonly scales?: readonly Scale[];
  /** The style's size relative to the content's; above 1, strokes grow. Absent: 1. */
  readonly styleScale?: number;
  /**
   * Pixels of reflected content round the image while it is optimised, cut off at the end, so that a network's
   * zero padding leaves no visible frame. Absent: 16; 0 switches it off.
   */
  readonly margin?: number;
  /** What the image starts as: the content, the (first) style cropped to the content's shape, noise, or a picture. */
  readonly init?: "content" | "style" | "noise" | Picture;
  /** Of the noise; the same seed gives the same noise on every engine. Absent: 0. */
  readonly seed?: number;
  /** By term name, read at each step: changes take effect at the next. A term it leaves out keeps its weight. */
  readonly weights?: () => Readonly<Record<string, number>>;
  readonly signal?: Signal;
}

/** The image, margin included, and the optimizer's state. */
type Position = { readonly image: tf.Tensor4D; readonly state: tf.TensorContainer };

/**
 * Paints: optimises an image's pixels until a network sees the content's objects and the style's manner in it.
 *
 * Progress is `for await`, stopping is `break` or `signal`; either way every tensor is freed. Between steps it gives
 * way to timers and events. What it returns is the last step's picture.
 *
 * @throws {TypeError | RangeError} before anything is allocated, when an option cannot be (see `plan`)
 * @throws `signal.reason`, or an error named AbortError, once the signal is aborted
 * @throws {Error} when the device is lost
 */
export async function* stylize(options: StylizeOptions): AsyncGenerator<Step, Picture, void> {
  const run = plan(options);
  const { engine, network, content, signal } = options;
  const optimizer: Optimizer = options.optimizer ?? averaged(adam());
  const total = run.scales.reduce((sum, scale) => sum + scale.steps, 0);
  const weights = termWeights(options.terms, options.weights);
  let lost: Error | undefined;
  engine.lost.then((reason) => {
    lost = reason;
  });
  /** Lets timers, input and messages in; among them, the news of a loss. @throws when the device is lost */
  const giveWay = async () => {
    await engine.settle();
    await macrotask();
    if (lost !== undefined) throw lost;
  };

  let position: Position | undefined;
  let alpha: tf.Tensor4D | undefined;
  let targets: readonly PreparedTerm[] = [];
  let index = 0;
  try {
    for (const scale of run.scales) {
      throwIfAborted(signal);
      position = replace(
        position,
        tf.tidy(() =>
          position === undefined
            ? start(run, scale, optimizer, options)
            : carryOver(position, scale, optimizer, run.margin),
        ),
      );
      alpha?.dispose();
      alpha = alphaTensor(content, scale.size);
      freeTargets(targets);
      targets = [];
      engine.trim();
      targets = prepareTargets(run, scale, options);

      for (let step = 0; step < scale.steps; step++) {
        throwIfAborted(signal);
        if (lost !== undefined) throw lost;
        const at: Position = position;
        const { next, terms } = tf.tidy(() => {
          const evaluation = evaluate(network, at.image, targets, weights.now());
          return { next: optimizer.step(at.image, at.state, evaluation), terms: evaluation.terms };
        });
        position = replace(at, next);
        index++;
        const shownAlpha = alpha;
        const handle = stepHandle(
          { index, total, width: scale.size[1], height: scale.size[0], last: index === total },
          terms,
          () => readPicture(next, optimizer, run.margin, shownAlpha),
          giveWay,
        );
        try {
          await giveWay();
          yield handle.step;
          if (handle.step.last) return await handle.step.picture();
        } finally {
          await handle.close();
        }
      }
    }
    throw new Error("Expected a run to have a last step.");
  } finally {
    weights.dispose();
    alpha?.dispose();
    freeTargets(targets);
    tf.dispose(position);
  }
}

function start(
  run: Plan,
  { size }: Plan["scales"][number],
  optimizer: Optimizer,
  { content, init = "content", seed = 0 }: StylizeOptions,
): Position {
  const image = withMargin(beginning(), run.margin);
  return { image, state: optimizer.init(image) };

  function beginning(): tf.Tensor4D {
    if (init === "noise") return tf.randomUniform([1, ...size, 3], 0, 1, "float32", seed);
    if (init === "content") return pictureTensor(content, size);
    if (init === "style") return covering(run.styles[0]?.picture ?? content, size);
    return pictureTensor(init, size);
  }
}

function carryOver(
  { image, state }: Position,
  { size }: Plan["scales"][number],
  optimizer: Optimizer,
  margin: number,
): Position {
  const carry = (tensor: tf.Tensor4D) => withMargin(resample(withoutMargin(tensor, margin), size), margin);
  const next = carry(optimizer.carried?.(image, state) ?? image);
  return { image: next, state: optimizer.resize ? optimizer.resize(state, carry) : optimizer.init(next) };
}

/** The middle of a picture, just large enough to fill a size. */
function covering(picture: Picture, [height, width]: readonly [height: number, width: number]): tf.Tensor4D {
  const longer = Math.max(picture.height, picture.width);
  const factor = Math.max(height / picture.height, width / picture.width);
  const fitted = fittedSize(picture, longer * factor);
  const covered = [Math.max(height, fitted[0]), Math.max(width, fitted[1])] as const;
  const corner = [0, Math.floor((covered[0] - height) / 2), Math.floor((covered[1] - width) / 2), 0];
  return tf.slice(pictureTensor(picture, covered), corner, [1, height, width, 3]);
}

function prepareTargets(
  run: Plan,
  { size, styleSizes }: Plan["scales"][number],
  { network, content, terms }: StylizeOptions,
): readonly PreparedTerm[] {
  const targets = tf.tidy(() => {
    const sources = {
      content: {
        features: sourceFeatures(network, withMargin(pictureTensor(content, size), run.margin), terms),
      },
      styles: run.styles.map(({ picture, weight }, i) => ({
        weight,
        features: sourceFeatures(network, pictureTensor(picture, styleSizes[i] ?? size), terms),
      })),
    };
    return terms.map((term) => prepareTerm(term, sources));
  });
  return terms.map((term, i) => ({ term, targets: targets[i] }));
}

function freeTargets(targets: readonly PreparedTerm[]): void {
  tf.dispose(targets.map((prepared) => prepared.targets));
}

/** Frees what the next position does not go on using. */
function replace(before: Position | undefined, next: Position): Position {
  const used = new Set(tf.tensor_util.getTensorsInContainer({ ...next }));
  for (const tensor of tf.tensor_util.getTensorsInContainer({ ...before }))
    if (!used.has(tensor)) tensor.dispose();
  return next;
}

async function readPicture(
  { image, state }: Position,
  optimizer: Optimizer,
  margin: number,
  alpha: tf.Tensor4D | undefined,
): Promise<Picture> {
  const shown = tf.tidy(() => withoutMargin(optimizer.picture?.(image, state) ?? image, margin));
  try {
    return await tensorPicture(shown, alpha);
  } finally {
    shown.dispose();
  }
}

/** Each term's weight as a scalar tensor, made again only when it changes. */
function termWeights(terms: readonly LossTerm[], read: StylizeOptions["weights"]) {
  const held = new Map<string, { readonly value: number; readonly tensor: tf.Scalar }>();
  return {
    now(): Readonly<Record<string, tf.Scalar>> {
      const changed = read?.();
      return Object.fromEntries(
        terms.map(({ name, weight }) => {
          const value = changed?.[name] ?? weight;
          const before = held.get(name);
          if (before?.value === value) return [name, before.tensor];
          checkWeight(name, value);
          before?.tensor.dispose();
          const tensor = tf.keep(tf.scalar(value));
          held.set(name, { value, tensor });
          return [name, tensor];
        }),
      );
    },
    dispose() {
      for (const { tensor } of held.values()) tensor.dispose();
    },
  };
}

function throwIfAborted(signal: Signal | undefined): void {
  if (!signal?.aborted) return;
  throw signal.reason ?? Object.assign(new Error("The run was aborted."), { name: "AbortError" });
}

interface Surroundings {
  readonly setImmediate?: (callback: () => void) => void;
  readonly MessageChannel?: new () => {
    readonly port1: { close(): void };
    readonly port2: { postMessage(message: null): void };
  };
}

/** A resolved promise would let nothing in. */
function macrotask(): Promise<void> {
  const { setImmediate, MessageChannel } = globalThis as Surroundings;
  return new Promise((resolve) => {
    if (setImmediate !== undefined) return void setImmediate(resolve);
    if (MessageChannel === undefined) return resolve();
    const { port1, port2 } = new MessageChannel();
    const onmessage = () => {
      port1.close();
      resolve();
    };
    Object.assign(port1, { onmessage });
    port2.postMessage(null);
  });
}
