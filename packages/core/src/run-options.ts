import type { Engine } from "./engine.js";
import type { LossTerm } from "./loss.js";
import type { Network } from "./network.js";
import type { Optimizer } from "./optimizer.js";
import type { Picture } from "./picture.js";

/** One size of the coarse-to-fine pyramid. */
export interface Scale {
  /** The longer side in pixels, aspect ratios kept; or an exact size that content and style are stretched to. */
  readonly size: number | readonly [width: number, height: number];
  readonly steps: number;
}

/** One of several styles. */
export interface StyleSource {
  readonly picture: Picture;
  /** Above 0; the weights of all styles are scaled to sum to 1. */
  readonly weight?: number;
}

/** What is needed of an AbortSignal, so that core needs no DOM. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

export interface StylizeOptions {
  /** The engine that was started; it must be TensorFlow.js's current one. */
  readonly engine: Engine;
  readonly network: Network;
  /** What to paint. Where it is transparent, so is the result. */
  readonly content: Picture;
  /** In whose manner to paint: a picture, or several with weights. */
  readonly style: Picture | readonly StyleSource[];
  /** The objective; at least one, their names unique. */
  readonly terms: readonly LossTerm[];
  /** Absent: `averaged(adam())`. */
  readonly optimizer?: Optimizer;
  /** Coarse to fine. Absent: one of 512 pixels and 300 steps. */
  readonly scales?: readonly Scale[];
  /** The style's size relative to the content's; above 1, strokes grow. Absent: 1. */
  readonly styleScale?: number;
  /**
   * Pixels of reflected content round the image while it is optimised, cut off at the end, so that a network's
   * zero padding leaves no visible frame. Absent: 16; 0 switches it off.
   */
  readonly margin?: number;
  /** What the image starts as: the content, the (first) style cropped to the content's shape, noise, or a picture. */
  readonly init?: "content" | "style" | "noise" | Picture;
  /** Of the noise; the same seed gives the same noise on every engine. Absent: 0. */
  readonly seed?: number;
  /** By term name, read at each step: changes take effect at the next. A term it leaves out keeps its weight. */
  readonly weights?: () => Readonly<Record<string, number>>;
  readonly signal?: Signal;
}
