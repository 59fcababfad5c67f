import type { Scalar, Tensor4D, TensorContainer } from "@tensorflow/tfjs-core";

/** The objective and its gradient at one image. */
export interface Evaluation {
  /** Weighted sum of the terms. */
  readonly loss: Scalar;
  /** Gradient with respect to the image, of the same shape. */
  readonly gradient: Tensor4D;
  /** Weighted loss of each term, by term name. */
  readonly terms: Readonly<Record<string, Scalar>>;
  /** The numbers that the optimizer `asks` for, in their order. */
  readonly asked?: ArrayLike<number>;
  /** The optimizer's own `numbers` at this step, in their order; where they are absent, `step` works them out. */
  readonly numbers?: readonly Scalar[];
}

/** What an optimizer makes of an evaluation. */
export type NextImage<State extends TensorContainer> = {
  readonly image: Tensor4D;
  readonly state: State;
  /**
   * `false` where the image that was evaluated is only a trial of a line search: its loss and image do not count.
   * @default true
   */
  readonly accepted?: boolean;
};

/**
 * A rule for the next image, pure over explicit state: one evaluation in, the next image out.
 *
 * Core scopes each call in a `tidy` and keeps the image and the state that come back.
 */
export interface Optimizer<State extends TensorContainer = TensorContainer> {
  readonly name: string;
  /**
   * The most images that exist at once during a step: image, gradient, state, their successors, and the image that the
   * run may go back to. It counts towards the memory that a run is planned with. Absent: 12, as many as
   * `averaged(adam())` needs.
   */
  readonly images?: number;
  /** The state before the first step. @param image [1, height, width, 3] */
  init(image: Tensor4D): State;
  /** The next image and state, from the objective at the present image. */
  step(image: Tensor4D, state: State, at: Evaluation): NextImage<State>;
  /**
   * What only the host works out at a step: the numbers in which the commands of `step` differ from those of the step
   * before, and the state after the step, of which everything but the tensors counts. `step` takes the numbers from `at`,
   * and otherwise depends on tensors alone, so that an engine can repeat its commands. Absent: so it is without them, if
   * the state consists of tensors.
   */
  numbers?(state: State): { readonly numbers: readonly number[]; readonly state: State };
  /**
   * Scalars on which the host has to decide in `step`: core reads them back from the device and passes their numbers on
   * as `asked`. Absent: nothing is read back.
   */
  asks?(image: Tensor4D, state: State, at: Evaluation): readonly Scalar[];
  /**
   * The image and state to go on from where the weights of the terms have changed, so that losses before and after cannot
   * be compared. Absent: those that there are.
   */
  changed?(image: Tensor4D, state: State): { readonly image: Tensor4D; readonly state: State };
  /**
   * The state for the next scale. Absent: each scale starts from `init`.
   * @param carry resamples a tensor that is aligned with the image, [1, height, width, channels], to the next scale's
   * size, as it is done with the image and its margin
   */
  resize?(state: State, carry: (tensor: Tensor4D) => Tensor4D): State;
  /**
   * The same rule with its learning rate multiplied by a factor. A run that diverges goes on with it from an earlier
   * image. Absent: such a run ends.
   */
  slower?(factor: number): Optimizer<State>;
  /** The image to show, of the same shape. Absent: the optimised image itself. */
  picture?(image: Tensor4D, state: State): Tensor4D;
  /** The image that the next scale starts from, of the same shape. Absent: the optimised image itself. */
  carried?(image: Tensor4D, state: State): Tensor4D;
}
