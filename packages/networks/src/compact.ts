import type { Network } from "@brushwork/core";
import { chain } from "./chain.js";
import type { Padding } from "./convolution.js";
import type { Pooling } from "./pooling.js";
import type { NamedArrays } from "./safetensors.js";

/** URL of the compact network's weights, float16 safetensors, in this package. Node and bundlers both resolve it. */
export const compactWeights = new URL("../assets/compact.safetensors", import.meta.url);

/**
 * A small stand-in for VGG-19, with a sixteenth of the arithmetic and 1.8 MB of weights. Each layer's features are
 * multiplied by a readout matrix that brings mean distances, between features at relu4_2 and between Gram matrices
 * elsewhere, to VGG-19's scale, so that loss weights chosen for VGG-19 still hold.
 *
 * @param options `weights` as `readWeights` returns them from the file at `compactWeights`
 * @throws {RangeError} when weights are missing or have the wrong shape
 */
export function compact({
  weights,
  pooling = "average",
  poolingScale,
  padding,
}: {
  readonly weights: NamedArrays;
  readonly pooling?: Pooling | undefined;
  readonly poolingScale?: number | undefined;
  readonly padding?: Padding | undefined;
}): Network {
  const offered = Object.keys(weights).flatMap((name) => name.match(/^(relu\d_\d)\/readout$/)?.[1] ?? []);
  if (offered.length === 0)
    throw new RangeError(
      "Expected weights of compact with readouts, got none: choose the network they are of.",
    );
  return chain({
    name: "compact",
    blocks: [2, 2, 4, 4, 1],
    weights,
    pooling,
    poolingScale,
    padding,
    input: { mean: [0.45, 0.45, 0.45], scale: [4, 4, 4] },
    offered,
  });
}
