import type { JsonSchema } from "@brushwork/core";

/** A loss as data, without its code. */
export interface LossDescription {
  /** Name of the loss in recipes. */
  readonly name: string;
  /** One line, for lists. */
  readonly description?: string;
  /** JSON Schema of the options, with a title, a default and a range for each. */
  readonly options: JsonSchema;
}

/** The losses that a worker serves, and the layers that they can use. */
export interface LossSupport {
  readonly losses: readonly LossDescription[];
  /** Layers of each network, shallow to deep, by the network's name. Losses can use "image" as well. */
  readonly layers: Readonly<Record<string, readonly string[]>>;
}
