import type { LossDescription } from "@brushwork/runs";

/** The losses that a worker serves, and the layers that they can use. */
export interface LossSupport {
  readonly losses: readonly LossDescription[];
  /** Layers of each network, shallow to deep, by the network's name. Losses can use "image" as well. */
  readonly layers: Readonly<Record<string, readonly string[]>>;
}
