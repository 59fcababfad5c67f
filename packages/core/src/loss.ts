import type { Scalar, TensorContainer } from "@tensorflow/tfjs-core";
import type { Features } from "./network.js";

/** One of the pictures that targets are made from. Fields may be added later, such as a mask for each layer. */
export interface Source {
  readonly features: Features;
}

/** The pictures that targets are made from. */
export interface Sources {
  readonly content: Source;
  /** At least one style. The weights are positive and sum to 1. */
  readonly styles: readonly (Source & { readonly weight: number })[];
}

/**
 * One summand of the objective.
 *
 * Pure: core scopes each call in a `tidy` and frees every tensor, so a term uses no `tidy`, `keep` or `dispose`.
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
  /** Computes what the loss compares features with. Called once per scale; not differentiated. */
  prepare(sources: Sources): Targets;
  /** Computes the loss before weighting. Core differentiates it with respect to the features. */
  loss(features: Features, targets: Targets): Scalar;
}
