import {
  publishedWeights,
  type ShardedWeights,
  type PublishedWeights as WeightsOfNetwork,
} from "@brushwork/networks";

/** Published weights, cut into shards, at an address that allows other origins (CORS). */
export interface PublishedWeights extends ShardedWeights {
  /** Name of the weights in recipes. @default the digest of the file that is kept */
  readonly id?: string;
  /** Name and address of the licence. */
  readonly licence: string;
}

/** Published weights by the name of their network. */
export type WeightCatalogue = Readonly<Record<string, PublishedWeights>>;

/**
 * The weights that can be downloaded: VGG-19's up to conv5_1, 52 MB of the 80 MB of all its convolutions. No preset uses
 * deeper layers.
 */
export const weightCatalogue: WeightCatalogue = Object.fromEntries(
  Object.entries(publishedWeights).flatMap(([name, weights]) => {
    const { id, licence, attribution, shards }: WeightsOfNetwork = weights;
    if (shards === undefined) return [];
    return [[name, { ...shards, id, licence, attribution: `${attribution} ${shards.attribution}` }]];
  }),
);
