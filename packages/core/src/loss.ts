import type { Scalar, TensorContainer } from "@tensorflow/tfjs-core";
import type { Features } from "./network.js";

/** One picture that targets are made of. May gain fields, such as a mask by layer. */
export interface Source {
  readonly features: Features;
}

/** The pictures that targets are made of. */
export interface Sources {
  readonly content: Source;
  /** At least one. Weights are positive and sum to 1. */
  readonly styles: readonly (Source & { readonly weight: number })[];
}

/**
 * One summand of the objective.
 *
 * Pure: core scopes each call in a `tidy` and frees every tensor, so a term uses no `tidy`, `keep` or `dispose`.
 * It sees exactly the layers it names.
 */
export interface LossTerm<Targets extends TensorContainer = TensorContainer> {
  /** Unique among the terms of a run; losses are reported and weighted by it. */
  readonly name: string;
  /** Finite and not negative. A run may change it from step to step. */
  readonly weight: number;
  /** What the term looks at: names of the network's layers, or "image". */
  readonly layers: readonly string[];
  /** What the term compares with; called once for each scale, outside the gradient. */
  prepare(sources: Sources): Targets;
  /** The loss before weighting. Core differentiates it by the features. */
  loss(features: Features, targets: Targets): Scalar;
}
