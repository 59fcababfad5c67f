import type { Tensor } from "@tensorflow/tfjs-core";
import { read, tensorCount, type Values } from "./tensors.js";

/**
 * Fails the test unless a contract holds.
 * @param sentence the error message: "Expected <what> <to be so>, got <value>."
 */
export function assert(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Error(sentence);
}

export function assertShape(tensor: Tensor, shape: readonly number[], what: string): void {
  assert(
    tensor.shape.join() === shape.join(),
    `Expected ${what} to have the shape [${shape.join(", ")}], got [${tensor.shape.join(", ")}].`,
  );
}

export function assertFinite(values: Values, what: string): void {
  const index = Array.from(values).findIndex((value) => !Number.isFinite(value));
  assert(index === -1, `Expected ${what} to be finite, got ${values[index]} at index ${index}.`);
}

/** Checks that every value is as expected, up to `tolerance` times the largest expected magnitude. */
export function assertClose(values: Values, expected: Values, what: string, tolerance = 1e-4): void {
  assert(
    values.length === expected.length,
    `Expected ${what} to be ${expected.length} values, got ${values.length}.`,
  );
  const slack = tolerance * largestMagnitude(expected);
  Array.from(expected).forEach((value, index) => {
    const got = values[index] ?? Number.NaN;
    assert(Math.abs(got - value) <= slack, `Expected ${what} to be ${value} at index ${index}, got ${got}.`);
  });
}

/** Checks that there are as many more tensors as expected since `before`. */
export function assertTensors(before: number, more: number, what: string): void {
  const got = tensorCount() - before;
  assert(got === more, `Expected ${what} to leave ${more} more tensors than before, got ${got}.`);
}

/** Checks that tensors still exist, with the values they had. */
export async function assertUntouched(
  tensors: readonly Tensor[],
  before: readonly Values[],
  what: string,
): Promise<void> {
  for (const [i, tensor] of tensors.entries()) {
    assert(!tensor.isDisposed, `Expected the ${what} to remain the caller's, got one of them freed.`);
    assertClose(await read(tensor), before[i] ?? [], `the ${what} afterwards`, 0);
  }
}

/** The error that a function throws or rejects with, or undefined if there is none. */
export async function failureOf(body: () => unknown): Promise<unknown> {
  try {
    await body();
    return undefined;
  } catch (error) {
    return error;
  }
}

export function largestMagnitude(values: Values): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
