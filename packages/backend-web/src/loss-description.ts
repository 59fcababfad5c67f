import type { JsonSchema } from "@brushwork/core";

/** A loss as data: what a plugin says of itself. */
export interface LossDescription {
  /** What recipes call it by. */
  readonly name: string;
  /** One line for lists. */
  readonly description?: string;
  /** Schema of its options, with a title, a default and a range for each. */
  readonly options: JsonSchema;
}

/** The losses that a worker can paint with, and what they can look at. */
export interface LossSupport {
  readonly losses: readonly LossDescription[];
  /** The layers of each network, shallow to deep, by the network's name. Losses can look at "image" as well. */
  readonly layers: Readonly<Record<string, readonly string[]>>;
}
