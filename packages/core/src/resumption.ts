import * as tf from "@tensorflow/tfjs-core";
import { checkCount, checkWeight } from "./checks.js";
import { OptionError } from "./errors.js";
import { NotFinite } from "./picture.js";
import type { Plan } from "./plan.js";
import type { Position } from "./position.js";
import { quoted, shown } from "./printable.js";
import type { HostArray, RunState, StateTree } from "./run-state.js";
import { settlingSteps } from "./settled.js";

/** How often a run goes back, each time with half the learning rate. */
export const mostBackOffs = 3;

/** The most numbers of a kind in a state: more than any run has, and few enough to check at once. */
const most = { scales: 1000, pieces: 10_000, depth: 32 };

/**
 * Reads tensors back from the device, for a state.
 *
 * @param images those besides the optimizer's state, by name
 * @throws {NotFinite} when a number is not finite
 * @throws {OptionError} when the optimizer's state holds something that cannot be kept
 */
export async function readArrays(
  state: tf.TensorContainer,
  images: Readonly<Record<string, tf.Tensor>>,
): Promise<Pick<RunState, "state" | "arrays">> {
  const tensors = new Map(Object.entries(images));
  const tree = treeOf(state, "optimizer", tensors);
  const arrays: [string, HostArray][] = [];
  for (const [name, tensor] of tensors) {
    const data = await tensor.data();
    if (!(data instanceof Float32Array)) throw unkept(name, `a tensor of ${tensor.dtype}`);
    const found = data.find((value) => !Number.isFinite(value));
    if (found !== undefined) throw new NotFinite(found);
    arrays.push([name, { shape: [...tensor.shape], data }]);
  }
  return { state: tree, arrays: Object.fromEntries(arrays) };
}

function treeOf(state: tf.TensorContainer, path: string, tensors: Map<string, tf.Tensor>): StateTree {
  if (state instanceof tf.Tensor) {
    tensors.set(path, state);
    return ["tensor", path];
  }
  if (typeof state === "number" && !Number.isFinite(state)) throw new NotFinite(state);
  if (typeof state === "number" || typeof state === "string" || typeof state === "boolean") return state;
  if (Array.isArray(state))
    return ["array", ...state.map((part, i) => treeOf(part, `${path}.${i}`, tensors))];
  if (typeof state !== "object" || state === null || ArrayBuffer.isView(state))
    throw unkept(path, shown(state));
  return Object.fromEntries(
    Object.entries(state)
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => [name, treeOf(part, `${path}.${name}`, tensors)]),
  );
}

function unkept(path: string, got: string): OptionError {
  return new OptionError(
    `Expected the state ${quoted(path)} to consist of float32 tensors, numbers and texts, got ${got}.`,
  );
}

/** The position that a state was read from. Call it inside a `tidy`. */
export function positionOf({ state, arrays }: RunState): Position {
  return { image: tensorOf(arrays, "image"), state: containerOf(state, arrays) };
}

/** The image that a run may go back to. */
export function keptOf({ arrays }: RunState): tf.Tensor4D {
  return tensorOf(arrays, "kept");
}

function containerOf(tree: StateTree, arrays: RunState["arrays"]): tf.TensorContainer {
  if (typeof tree !== "object") return tree;
  if (isTensor(tree)) return tensorOf(arrays, tree[1]);
  if (isArray(tree)) return tree.slice(1).map((part) => containerOf(part, arrays));
  return Object.fromEntries(Object.entries(tree).map(([name, part]) => [name, containerOf(part, arrays)]));
}

function isTensor(tree: StateTree): tree is readonly ["tensor", string] {
  return isArray(tree) && tree[0] === "tensor";
}

function isArray(tree: StateTree): tree is Extract<StateTree, readonly unknown[]> {
  return Array.isArray(tree);
}

function tensorOf<Type extends tf.Tensor>(arrays: RunState["arrays"], name: string): Type {
  const { shape, data } = arrays[name] as HostArray;
  return tf.tensor(data, [...shape], "float32") as Type;
}

/**
 * Checks that a run can go on from a state, which may come from a file.
 *
 * @param run what is planned
 * @param optimizer name of the run's optimizer
 * @param terms the run's terms
 * @throws {OptionError} when the state is damaged or another run's
 */
export function checkState(
  state: RunState,
  run: Plan,
  optimizer: string,
  terms: readonly { readonly name: string }[],
): void {
  const { steps, accepted, losses, ended, backOffs, since, unit, weights, totals, kept, arrays } = state;
  expect(state.optimizer === optimizer, `the optimizer to be ${quoted(optimizer)}`, state.optimizer);
  expect(isNumbers(steps) && steps.length >= 1 && steps.length <= most.scales, "steps of its scales", steps);
  for (const [i, count] of steps.entries()) {
    checkCount(`the steps of scale ${i + 1} in the state`, count, 1);
    const planned = run.scales[i]?.steps ?? 0;
    expect(count <= planned, `at most ${planned} steps at scale ${i + 1}`, count);
  }
  const here = run.scales[steps.length - 1] as Plan["scales"][number];
  const [count] = steps.slice(-1) as [number];
  expect(typeof ended === "boolean", "to know whether its scale has ended", ended);
  const left = ended ? run.scales.length - steps.length : here.steps - count;
  expect(left > 0, "steps that are left to be done", left);
  if (accepted !== undefined) {
    checkCount("the number of accepted steps in the state", accepted, 0);
    expect(accepted <= count, `at most ${count} accepted steps`, accepted);
    const names = [...terms.map(({ name }) => name), "total"];
    const values = names.map((name) => losses !== undefined && Object.hasOwn(losses, name) && losses[name]);
    expect(isNumbers(values), "the losses of its latest accepted step", losses);
  }
  checkCount("the number of times that the state went back", backOffs, 0);
  expect(backOffs <= mostBackOffs, `gone back at most ${mostBackOffs} times`, backOffs);
  checkCount("the step since which the state's weights are the same", since, 0);
  if (unit !== undefined)
    expect(isNumbers([unit]) && unit > 0, "the unit of its weights to be above 0", unit);
  expect(isNumbers(weights) && weights.length === terms.length, `${terms.length} weights`, weights);
  for (const weight of weights) checkWeight("a term in the state", weight);
  expect(isNumbers(totals) && totals.length <= 2 * settlingSteps, "losses of the latest steps", totals);
  const beyond = 2 * run.margin;
  const [height, width] = here.size;
  const shape = [1, height + beyond, width + beyond, 3];
  checkArray("image", arrays, shape);
  if (!ended) {
    checkCount("the index of the image that the state may go back to", kept as number, 0);
    checkArray("kept", arrays, shape);
  }
  checkTree(state.state, arrays, 0, { pieces: 0 });
}

function checkTree(
  tree: StateTree,
  arrays: RunState["arrays"],
  depth: number,
  seen: { pieces: number },
): void {
  const known = Number.isFinite(tree) || ["string", "boolean", "object"].includes(typeof tree);
  expect(known && tree !== null, "an optimizer's state of tensors, numbers and texts", tree);
  seen.pieces++;
  expect(depth < most.depth && seen.pieces < most.pieces, "a shallower optimizer's state", seen.pieces);
  if (typeof tree !== "object") return;
  if (isTensor(tree)) {
    checkArray(tree[1], arrays);
    return;
  }
  const parts = isArray(tree) ? tree.slice(1) : Object.values(tree);
  if (isArray(tree)) expect(tree[0] === "array", "a list in the optimizer's state", tree[0]);
  for (const part of parts) checkTree(part as StateTree, arrays, depth + 1, seen);
}

/** @param shape that the array has to have */
function checkArray(name: string, arrays: RunState["arrays"], shape?: readonly number[]): void {
  const array = typeof name === "string" && Object.hasOwn(arrays, name) ? arrays[name] : undefined;
  expect(
    array?.data instanceof Float32Array && isNumbers(array.shape),
    `an array ${quoted(name)}`,
    undefined,
  );
  const { shape: own, data } = array as HostArray;
  const wanted = shape ?? own;
  expect(
    own.join() === wanted.join(),
    `${quoted(name)} to be of the shape ${wanted.join("×")}`,
    own.join("×"),
  );
  const size = own.reduce((product, side) => product * side, 1);
  expect(data.length === size, `${quoted(name)} to have ${size} numbers`, data.length);
  expect(data.every(Number.isFinite), `${quoted(name)} to be finite`, Number.NaN);
}

function isNumbers(values: unknown): values is readonly number[] {
  return Array.isArray(values) && values.every(Number.isFinite);
}

function expect(holds: boolean, what: string, got: unknown): void {
  if (!holds)
    throw new OptionError(
      `Expected the state to go on from to have ${what}, got ${shown(got)}: it is damaged or another run's.`,
    );
}
