/// <reference path="./jsfive.d.ts" />

import { shown } from "@brushwork/core/reading";
import type { Dataset } from "jsfive";
import { elements, isCounts } from "./json.js";
import type { NamedArray, NamedArrays } from "./safetensors.js";

/** The deepest nesting of groups that is read: Keras's files have up to five. */
const deepest = 6;

/** The name of a layer's group: block4_conv2, or our conv4_2. */
const layerGroup = /^(?:block\d+_conv\d+|conv\d+_\d+)$/;

/**
 * Reads the convolutions of an HDF5 file by Keras.
 *
 * Releases of Keras name the arrays within a layer's group differently, block1_conv1_W_1:0 or block1_conv1/kernel:0;
 * so the array with four dimensions is taken for the kernel, the one with one dimension for the bias.
 *
 * @returns block1_conv1/kernel, block1_conv1/bias …
 * @throws {RangeError} when the file is damaged, or holds arrays that are compressed, not of floats, or duplicated
 */
export async function readKerasHdf5(file: Uint8Array): Promise<NamedArrays> {
  const jsfive = await import("jsfive");
  const bytes = new MeteredBuffer(file.length);
  new Uint8Array(bytes).set(file);
  const places = attempt("groups and arrays that can be found", () => {
    const whole = new jsfive.File(bytes);
    // A saved model also holds its optimizer's arrays.
    const weights = whole.keys.includes("model_weights") ? whole.get("model_weights") : whole;
    return [...placesIn(weights, "", 0)];
  });
  // An array in one piece needs no slices; a compressed one is read in slices, which now fails.
  bytes.allowance = 0;

  const arrays = new Map<string, NamedArray>();
  let left = file.length;
  for (const [layer, dataset] of places) {
    const { shape, bytesEach } = describe(layer, dataset);
    const kind = kinds.get(shape.length);
    if (kind === undefined) continue;
    const name = `${layer}/${kind}`;
    if (arrays.has(name)) throw damaged(`one ${kind} for ${layer}`, "two");
    left -= elements(shape) * bytesEach;
    if (!(left >= 0)) throw damaged("arrays that fit into it", `${shown(shape)} for ${name}`);
    const data = attempt(`${name} in one piece, not compressed`, () => Float32Array.from(dataset.value));
    arrays.set(name, { shape, data });
  }
  return Object.fromEntries(arrays);

  function* placesIn(group: unknown, layer: string, depth: number): Generator<readonly [string, Dataset]> {
    if (group instanceof jsfive.Dataset && layer !== "") yield [layer, group];
    if (!(group instanceof jsfive.Group) || depth > deepest) return;
    // jsfive would take these names for paths, which lead elsewhere.
    for (const key of group.keys)
      if (!key.includes("/") && key !== ".")
        yield* placesIn(group.get(key), layerGroup.test(key) ? key : layer, depth + 1);
  }
}

/** The role of a convolution's array, by its number of dimensions. */
const kinds: ReadonlyMap<number, string> = new Map([
  [4, "kernel"],
  [1, "bias"],
]);

function describe(layer: string, dataset: Dataset) {
  const { dtype, shape } = attempt(`arrays of ${layer} with a type and a shape`, () => ({
    dtype: dataset.dtype,
    shape: dataset.shape,
  }));
  const bytesEach = typeof dtype === "string" ? Number(dtype.match(/^[<>]f([248])$/)?.[1]) : Number.NaN;
  if (Number.isNaN(bytesEach)) throw damaged(`arrays of ${layer} that are floats`, shown(dtype));
  if (!isCounts(shape)) throw damaged(`arrays of ${layer} with a shape of whole numbers`, shown(shape));
  return { shape, bytesEach };
}

/**
 * A buffer with a limit on how much can be sliced from it. jsfive follows a file's references wherever they lead, even
 * in circles, and slices at least a signature at each place: the limit ends this.
 */
class MeteredBuffer extends ArrayBuffer {
  /** Bytes that can still be sliced, plus 64 for each slice. Keras's files need a few hundred slices of a few bytes. */
  allowance = 2 ** 20;

  static override get [Symbol.species](): ArrayBufferConstructor {
    return ArrayBuffer;
  }

  override slice(begin: number, end: number): ArrayBuffer {
    this.allowance -= 64 + Math.max(0, Math.min(end, this.byteLength) - begin);
    if (!(this.allowance >= 0)) throw new RangeError("More was sliced than a file by Keras needs.");
    return super.slice(begin, end);
  }
}

function attempt<Result>(expected: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw damaged(expected, "something else", cause);
  }
}

function damaged(expected: string, got: string, cause?: unknown): RangeError {
  return new RangeError(
    `Expected ${expected} in an HDF5 file by Keras, got ${got}: the file is damaged, or was written otherwise.`,
    { cause },
  );
}
