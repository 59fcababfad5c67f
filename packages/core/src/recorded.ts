import * as tf from "@tensorflow/tfjs-core";
import type { Engine } from "./engine.js";
import type { Objective } from "./objective.js";
import type { Optimizer } from "./optimizer.js";
import type { Position } from "./position.js";
import { quoted } from "./printable.js";
import type { Recorder } from "./recorder.js";
import { type Stepped, stepped } from "./stepped.js";

/** What a container holds, from left to right: tensors, and numbers, texts and the like. */
type Leaf = Exclude<tf.TensorContainer, tf.TensorContainerObject | tf.TensorContainerArray> | undefined;

/** Takes the steps of a scale. */
export interface Stepper {
  /** A step from a position. The caller owns what it returns. */
  step(at: Position, weights: Readonly<Record<string, tf.Scalar>>): Promise<Stepped>;
  /** Why the engine, which could repeat steps, does not; undefined while it does or may come to. */
  readonly refusal: string | undefined;
  dispose(): void;
}

/**
 * The way to take the steps of a scale: the engine's recorder, if it has one and the steps are alike.
 *
 * @param settle as for `stepped`
 */
export function stepper(
  engine: Pick<Engine, "recorder">,
  objective: Objective,
  optimizer: Optimizer,
  { state }: Position,
  settle: () => Promise<void>,
): Stepper {
  const { evaluate } = objective;
  const refusal = evaluate === undefined ? "the picture is painted in tiles" : irregular(optimizer, state);
  const recorder = refusal === undefined ? engine.recorder?.() : undefined;
  if (recorder === undefined || evaluate === undefined)
    return {
      step: (at, weights) => stepped(objective, optimizer, at, weights, settle),
      refusal: engine.recorder && refusal,
      dispose() {},
    };
  let irregularity: string | undefined;
  return {
    async step(at, weights) {
      if (irregularity !== undefined) return stepped(objective, optimizer, at, weights, settle);
      const result = recordedStep(recorder, evaluate, optimizer, at, weights);
      // An optimizer may be regular at the first step and no longer after it.
      irregularity = irregular(optimizer, result.next.state, at.state);
      if (irregularity !== undefined) recorder.dispose();
      return result;
    },
    get refusal() {
      return irregularity ?? recorder.refusal;
    },
    dispose: () => recorder.dispose(),
  };
}

/** Why the steps of an optimizer cannot be repeated, by its state after one and before; undefined where they can. */
function irregular(
  optimizer: Optimizer,
  state: tf.TensorContainer,
  before: tf.TensorContainer = state,
): string | undefined {
  const name = quoted(optimizer.name);
  if (optimizer.asks !== undefined) return `the optimizer ${name} reads numbers back`;
  if (optimizer.numbers !== undefined) return undefined;
  if (leaves(state).some((leaf) => !(leaf instanceof tf.Tensor)))
    return `the optimizer ${name} has no method "numbers"`;
  return leaves(state).length === leaves(before).length
    ? undefined
    : `the state of the optimizer ${name} grows`;
}

/**
 * A step that the device may repeat without the host: evaluation and update, as `stepped` makes them.
 *
 * @throws {Error} when the optimizer's `numbers` gives another state than its `step`
 */
function recordedStep(
  recorder: Recorder,
  evaluate: NonNullable<Objective["evaluate"]>,
  optimizer: Optimizer,
  at: Position,
  weights: Readonly<Record<string, tf.Scalar>>,
): Stepped {
  const names = Object.keys(weights);
  const counted = optimizer.numbers?.(at.state);
  const after = counted?.state ?? at.state;
  const inputs = [at.image, ...tensorsOf(at.state), ...Object.values(weights)];
  let computed: Stepped | undefined;
  const outputs = recorder.run(inputs, counted?.numbers ?? [], (numbers) => {
    const evaluation = evaluate(at.image, weights);
    const next = optimizer.step(at.image, at.state, counted ? { ...evaluation, numbers } : evaluation);
    const terms = Object.fromEntries(names.map((name) => [name, evaluation.terms[name] as tf.Scalar]));
    if (counted !== undefined) checkCounted(optimizer, counted.state, next.state);
    computed = { next, terms };
    return [next.image, ...tensorsOf(next.state), ...Object.values(terms)];
  });
  if (computed !== undefined) return computed;
  const [image, ...rest] = outputs;
  const losses = rest.splice(rest.length - names.length);
  return {
    next: { image: image as tf.Tensor4D, state: withTensors(after, rest) },
    terms: Object.fromEntries(names.map((name, i) => [name, losses[i] as tf.Scalar])),
  };
}

function checkCounted(optimizer: Optimizer, counted: tf.TensorContainer, state: tf.TensorContainer): void {
  const [expected, got] = [leaves(counted), leaves(state)];
  const same = (leaf: Leaf, other: Leaf) =>
    leaf instanceof tf.Tensor ? other instanceof tf.Tensor : Object.is(leaf, other);
  if (expected.length !== got.length || !expected.every((leaf, i) => same(leaf, got[i])))
    throw new Error(
      `Expected "numbers" of the optimizer ${quoted(optimizer.name)} to give the state after its step: make both alike.`,
    );
}

function leaves(container: tf.TensorContainer | undefined): readonly Leaf[] {
  if (container instanceof tf.Tensor || typeof container !== "object" || container === null)
    return [container as Leaf];
  return Object.values(container).flatMap(leaves);
}

function tensorsOf(container: tf.TensorContainer): readonly tf.Tensor[] {
  return leaves(container).filter((leaf) => leaf instanceof tf.Tensor);
}

/** A container like another one with other tensors, in the order of its own. */
function withTensors(container: tf.TensorContainer, tensors: readonly tf.Tensor[]): tf.TensorContainer {
  const left = [...tensors];
  const filled = (part: tf.TensorContainer): tf.TensorContainer => {
    if (part instanceof tf.Tensor) return left.shift() as tf.Tensor;
    if (typeof part !== "object" || part === null) return part;
    if (Array.isArray(part)) return part.map(filled);
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, filled(inner)]));
  };
  return filled(container);
}
