import { type Network, OptionError } from "@brushwork/core";
import { compact, compactWeights } from "./compact.js";
import type { Padding } from "./convolution.js";
import type { Pooling } from "./pooling.js";
import { type NetworkName, type PublishedWeights, publishedWeights } from "./published-weights.js";
import { type NamedArrays, readSafetensorsMetadata } from "./safetensors.js";
import { vgg16, vgg19 } from "./vgg.js";
import type { Preprocessing } from "./weight-names.js";

/** How a network with given weights is run; see `VggOptions` for the defaults. */
export interface NetworkVariant {
  readonly pooling?: Pooling | undefined;
  readonly poolingScale?: number | undefined;
  readonly padding?: Padding | undefined;
  /** For VGG alone: compact has an input of its own. */
  readonly preprocessing?: Preprocessing | undefined;
}

/** A network that recipes can name. */
export interface NetworkEntry {
  /** Makes the network from its weights. */
  make(options: NetworkVariant & { readonly weights: NamedArrays }): Network;
  /** The layers that losses can use, shallow to deep. */
  readonly layers: readonly string[];
  readonly weights: PublishedWeights;
  /** The weight file that comes with this package. */
  readonly own?: URL;
}

/** The networks that recipes can name. */
export const networks: Readonly<Record<NetworkName, NetworkEntry>> = {
  compact: {
    make: compact,
    layers: [
      ...["relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1", "relu3_2", "relu3_4"],
      ...["relu4_1", "relu4_2", "relu4_4", "relu5_1"],
    ],
    weights: publishedWeights.compact,
    own: compactWeights,
  },
  vgg19: { make: vgg19, layers: layersOf([2, 2, 4, 4, 4]), weights: publishedWeights.vgg19 },
  vgg16: { make: vgg16, layers: layersOf([2, 2, 3, 3, 3]), weights: publishedWeights.vgg16 },
};

/** Whether a string is the name of a network. */
export function isNetworkName(name: string): name is NetworkName {
  return Object.hasOwn(networks, name);
}

/** @throws {OptionError} when a network that has an input of its own is to be given another */
export function checkVariant(name: NetworkName, { preprocessing }: NetworkVariant): void {
  if (preprocessing !== undefined && name === "compact")
    throw new OptionError(
      `Expected no preprocessing for compact, which has an input of its own, got "${preprocessing}": ` +
        "leave it out, or choose vgg19.",
    );
}

/** The metadata of a weight file; empty where it is not a safetensors file. */
export function weightsMetadata(file: Uint8Array): Readonly<Record<string, string>> {
  try {
    return readSafetensorsMetadata(file);
  } catch {
    return {};
  }
}

/** The layers conv1_1, relu1_1 … pool1 … of a chain with that many convolutions in each block. */
function layersOf(blocks: readonly number[]): readonly string[] {
  return blocks.flatMap((count, block) => [
    ...Array.from({ length: count }, (_, i) => [
      `conv${block + 1}_${i + 1}`,
      `relu${block + 1}_${i + 1}`,
    ]).flat(),
    `pool${block + 1}`,
  ]);
}
