import { publishedWeights, type PublishedWeights as WeightsOfNetwork } from "@brushwork/networks/published";

/** A published weight file: where it is, how it is recognised, and whom to thank. */
export type PublishedWeights = Pick<WeightsOfNetwork, "licence" | "attribution" | "citation"> &
  NonNullable<WeightsOfNetwork["file"]>;

export type WeightCatalogue = Readonly<Record<string, PublishedWeights>>;

/** The weights that can be pulled, by the network that they are of. */
export const weightCatalogue: WeightCatalogue = Object.fromEntries(
  Object.entries(publishedWeights).flatMap(([name, weights]) => {
    const { file, licence, attribution, citation }: WeightsOfNetwork = weights;
    return file === undefined ? [] : [[name, { ...file, licence, attribution, citation }]];
  }),
);
