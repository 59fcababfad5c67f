import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { replaceKernel } from "./replace-kernel.js";

type Shape4D = [number, number, number, number];
type Attributes = tf.Conv2DAttrs & Partial<Pick<tf.FusedConv2DAttrs, "activation">>;

/** A 3×3 convolution of one image with stride 1 and padding to the same size, as in networks of the VGG family. */
export interface SameConvolution {
  /** [1, height, width, in] */
  readonly x: tf.TensorInfo;
  /** [3, 3, in, out] */
  readonly filter: tf.TensorInfo;
  /** [out] */
  readonly bias: tf.TensorInfo | undefined;
  readonly relu: boolean;
}

/**
 * Replaces the computation of such convolutions, with or without bias and relu.
 *
 * @param convolve computes one, or returns undefined to leave it to TensorFlow.js
 * @returns a function that undoes it
 */
export function replaceSameConvolution(
  backendName: string,
  convolve: (backend: WebGPUBackend, convolution: SameConvolution) => tf.TensorInfo | undefined,
): () => void {
  const undo = ["Conv2D", "FusedConv2D"].map((kernelName) =>
    replaceKernel(kernelName, backendName, (backend, { x, filter, bias }, given) => {
      const attrs = given as unknown as Attributes;
      if (x === undefined || filter === undefined || !isSame(x, filter, attrs)) return undefined;
      return convolve(backend, { x, filter, bias, relu: attrs.activation === "relu" });
    }),
  );
  return () => {
    for (const one of undo) one();
  };
}

function isSame(
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  { strides, pad, dataFormat, dilations, dimRoundingMode, activation = "linear" }: Attributes,
): boolean {
  if (dataFormat !== "NHWC" || (activation !== "linear" && activation !== "relu")) return false;
  const shape = tf.backend_util.computeConv2DInfo(
    x.shape as Shape4D,
    filter.shape as Shape4D,
    strides,
    dilations,
    pad,
    dimRoundingMode,
  );
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = shape;
  return (
    shape.batchSize === 1 &&
    filterHeight === 3 &&
    filterWidth === 3 &&
    [strideHeight, strideWidth, dilationHeight, dilationWidth].every((step) => step === 1) &&
    [shape.padInfo.top, shape.padInfo.bottom, shape.padInfo.left, shape.padInfo.right].every(
      (side) => side === 1,
    )
  );
}
