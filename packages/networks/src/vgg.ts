import type { Network } from "@brushwork/core";
import { chain } from "./chain.js";
import type { Padding } from "./convolution.js";
import type { Pooling } from "./pooling.js";
import type { NamedArrays } from "./safetensors.js";
import { type Preprocessing, withOwnNames } from "./weight-names.js";

/** The options of `vgg19` and `vgg16`. */
export interface VggOptions {
  /**
   * Weights as `readWeights` returns them: by our names (conv4_2/kernel [3, 3, in, out], conv4_2/bias [out]), Keras's
   * (block4_conv2/kernel) or torchvision's (features.21.weight [out, in, 3, 3]), from conv1_1 as far as the file goes.
   */
  readonly weights: NamedArrays;
  /**
   * The input that the weights were trained on. Absent: Caffe's for our names and Keras's, torchvision's for
   * torchvision's. The Caffe weights that PyTorch programs use, vgg19-d01eb7cb, have torchvision's names.
   */
  readonly preprocessing?: Preprocessing | undefined;
  /**
   * The pooling between blocks: the average, as Gatys et al. advise, or the maximum, as when the network was trained.
   * @default "average"
   */
  readonly pooling?: Pooling | undefined;
  /**
   * Factor of each pooling's output, above 0. Averages are smaller than the maxima that the network was trained with:
   * crowsonkb/style-transfer-pytorch multiplies them by 2.
   * @default 1
   */
  readonly poolingScale?: number | undefined;
  /** What the first layer sees beyond the image's border: zeros, or copies of the border pixels. @default "zero" */
  readonly padding?: Padding | undefined;
}

/** ImageNet's mean pixel, RGB, 0–255, which was subtracted from the input when the Caffe weights were trained. */
const meanPixel = [123.68, 116.779, 103.939];

/** The network's input is (image − mean) · scale, for each channel of RGB, with the image in [0, 1]. */
const inputs = {
  caffe: { mean: meanPixel.map((value) => value / 255), scale: [255, 255, 255] },
  "caffe-256": { mean: meanPixel.map((value) => value / 256), scale: [256, 256, 256] },
  torchvision: {
    mean: [0.485, 0.456, 0.406],
    scale: [0.229, 0.224, 0.225].map((deviation) => 1 / deviation),
  },
};

/**
 * VGG-19 without its fully connected layers.
 *
 * @throws {RangeError} when weights are missing in the middle, have the wrong shape, or belong to another network
 * @see Simonyan & Zisserman 2014, Very deep convolutional networks for large-scale image recognition
 */
export function vgg19(options: VggOptions): Network {
  return vgg("vgg19", [2, 2, 4, 4, 4], options);
}

/** VGG-16 without its fully connected layers, with the options and errors of `vgg19`. */
export function vgg16(options: VggOptions): Network {
  return vgg("vgg16", [2, 2, 3, 3, 3], options);
}

function vgg(
  name: string,
  blocks: readonly number[],
  { weights, preprocessing, pooling = "average", poolingScale, padding }: VggOptions,
): Network {
  const own = withOwnNames(name, blocks, weights);
  const trained = preprocessing ?? own.preprocessing;
  return chain({
    name,
    blocks,
    weights: trained === "torchvision" ? own.weights : inRgbOrder(own.weights),
    pooling,
    poolingScale,
    padding,
    input: inputs[trained],
  });
}

/** Reverses the first filter's input channels, since the Caffe weights expect BGR: the image can stay RGB. */
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
