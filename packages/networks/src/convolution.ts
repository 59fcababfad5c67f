import { withBorder, withoutBorder } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";

/** What lies beyond the border of a convolution's input: zeros, or copies of the border pixels. */
export type Padding = "zero" | "replicate";

/** A frozen 3×3 convolution: its filter, its bias, and the filter of its backward pass. */
export interface Convolution {
  /** [3, 3, in, out] */
  readonly filter: tf.Tensor4D;
  /** [3, 3, out, in] */
  readonly backFilter: tf.Tensor4D;
  /** [out] */
  readonly bias: tf.Tensor1D;
}

/**
 * Uploads a convolution.
 *
 * The filters are made once and kept, since WebAssembly caches packed weights by filter tensor.
 * @param kernel [3, 3, in, out], row-major
 */
export function convolution(
  kernel: { readonly shape: readonly number[]; readonly data: Float32Array },
  biases: Float32Array,
): Convolution {
  return tf.tidy(() => {
    const filter = tf.tensor4d(kernel.data, kernel.shape as [number, number, number, number]);
    return {
      filter: tf.keep(filter),
      // The gradient of a stride-1 'same' convolution is a convolution with the filter rotated by 180° and its
      // channel axes swapped. This way it runs in the fast forward kernel: six times faster on WebAssembly.
      backFilter: tf.keep(tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2])),
      bias: tf.keep(tf.tensor1d(biases)),
    };
  });
}

/** Convolution and bias, with or without relu, in one kernel. The output is as large as the input. */
export function convolve(
  x: tf.Tensor4D,
  { filter, bias }: Convolution,
  activation: "linear" | "relu",
  padding: Padding = "zero",
): tf.Tensor4D {
  if (padding === "zero") return tf.fused.conv2d({ x, filter, bias, strides: 1, pad: "same", activation });
  return tf.tidy(() =>
    tf.fused.conv2d({ x: withBorder(x), filter, bias, strides: 1, pad: "valid", activation }),
  );
}

/** The gradient with respect to a convolution's input, from that with respect to its output. */
export function convolveBack(
  gradient: tf.Tensor4D,
  { backFilter }: Convolution,
  padding: Padding = "zero",
): tf.Tensor4D {
  if (padding === "zero") return tf.conv2d(gradient, backFilter, 1, "same");
  return tf.tidy(() => {
    // With zeros around it, the gradient is as large as the extended input.
    const around: [number, number][] = [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ];
    return withoutBorder(
      tf.tidy(() => tf.conv2d<tf.Tensor4D>(tf.pad(gradient, around), backFilter, 1, "same")),
    );
  });
}

/**
 * The gradient with respect to a relu's input: it is 0 where the output is 0.
 * @param output the relu's output, of the same shape
 */
export function reluBack(gradient: tf.Tensor4D, output: tf.Tensor4D): tf.Tensor4D {
  // An engine may have a kernel for this: TensorFlow's is many times faster than a step and a product.
  if (tf.getKernel("ReluGrad", tf.getBackend()) !== undefined)
    return tf.engine().runKernel("ReluGrad", { dy: gradient, y: output });
  return tf.tidy(() => tf.mul(gradient, tf.step(output)));
}
