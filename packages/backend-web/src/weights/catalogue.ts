import type { Shapes } from "./safetensors-header.js";

/** Published weights, cut into shards: float32, little-endian, one array after the other. */
export interface PublishedWeights {
  /** Address of the shards' folder, which has to allow other origins (CORS). */
  readonly base: string;
  /** In their order: Git's SHA-1 by the path in the folder. */
  readonly shards: Readonly<Record<string, string>>;
  /** What they hold: conv1_1/kernel [3, 3, 3, 64] and so on. */
  readonly arrays: Shapes;
  /** Its name and address. */
  readonly licence: string;
  readonly attribution: string;
}

/** By the network they are of. */
export type WeightCatalogue = Readonly<Record<string, PublishedWeights>>;

/** The convolutions of each of VGG-19's blocks that are downloaded, and their channels. */
const blocks = [
  { convolutions: 2, channels: 64 },
  { convolutions: 2, channels: 128 },
  { convolutions: 4, channels: 256 },
  { convolutions: 4, channels: 512 },
  { convolutions: 1, channels: 512 },
];

/**
 * The weights that can be downloaded: VGG-19's, as far as conv5_1, which are 52 MB of the 80 of all its convolutions.
 * No preset looks deeper.
 *
 * @see https://github.com/DavidCai1993/vgg19-tensorflowjs-model, at the commit that the address names
 */
export const weightCatalogue: WeightCatalogue = {
  vgg19: {
    base: "https://cdn.jsdelivr.net/gh/DavidCai1993/vgg19-tensorflowjs-model@08d0905/model/",
    licence: "CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
    attribution:
      "VGG-19 by Karen Simonyan and Andrew Zisserman, Visual Geometry Group, University of Oxford " +
      "(https://www.robots.ox.ac.uk/~vgg/research/very_deep/), converted for Keras by François Chollet " +
      "and for TensorFlow.js by David Cai (MIT)",
    shards: {
      "group1-shard1of1": "d5dc010d2591a1bba216ecaa7b17c3c4104ca570",
      "group2-shard1of1": "5eb64d62899a8dcfc08fb9d623b8fd80bb4e8969",
      "group3-shard1of1": "debab6e087aefdec47aad792f404ee849013915a",
      "group4-shard1of1": "37158f2e74e4f124b1af755dbbda1f1c7cf901c1",
      "group5-shard1of1": "2e7e61b9cd7f8d917cc5ab8a8f7d477f8f9ecf07",
      "group6-shard1of1": "48e6fcccb9ec37e0951ace2339aa23d330aa7225",
      "group7-shard1of1": "f5d27f47b16cddda014d3a2a7c517c6ed7cf40b1",
      "group8-shard1of1": "47c01b2aee6c6f839de0abca1fed0d066a8d6883",
      "group9-shard1of2": "e0aeae43d3d767ec27ed3fca726c5619c058097f",
      "group9-shard2of2": "19881d4d23862e2459008c642e5965bc14538cd6",
      "group10-shard1of3": "2ab453d66b452527219b6d38c1aa1f308f4dce80",
      "group10-shard2of3": "db5733fde7b719c484a83f60197fb3a9c584c96c",
      "group10-shard3of3": "0fdc25721d83da5e6d551e1ad2dc0c0670eccee2",
      "group11-shard1of3": "ba69c69ce7e082576f0b278fcfa8cac8ff0950cf",
      "group11-shard2of3": "5da164af31754a7095ffaf0527f7d95e83a95b6e",
      "group11-shard3of3": "2fae61b1a8b300cbde5ba367bc4cebf427b46db0",
      "group12-shard1of3": "978df76136fcc60c857888499062e3f84e8f80c3",
      "group12-shard2of3": "d9aaebd177091da37d02aadf1b67360a90e9aa3f",
      "group12-shard3of3": "9e285a2c37f0e9363135f4853599e66b4c75287b",
      "group13-shard1of3": "24aa6625c012605b96bfe5473530eca7ba33bdcb",
      "group13-shard2of3": "630983138456a18e4395aa405f018e981bfb6f77",
      "group13-shard3of3": "11b5f2062760174dd792d78f67407d634d756283",
    },
    arrays: Object.fromEntries(
      blocks.flatMap(({ convolutions, channels }, block) =>
        Array.from({ length: convolutions }, (_, i) => {
          const inputs = i > 0 ? channels : (blocks[block - 1]?.channels ?? 3);
          const name = `conv${block + 1}_${i + 1}`;
          return [
            [`${name}/kernel`, [3, 3, inputs, channels]] as const,
            [`${name}/bias`, [channels]] as const,
          ];
        }).flat(),
      ),
    ),
  },
};
