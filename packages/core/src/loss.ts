import type { NamedTensorMap, Scalar, Tensor4D, TensorContainer } from "@tensorflow/tfjs-core";
import type { Features } from "./network.js";

/** One of the pictures that targets are made from. Fields may be added later. */
export interface Source {
  readonly features: Features;
}

/**
 * A soft mask by layer, [1, height, width, 1] of the layer's own size: 0 where nothing counts, and with a mean of 1, so
 * that a weighted mean over positions is the mean of mask times value. It is 0 throughout at a layer whose positions
 * lie outside the style's content mask or style mask: the style has no effect there.
 */
export type Masks = Features;

/** A style that targets are made from. */
export interface StyleFeatures extends Source {
  /** Positive; the weights of all styles sum to 1. */
  readonly weight: number;
  /** Where the style acts in the image, whose positions the masks have. Absent: everywhere. */
  readonly contentMasks?: Masks;
  /** Which part of the style counts. Absent: all of it. */
  readonly styleMasks?: Masks;
}

/** The pictures that targets are made from. */
export interface Sources {
  readonly content: Source;
  /** At least one style. */
  readonly styles: readonly StyleFeatures[];
}

/** What a term works on in a step. Fields may be added later. */
export interface WorkingSize {
  /** Bytes of the features at each layer that the term names. */
  readonly featureBytes: Readonly<Record<string, number>>;
  /** The number of regions that `styleRegions` makes of the styles. */
  readonly regions: number;
}

/**
 * One summand of the objective.
 *
 * Pure: core scopes each call in a `tidy` and frees every tensor, so a term uses no `tidy`, `keep` or `dispose`. A GPU may
 * repeat the operations of a few steps, without a call, for as long as the scale lasts.
 * It sees exactly the layers it names.
 */
export interface LossTerm<Targets extends TensorContainer = TensorContainer> {
  /** Unique among the terms of a run, which reports its loss and changes its weight under this name. */
  readonly name: string;
  /** Factor of the loss: finite, at least 0. A run may change it from step to step. */
  readonly weight: number;
  /** The layers that the term sees: names of the network's layers, or "image". */
  readonly layers: readonly string[];
  /** Whether the targets hold the content's features, whose memory is then counted beside that of each step. */
  readonly holdsContent?: boolean;
  /**
   * The memory that a step needs for this term's own tensors, in bytes: for those of its size or larger that exist at
   * once while its loss and gradient are computed, beside features and gradients. Absent: next to nothing. A term that
   * holds copies of its features states them, so that a run that would not fit is refused before it starts.
   */
  workingBytes?(at: WorkingSize): number;
  /**
   * Whether the term respects the masks of styles, or does not look at the styles. A run with masks refuses any other.
   * @default false
   */
  readonly masks?: boolean;
  /**
   * Whether the gradient at each layer is divided by its L1 norm before it is weighted, so that every layer pulls as hard
   * as the weight says: weight · g / (‖g‖₁ + 10⁻⁸). The reported loss stays as it is.
   * @see jcjohnson/neural-style, `-normalize_gradients`
   */
  readonly normalizeGradients?: boolean;
  /**
   * The same loss, as a score of sums over positions, with which a picture that does not fit into memory is painted in
   * tiles. Absent: such a picture needs the features of all its tiles at once at the layers of this term.
   */
  readonly additive?: Additive;
  /** Computes what the loss compares features with. Called once per scale; not differentiated. */
  prepare(sources: Sources): Targets;
  /** Computes the loss before weighting. Core differentiates it with respect to the features. */
  loss(features: Features, targets: Targets): Scalar;
}

/** A piece of an activation, and its place in the whole picture. Fields may be added later. */
export interface Site {
  readonly layer: string;
  /** The shape of the whole picture's activation at this layer: a mean divides by this, never by the piece's own. */
  readonly whole: readonly [1, height: number, width: number, channels: number];
  /** The content's activation at the piece's positions; present with `beside`. */
  readonly content?: Tensor4D;
  /** Weights of the piece's positions, [1, height, width, 1], as of `Masks`: of a style, or of where it acts. */
  readonly mask?: Tensor4D;
  /** The part of a map as large as the piece that belongs to it: without the neighbours that `reach` adds. */
  own(map: Tensor4D): Tensor4D;
}

/** The sums of a picture by layer. */
export type Measures = Readonly<Record<string, NamedTensorMap>>;

/**
 * A loss as a score of sums over positions: `score` of the sums of `measure` over any pieces that the picture is cut into
 * is the term's `loss`. Pure, as the term is. Where styles act in several regions, each region has measures, targets and
 * a score of its own, and the loss is their weighted sum.
 */
export interface Additive<Targets extends TensorContainer = TensorContainer> {
  /** Whether `measure` is given the content's activation at the same positions. @default false */
  readonly beside?: boolean;
  /** How many neighbours in each direction a piece has beside its own positions, where the picture goes on. @default 0 */
  readonly reach?: number;
  /** A piece's share of the sums over the picture. Core differentiates it with respect to the activation. */
  measure(activation: Tensor4D, site: Site): NamedTensorMap;
  /**
   * The targets, from the styles' own measures; their weights sum to 1. Absent: the term does not look at the styles.
   */
  prepare?(styles: readonly { readonly measures: Measures; readonly weight: number }[]): Targets;
  /** The loss before weighting. Core differentiates it with respect to the measures. */
  score(measures: Measures, targets: Targets): Scalar;
}
