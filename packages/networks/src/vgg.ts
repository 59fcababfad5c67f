import type { Network } from "@brushwork/core";
import { chain } from "./chain.js";
import type { Pooling } from "./pooling.js";
import type { NamedArrays } from "./safetensors.js";

export interface VggOptions {
  /**
   * conv1_1/kernel [3, 3, in, out] and conv1_1/bias [out] … as far as the file goes; Keras's names
   * (block1_conv1/kernel) are taken too. The first kernel takes BGR, as the original Caffe weights and Keras's do.
   */
  readonly weights: NamedArrays;
  /** Average, as Gatys et al. advise, instead of the maximum the network was trained with. */
  readonly pooling?: Pooling;
}

/** ImageNet's mean pixel, RGB, 0–255: what the Caffe weights were trained to have subtracted. */
const meanPixel = [123.68, 116.779, 103.939];

/**
 * VGG-19 without its fully connected layers, on the original Caffe weights, such as Keras's.
 *
 * @throws {RangeError} when weights are missing in the middle or have another shape
 * @see Simonyan & Zisserman 2014, Very deep convolutional networks for large-scale image recognition
 */
export function vgg19(options: VggOptions): Network {
  return vgg("vgg19", [2, 2, 4, 4, 4], options);
}

/** VGG-16, as `vgg19`. */
export function vgg16(options: VggOptions): Network {
  return vgg("vgg16", [2, 2, 3, 3, 3], options);
}

function vgg(name: string, blocks: readonly number[], { weights, pooling = "average" }: VggOptions): Network {
  return chain({
    name,
    blocks,
    weights: inRgbOrder(withOwnNames(weights)),
    pooling,
    input: { mean: meanPixel.map((value) => value / 255), scale: [255, 255, 255] },
  });
}

/** block4_conv2/kernel → conv4_2/kernel */
function withOwnNames(weights: NamedArrays): NamedArrays {
  return Object.fromEntries(
    Object.entries(weights).map(([name, array]) => [
      name.replace(/^block(\d)_conv(\d)\//, "conv$1_$2/"),
      array,
    ]),
  );
}

/** The Caffe weights want BGR; turning the first filter's input channels round instead leaves the image as it is. */
function inRgbOrder(weights: NamedArrays): NamedArrays {
  const first = weights["conv1_1/kernel"];
  if (first === undefined || first.shape[2] !== 3) return weights;
  const outputs = first.shape[3] ?? 0;
  const data = first.data.map((_, i) => {
    const input = Math.floor(i / outputs) % 3;
    return first.data[i + (2 - 2 * input) * outputs] ?? 0;
  });
  return { ...weights, "conv1_1/kernel": { shape: first.shape, data } };
}
