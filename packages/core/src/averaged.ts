import * as tf from "@tensorflow/tfjs-core";
import { checkKind, checkOptions, choiceOf, kinds } from "./checked-options.js";
import { OptionError } from "./errors.js";
import type { Evaluation, Optimizer } from "./optimizer.js";

/** The wrapped optimizer's state, and the weighted sum of the images since the start of the scale. */
export type AveragedState<State extends tf.TensorContainer> = {
  readonly inner: State;
  readonly sum: tf.Tensor4D;
  /** The weights in `sum`, added up. */
  readonly total: number;
};

/** The sum, its successor, and their intermediates. */
const averageImages = 4;

/**
 * Shows the bias-corrected running average of an optimizer's images instead of the last one, which removes their
 * noise. Within a scale the optimizer's own steps are unchanged. The average starts afresh at each scale.
 *
 * @param optimizer the optimizer whose images are averaged
 * @param options `decay` in [0, 1): an image's weight after n more steps is decay^n, 0.99 by default; `carry`: what
 * the next scale starts from, the `average` (the default) or the last `image`
 * @throws {OptionError} when the decay is outside its range
 * @see crowsonkb/style-transfer-pytorch, which shows and carries the same average with decay 0.99
 */
export function averaged<State extends tf.TensorContainer>(
  optimizer: Optimizer<State>,
  options: { readonly decay?: number; readonly carry?: "average" | "image" } = {},
): Optimizer<AveragedState<State>> {
  checkKind("what is averaged", optimizer, kinds.optimizer);
  checkOptions("averaged", options, { decay: kinds.number, carry: choiceOf("average", "image") });
  const { decay = 0.99, carry = "average" } = options;
  if (!(decay >= 0 && decay < 1)) throw new OptionError(`Expected a decay in [0, 1), got ${decay}.`);
  const { resize, slower, asks, changed, numbers } = optimizer;
  const average = (image: tf.Tensor4D, { inner, sum, total }: AveragedState<State>) =>
    total === 0 ? (optimizer.picture?.(image, inner) ?? image) : tf.div<tf.Tensor4D>(sum, total);
  const totalAfter = (total: number) => total * decay + (1 - decay);
  const start = (inner: State, image: tf.Tensor4D) => ({ inner, sum: tf.zerosLike(image), total: 0 });

  return {
    name: `averaged ${optimizer.name}`,
    ...(optimizer.images !== undefined && { images: optimizer.images + averageImages }),
    init: (image) => start(optimizer.init(image), image),
    step(image, state, at) {
      const next = optimizer.step(image, state.inner, at);
      if (next.accepted === false) return { ...next, state: { ...state, inner: next.state } };
      const shown = optimizer.picture?.(next.image, next.state) ?? next.image;
      return {
        ...next,
        state: {
          inner: next.state,
          sum: tf.add(tf.mul(state.sum, decay), tf.mul(shown, 1 - decay)),
          total: totalAfter(state.total),
        },
      };
    },
    ...(numbers && {
      numbers(state: AveragedState<State>) {
        const inside = numbers(state.inner);
        return {
          numbers: inside.numbers,
          state: { ...state, inner: inside.state, total: totalAfter(state.total) },
        };
      },
    }),
    ...(asks && {
      asks: (image: tf.Tensor4D, { inner }: AveragedState<State>, at: Evaluation) => asks(image, inner, at),
    }),
    ...(changed && {
      changed(image: tf.Tensor4D, state: AveragedState<State>) {
        const next = changed(image, state.inner);
        return { image: next.image, state: { ...state, inner: next.state } };
      },
    }),
    ...(slower && { slower: (factor: number) => averaged(slower(factor), { decay, carry }) }),
    ...(resize && {
      resize: (state: AveragedState<State>, carryOver: (tensor: tf.Tensor4D) => tf.Tensor4D) =>
        start(resize(state.inner, carryOver), carryOver(state.sum)),
    }),
    picture: average,
    ...(carry === "average"
      ? { carried: average }
      : optimizer.carried && {
          carried: (image: tf.Tensor4D, { inner }: AveragedState<State>) =>
            optimizer.carried?.(image, inner) ?? image,
        }),
  };
}
