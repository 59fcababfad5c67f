import { elements } from "./json.js";
import type { NamedArray, NamedArrays } from "./safetensors.js";

/**
 * What a network was trained to be given. Caffe's: BGR, 0–255, less ImageNet's mean pixel. Torchvision's: RGB,
 * 0–1, normalised by ImageNet's mean and deviation.
 */
export type Preprocessing = "caffe" | "torchvision";

/** conv4_2/kernel; Keras's block4_conv2/kernel, in a nested model vgg19/block4_conv2/kernel:0. */
const kerasName = /(?:^|\/)(?:conv(\d+)_(\d+)|block(\d+)_conv(\d+))\/(kernel|bias)(?::0)?$/;
/** features.21.weight; in a wrapped model module.features.21.weight. */
const torchvisionName = /(?:^|\.)features\.(\d+)\.(\w+)$/;
const readoutName = /^relu\d+_\d+\/readout$/;

/** Whether an array's name is of a convolution's kind, by whatever convention, or of a readout's. */
export function isOfChain(name: string): boolean {
  return [kerasName, torchvisionName, readoutName].some((pattern) => pattern.test(name));
}

/**
 * Weights under our names, and what the convention of their names says about the input.
 *
 * @param network whose weights they are, for the sentences
 * @param blocks how many convolutions each block has
 * @returns conv{block}_{index}/kernel [3, 3, in, out] and conv{block}_{index}/bias [out]
 * @throws {RangeError} when a name is of another network, or two arrays are the same one
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
      throw new RangeError(`Expected one array for ${ownName} of ${network}, got "${name}" besides.`);
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

/** Torchvision counts a convolution, its relu and a pooling as one each: 0, 2, (4 is pool1) 5, 7 … */
function torchvisionIndices(blocks: readonly number[]): ReadonlyMap<number, string> {
  const indices = new Map<number, string>();
  let index = 0;
  blocks.forEach((convolutions, block) => {
    for (let i = 1; i <= convolutions; i++, index += 2) indices.set(index, `${block + 1}_${i}`);
    index++;
  });
  return indices;
}

/** PyTorch's [out, in, height, width] → [height, width, in, out]; what cannot be turned stays as it is, for others to refuse. */
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
