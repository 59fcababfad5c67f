import {
  publishedWeights,
  type ShardedWeights,
  type PublishedWeights as WeightsOfNetwork,
} from "@brushwork/networks";

/** Published weights, cut into shards, from an address that has to allow other origins (CORS). */
export interface PublishedWeights extends ShardedWeights {
  /** What recipes name the weights by. @default the digest of the file that is kept */
  readonly id?: string;
  /** The licence's name and address. */
  readonly licence: string;
}

/** By the network they are of. */
export type WeightCatalogue = Readonly<Record<string, PublishedWeights>>;

/**
 * The weights that can be downloaded: VGG-19's, as far as conv5_1, which are 52 MB of the 80 of all its convolutions.
 * No preset looks deeper.
 */
export const weightCatalogue: WeightCatalogue = Object.fromEntries(
  Object.entries(publishedWeights).flatMap(([name, weights]) => {
    const { id, licence, attribution, shards }: WeightsOfNetwork = weights;
    if (shards === undefined) return [];
    return [[name, { ...shards, id, licence, attribution: `${attribution} ${shards.attribution}` }]];
  }),
);
