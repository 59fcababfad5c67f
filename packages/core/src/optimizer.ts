import type { Scalar, Tensor4D, TensorContainer } from "@tensorflow/tfjs-core";

/** The objective at one image. */
export interface Evaluation {
  /** Weighted sum of the terms. */
  readonly loss: Scalar;
  /** By the image, same shape. */
  readonly gradient: Tensor4D;
  /** By term name, weighted. */
  readonly terms: Readonly<Record<string, Scalar>>;
}

/**
 * A rule for the next image, pure over explicit state: one evaluation in, the next image out.
 *
 * Core scopes each call in a `tidy` and keeps the image and the state that come back.
 */
export interface Optimizer<State extends TensorContainer = TensorContainer> {
  readonly name: string;
  /** The state before the first step. @param image [1, height, width, 3] */
  init(image: Tensor4D): State;
  step(image: Tensor4D, state: State, at: Evaluation): { readonly image: Tensor4D; readonly state: State };
  /**
   * The state for the next scale; absent: `init` again.
   * @param carry takes a tensor that lies over the image, [1, height, width, channels], to the next scale's size,
   * in step with the image and its margin
   */
  resize?(state: State, carry: (tensor: Tensor4D) => Tensor4D): State;
  /** What to show instead of the image, same shape; absent: the image itself. */
  picture?(image: Tensor4D, state: State): Tensor4D;
  /** What the next scale starts from instead of the image, same shape; absent: the image itself. */
  carried?(image: Tensor4D, state: State): Tensor4D;
}
