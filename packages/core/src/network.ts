import type { Tensor4D } from "@tensorflow/tfjs-core";

/** Activations by layer name, each [1, height, width, channels]. The layer "image" is the picture itself, RGB in [0, 1]. */
export type Features = Readonly<Record<string, Tensor4D>>;

/** The layer that every network has: its input. */
export const imageLayer = "image";

/** How a layer's positions lie over the image. */
export interface LayerGeometry {
  /** One position per this many pixels, in both directions. */
  readonly stride: number;
  /** Pixels seen beyond a position's own cell, on each side. */
  readonly reach: number;
  readonly channels: number;
}

/** What one step costs, before anything is allocated. */
export interface StepCost {
  /** Bytes of tensors alive at the worst moment of a step, the network's weights included. */
  readonly bytes: number;
  /** Bytes of the largest single tensor. */
  readonly largestTensorBytes: number;
  /** Floating-point operations of forward and backward together; a multiply-add counts as two. */
  readonly operations: number;
}

/** A frozen feature network. It takes RGB in [0, 1], [1, height, width, 3], and normalises its own input. */
export interface Network {
  readonly name: string;
  /** Layer names, shallow to deep. */
  readonly layers: readonly string[];
  /**
   * Absent for a network that is not local.
   * @throws {RangeError} when the network has no such layer
   */
  geometry?(layer: string): LayerGeometry;
  /** Absent where it cannot be known: nothing is then refused beforehand. */
  cost?(size: readonly [height: number, width: number], layers: readonly string[]): StepCost;
  /**
   * Activations for targets: keeps nothing for a way back.
   * @param image RGB in [0, 1], [1, height, width, 3]
   * @throws {RangeError} when the network has no such layer or the image is too small for it
   */
  features(image: Tensor4D, layers: readonly string[]): Features;
  /** One evaluation that can go back; stops at the deepest layer asked for. */
  forward(image: Tensor4D, layers: readonly string[]): Pass;
  /** Frees the weights. */
  dispose(): void;
}

/** One evaluation of a network and the way back: a vector–Jacobian product, written by hand, not by tape. */
export interface Pass {
  /** Valid until `backward` or `dispose`. */
  readonly features: Features;
  /**
   * The gradient by the image, [1, height, width, 3]. Once only: activations are freed on the way.
   *
   * @param gradient asked once for each layer of `features`, deep to shallow, when the pass gets there, so that
   * the gradients need not all exist at once; the pass frees what it is given
   */
  backward(gradient: (layer: string) => Tensor4D | undefined): Tensor4D;
  /** Frees what `backward` has not; harmless twice. */
  dispose(): void;
}
