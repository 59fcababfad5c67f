import type { Engine } from "./engine.js";
import type { LossTerm } from "./loss.js";
import type { Network } from "./network.js";
import type { Optimizer } from "./optimizer.js";
import type { Picture } from "./picture.js";
import type { RunState } from "./run-state.js";

/** One size of the coarse-to-fine pyramid. */
export interface Scale {
  /** The longer side in pixels, keeping aspect ratios, or a width and a height, which `fit` is about. */
  readonly size: number | readonly [width: number, height: number];
  readonly steps: number;
}

/** The ways to fit pictures of another shape into a size. */
export const fits = ["cover", "contain", "stretch"] as const;

/** A way to fit pictures of another shape into a size; `StylizeOptions.fit` explains each. */
export type Fit = (typeof fits)[number];

/** One of several styles. */
export interface StyleSource {
  readonly picture: Picture;
  /**
   * 0 or more; the weights of all styles are scaled to sum to 1. A style with weight 0 is left out.
   * @default 1
   */
  readonly weight?: number;
  /**
   * Where in the picture the style acts: white, everywhere; black, nowhere; grey, in part. It lies over the content,
   * stretched if its shape is another.
   * @default everywhere
   */
  readonly contentMask?: Picture;
  /** Which part of the style's picture counts, in the same way. @default all of it */
  readonly styleMask?: Picture;
}

/** The part of an AbortSignal that core uses, so that it does not depend on the DOM. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/** The options of `stylize` and `plan`. */
export interface StylizeOptions {
  /** The started engine; it must be TensorFlow.js's current one. */
  readonly engine: Engine;
  readonly network: Network;
  /** The picture to paint. Where it is transparent, so is the result. */
  readonly content: Picture;
  /** The style to paint in: a picture, or several with weights. */
  readonly style: Picture | readonly StyleSource[];
  /** The terms of the objective: at least one, with unique names. */
  readonly terms: readonly LossTerm[];
  /**
   * The rule that changes the image at each step.
   * @default averaged(adam())
   */
  readonly optimizer?: Optimizer;
  /**
   * The sizes to paint at, coarse to fine.
   * @default [{ size: 512, steps: 300 }]
   */
  readonly scales?: readonly Scale[];
  /**
   * How the content fits a size that is given as a width and a height, and a picture to start from fits the content.
   *
   * - `cover`: it fills the size, keeps its shape, and loses what extends beyond it on two sides.
   * - `contain`: it fits into the size whole and keeps its shape. The painting is then as large as fits; around a
   *   picture to start from, the content shows.
   * - `stretch`: it fills the size whole and loses its shape. So do the styles.
   *
   * Unless stretched, styles keep the shape of their strokes: the longer side of each is the painting's.
   * @default "cover"
   */
  readonly fit?: Fit;
  /**
   * The style's size relative to the content's; strokes grow with it.
   * @default 1
   */
  readonly styleScale?: number;
  /**
   * Pixels of reflected content around the image while it is optimised, cut off at the end, so that the network's
   * zero padding leaves no visible frame. 0 switches it off.
   * @default as far as the terms' layers see: 70 for relu5_1 of VGG-19; 16 for a network without geometry
   */
  readonly margin?: number;
  /**
   * What the image starts as: the content, the (first) style cropped to the content's shape, noise, or a picture.
   * @default "content"
   */
  readonly init?: "content" | "style" | "noise" | Picture;
  /**
   * Seed of the noise: the same seed gives the same noise on every engine.
   * @default 0
   */
  readonly seed?: number;
  /**
   * Ends a scale before its steps are done, once the mean of the total loss over 16 steps is less than this share below
   * that over the 16 steps before: above 0, at most 1, such as 0.005. Changed weights start the comparison anew.
   */
  readonly untilStable?: number;
  /** Weights by term name, read at each step, so that changes take effect. A term left out keeps its own weight. */
  readonly weights?: () => Readonly<Record<string, number>>;
  /**
   * Where to go on from, as `step.state()` gave it, in a run with the same other options: the steps after it follow.
   * On the same engine they are the same as if the run had never ended, to the last bit where the engine itself repeats
   * its results. Weights by `weights` are read anew.
   */
  readonly resume?: RunState;
  /**
   * Memory that the run's tensors may take, in bytes. What does not fit into it is painted in tiles: the same picture,
   * but for rounding, in more time.
   * @default what the engine has, or what the run to go on with was planned for
   */
  readonly memoryBytes?: number;
  /** Stops the run when it is aborted. */
  readonly signal?: Signal;
}
