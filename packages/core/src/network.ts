import type { Tensor4D } from "@tensorflow/tfjs-core";

/** Activations by layer name, each [1, height, width, channels]. "image" is the image itself, RGB in [0, 1]. */
export type Features = Readonly<Record<string, Tensor4D>>;

/** The layer that every network has: its input. */
export const imageLayer = "image";

/** How a layer's positions lie over the image. */
export interface LayerGeometry {
  /** Pixels from one position to the next, in both directions. */
  readonly stride: number;
  /** Pixels that a position sees beyond its own cell, on each side. */
  readonly reach: number;
  readonly channels: number;
}

/** The cost of one step, known before anything is allocated. */
export interface StepCost {
  /** Peak memory of a step's tensors in bytes, including the network's weights. */
  readonly bytes: number;
  /** Size of the largest single tensor, in bytes. */
  readonly largestTensorBytes: number;
  /** Floating-point operations of the forward and backward pass together; a multiply-add counts as two. */
  readonly operations: number;
}

/** The cost of `features`, known before anything is allocated. */
export interface FeaturesCost {
  /** Memory of the activations that it returns, in bytes. */
  readonly bytes: number;
  /** Peak memory while they are computed and made into targets, in bytes; they and the weights are included. */
  readonly peakBytes: number;
  /** Size of the largest single tensor, in bytes. */
  readonly largestTensorBytes: number;
  /** Floating-point operations; a multiply-add counts as two. */
  readonly operations: number;
}

/** A frozen feature network. It takes RGB in [0, 1], [1, height, width, 3], and normalises its own input. */
export interface Network {
  readonly name: string;
  /** Layer names, shallow to deep. */
  readonly layers: readonly string[];
  /**
   * How a layer's positions lie over the image. Absent for a network that is not local.
   * @throws {RangeError} when the network has no such layer
   */
  geometry?(layer: string): LayerGeometry;
  /** The cost of a step at a size in pixels. Absent where it is not known: no run is then refused in advance. */
  cost?(size: readonly [height: number, width: number], layers: readonly string[]): StepCost;
  /** The cost of `features` at a size in pixels. Absent: it is taken to be at most that of a step. */
  featuresCost?(size: readonly [height: number, width: number], layers: readonly string[]): FeaturesCost;
  /**
   * Activations to make targets from: keeps nothing for a backward pass.
   * @param image RGB in [0, 1], [1, height, width, 3]
   * @throws {RangeError} when the network has no such layer or the image is too small for it
   */
  features(image: Tensor4D, layers: readonly string[]): Features;
  /** One evaluation that allows a backward pass; it stops at the deepest requested layer. */
  forward(image: Tensor4D, layers: readonly string[]): Pass;
  /** Frees the weights. */
  dispose(): void;
}

/** One evaluation of a network and its backward pass: a vector–Jacobian product, written by hand, without a tape. */
export interface Pass {
  /** Valid until `backward` or `dispose`. */
  readonly features: Features;
  /**
   * The gradient with respect to the image, [1, height, width, 3]. Call it once only: it frees the activations.
   *
   * @param gradient the gradient with respect to a layer; called once for each layer of `features`, deep to shallow,
   * when the pass gets there, so that the gradients need not all exist at once; the pass frees what it returns
   */
  backward(gradient: (layer: string) => Tensor4D | undefined): Tensor4D;
  /** Frees what `backward` has not freed; calling it again does no harm. */
  dispose(): void;
}
