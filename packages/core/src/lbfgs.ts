import * as tf from "@tensorflow/tfjs-core";
import { checkOptions, choiceOf, kinds } from "./checked-options.js";
import { OptionError } from "./errors.js";
import { dot, type InverseHessian, sumOf, towardsMinimum, withPair } from "./inverse-hessian.js";
import type { Optimizer } from "./optimizer.js";
import { judgedTrial, type LineSearch, type LineVerdict, lineSearches, newSearch } from "./strong-wolfe.js";

/** The latest step and the gradient before it, or the line that is searched, and the curvature pairs of earlier steps. */
export type LbfgsState = InverseHessian & {
  readonly latest?: { readonly step: tf.Tensor4D; readonly gradient: tf.Tensor4D };
  /** With a line search, from the first evaluation on. */
  readonly line?: SearchedLine;
};

/** A line from the image that was accepted last, and the point on it that is to be evaluated next. */
type SearchedLine = {
  readonly from: tf.Tensor4D;
  /** The loss at the start. */
  readonly loss: number;
  /** The gradient at the start. */
  readonly gradient: tf.Tensor4D;
  readonly direction: tf.Tensor4D;
  /** Derivative of the loss along the direction at the start, and the direction's largest absolute value. */
  readonly slope: tf.Scalar;
  readonly reach: tf.Scalar;
  /** The point, as a factor of the direction. */
  readonly at: number;
  /** "over" where the point is an earlier one that will be accepted. */
  readonly search: LineSearch | "over";
};

export interface LbfgsOptions {
  /**
   * Factor of each step; with a line search, of the first one that it tries.
   * @default 1
   */
  readonly learningRate?: number;
  /**
   * The number of curvature pairs: at least 1. Each takes the memory of two images.
   * @default 10
   */
  readonly history?: number;
  /**
   * The distance from black to white in the unit of the first step, whose absolute changes sum to at most one unit: 255
   * follows a program that optimises levels from 0 to 255. Later steps do not depend on it.
   * @default 1
   */
  readonly range?: number;
  /**
   * `none` takes each step as it is. `strong-wolfe` tries points along its direction until the loss and the slope have
   * decreased enough. Each trial is a step of the run, and four numbers are read back from the device for it. The
   * picture, the average and the losses are those of the image that was accepted last.
   * @default "none"
   */
  readonly lineSearch?: (typeof lineSearches)[number];
}

/** Images of a step besides the curvature pairs: its image, gradient, latest step, their successors, intermediates. */
const otherImages = 12;

/** The start of the line and its direction, beside the point that is tried. */
const lineImages = 2;

/**
 * The L-BFGS optimizer, on an image's pixels. Without line search it does what `torch.optim.LBFGS` does within one call
 * with `max_iter` steps, except that a skipped pair takes its place in the history: so nothing is read back from the
 * device. With `lineSearch: "strong-wolfe"` it accepts the points that PyTorch accepts with
 * `line_search_fn="strong_wolfe"`. Each scale starts without a history.
 *
 * @throws {OptionError} when an option is outside its range
 * @see Nocedal & Wright 2006, Numerical Optimization, algorithms 7.4 and 7.5; 3.5 and 3.6 for the line search
 */
export function lbfgs(given: LbfgsOptions = {}): Optimizer<LbfgsState> {
  checkOptions("lbfgs", given, {
    learningRate: kinds.number,
    history: kinds.number,
    range: kinds.number,
    lineSearch: choiceOf(...lineSearches),
  });
  const { learningRate = 1, history = 10, range = 1, lineSearch = "none" } = given;
  for (const [name, value] of Object.entries({ "learning rate": learningRate, range }))
    if (!(value > 0 && Number.isFinite(value)))
      throw new OptionError(`Expected a ${name} above 0, got ${value}.`);
  if (!(Number.isSafeInteger(history) && history >= 1))
    throw new OptionError(`Expected a history of at least 1 pair, got ${history}.`);
  const options = { learningRate, history, range };
  const rule = lineSearch === "none" ? withoutSearch(options) : withSearch(options);
  return {
    ...rule,
    slower: (factor) => lbfgs({ learningRate: learningRate * factor, history, range, lineSearch }),
  };
}

type Settings = Required<Omit<LbfgsOptions, "lineSearch">>;

function withoutSearch({ learningRate, history, range }: Settings): Optimizer<LbfgsState> {
  return {
    name: "lbfgs",
    images: 2 * history + otherImages,
    init: () => withoutPairs(range),
    step(image, { latest, scale, pairs }, { gradient }) {
      if (latest === undefined) {
        const size = sumOf(tf.abs(gradient));
        // In units of 1 / range the gradient is 1 / range as large: both are in this factor.
        const factor = tf.div(learningRate / range, tf.maximum(size, range));
        const step = tf.mul<tf.Tensor4D>(gradient, tf.neg(factor));
        return { image: tf.add(image, step), state: { latest: { step, gradient }, scale, pairs: [] } };
      }
      const change = tf.sub<tf.Tensor4D>(gradient, latest.gradient);
      const curvature = withPair({ scale, pairs }, latest.step, change, history);
      const direction = towardsMinimum(gradient, curvature);
      const step = tf.mul<tf.Tensor4D>(direction, learningRate);
      return { image: tf.add(image, step), state: { latest: { step, gradient }, ...curvature } };
    },
  };
}

/** In units of 1 / range the direction is range times as large, and the gradient 1 / range: hence the square. */
function withoutPairs(range: number): LbfgsState {
  return { scale: tf.scalar(1 / range ** 2), pairs: [] };
}

function withSearch({ learningRate, history, range }: Settings): Optimizer<LbfgsState> {
  const acceptedImage = (image: tf.Tensor4D, { line }: LbfgsState) => line?.from ?? image;
  const afresh = (image: tf.Tensor4D, state: LbfgsState) => ({
    image: acceptedImage(image, state),
    state: withoutPairs(range),
  });
  const alongLine = (state: LbfgsState, line: SearchedLine, accepted: boolean) => ({
    image: tf.add<tf.Tensor4D>(line.from, tf.mul(line.direction, line.at)),
    state: { ...state, line },
    accepted,
  });
  return {
    name: "lbfgs strong-wolfe",
    images: 2 * history + otherImages + lineImages,
    init: () => withoutPairs(range),
    asks: (_, { line }, { loss, gradient }) =>
      line === undefined
        ? [loss, sumOf(tf.abs(gradient))]
        : [loss, dot(gradient, line.direction), line.slope, line.reach],
    step(image, state, { gradient, asked }) {
      if (asked === undefined)
        throw new Error("Expected the numbers that the line search asks for, got none.");
      const { line } = state;
      const [loss, second] = asked as [number, number];
      /** The line from an image that is accepted. */
      const onwards = (curvature: InverseHessian, at: number) => {
        const direction = towardsMinimum(gradient, curvature);
        const slope = dot(gradient, direction);
        const reach = tf.max<tf.Scalar>(tf.abs(direction));
        const next = { from: image, loss, gradient, direction, slope, reach, at, search: newSearch };
        return alongLine(curvature, next, true);
      };
      if (line === undefined) return onwards(state, Math.min(1, range / second) * learningRate);
      const [, , slope, reach] = asked as [number, number, number, number];
      // Where rounding leaves no descent, the history is of no more use.
      if (!(slope < 0)) return { ...afresh(image, state), accepted: false };
      const start = { loss: line.loss, slope, reach: reach * range };
      const tried = { at: line.at, loss, slope: second };
      const verdict: LineVerdict =
        line.search === "over" ? { next: "accept" } : judgedTrial(start, line.search, tried);
      if (verdict.next === "try")
        return alongLine(state, { ...line, at: verdict.at, search: verdict.search }, false);
      if (verdict.next === "return") {
        if (verdict.at === 0) return { ...afresh(image, state), accepted: false };
        return alongLine(state, { ...line, at: verdict.at, search: "over" }, false);
      }
      const step = tf.mul<tf.Tensor4D>(line.direction, line.at);
      const change = tf.sub<tf.Tensor4D>(gradient, line.gradient);
      const { scale, pairs } = state;
      return onwards(withPair({ scale, pairs }, step, change, history), learningRate);
    },
    changed: afresh,
    picture: acceptedImage,
    carried: acceptedImage,
  };
}
