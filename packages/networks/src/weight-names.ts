import { elements } from "./json.js";
import type { NamedArray, NamedArrays } from "./safetensors.js";

/**
 * The input that a network is given. Caffe's is BGR, 0–255, less ImageNet's mean pixel, and with `caffe-256`, as in
 * jcjohnson/neural-style, it is 0–256; torchvision's is RGB, 0–1, normalised by ImageNet's mean and standard deviation.
 */
export type Preprocessing = "caffe" | "caffe-256" | "torchvision";

/** Our conv4_2/kernel, and Keras's block4_conv2/kernel, in a nested model vgg19/block4_conv2/kernel:0. */
const kerasName = /(?:^|\/)(?:conv(\d+)_(\d+)|block(\d+)_conv(\d+))\/(kernel|bias)(?::0)?$/;
/** Torchvision's features.21.weight, in a wrapped model module.features.21.weight. */
const torchvisionName = /(?:^|\.)features\.(\d+)\.(\w+)$/;
const readoutName = /^relu\d+_\d+\/readout$/;

/** Whether an array belongs to a convolution, by its name in any of the conventions, or to a readout. */
export function isOfChain(name: string): boolean {
  return [kerasName, torchvisionName, readoutName].some((pattern) => pattern.test(name));
}

/**
 * Weights under our names, and the preprocessing that follows from the convention of their names.
 *
 * @param network name of the network, for error messages
 * @param blocks number of convolutions in each block
 * @returns conv{block}_{index}/kernel [3, 3, in, out] and conv{block}_{index}/bias [out]
 * @throws {RangeError} when a name belongs to another network, or two arrays have the same meaning
 */
export function withOwnNames(
  network: string,
  blocks: readonly number[],
  weights: NamedArrays,
): { readonly weights: NamedArrays; readonly preprocessing: Preprocessing } {
  const indices = torchvisionIndices(blocks);
  const own = new Map<string, NamedArray>();
  let preprocessing: Preprocessing = "caffe";
  for (const [name, array] of Object.entries(weights)) {
    const torchvision = name.match(torchvisionName);
    if (torchvision !== null) preprocessing = "torchvision";
    const [ownName, ownArray] =
      torchvision === null
        ? [ownNameOf(name), array]
        : fromTorchvision(network, indices, name, torchvision, array);
    if (own.has(ownName))
      throw new RangeError(`Expected one array for ${ownName} of ${network}, got "${name}" as well.`);
    own.set(ownName, ownArray);
  }
  return { weights: Object.fromEntries(own), preprocessing };
}

function ownNameOf(name: string): string {
  const [, block, index, kerasBlock, kerasIndex, kind] = name.match(kerasName) ?? [];
  return kind === undefined ? name : `conv${block ?? kerasBlock}_${index ?? kerasIndex}/${kind}`;
}

function fromTorchvision(
  network: string,
  indices: ReadonlyMap<number, string>,
  name: string,
  [, index, kind]: readonly string[],
  array: NamedArray,
): readonly [string, NamedArray] {
  const label = indices.get(Number(index));
  if (label === undefined || (kind !== "weight" && kind !== "bias"))
    throw new RangeError(
      `Expected torchvision's ${network} without batch normalisation, whose convolutions are ` +
        `features.${[...indices.keys()].join(", ")}, got "${name}".`,
    );
  return kind === "bias" ? [`conv${label}/bias`, array] : [`conv${label}/kernel`, inOurOrder(array)];
}

/** Torchvision's indices of the convolutions. It counts convolutions, relus and poolings: 0, 2, (4 is pool1) 5, 7 … */
function torchvisionIndices(blocks: readonly number[]): ReadonlyMap<number, string> {
  const indices = new Map<number, string>();
  let index = 0;
  blocks.forEach((convolutions, block) => {
    for (let i = 1; i <= convolutions; i++, index += 2) indices.set(index, `${block + 1}_${i}`);
    index++;
  });
  return indices;
}

/**
 * PyTorch's [out, in, height, width] as [height, width, in, out]. An array of another shape stays as it is, and is
 * refused later.
 */
function inOurOrder(array: NamedArray): NamedArray {
  const { shape, data } = array;
  const [outputs, inputs, height, width] = shape;
  if (outputs === undefined || inputs === undefined || height === undefined || width === undefined)
    return array;
  if (elements(shape) !== data.length) return array;
  const area = height * width;
  const turned = new Float32Array(data.length);
  let from = 0;
  for (let output = 0; output < outputs; output++)
    for (let input = 0; input < inputs; input++)
      for (let position = 0; position < area; position++)
        turned[(position * inputs + input) * outputs + output] = data[from++] ?? Number.NaN;
  return { shape: [height, width, inputs, outputs], data: turned };
}
