/** The weights that a network is published with. */
export interface PublishedWeights {
  /** The name that recipes use: who published which file. Conversions of that file have the same name. */
  readonly id: string;
  /** The licence's name and address. */
  readonly licence: string;
  readonly attribution: string;
  readonly citation: string;
  /** SHA-256 of the file that comes with this package, hexadecimal. */
  readonly own?: { readonly sha256: string };
  /** The published file, in HDF5. */
  readonly file?: {
    /** Addresses of the same bytes, in the order to try them in. */
    readonly sources: readonly [string, ...string[]];
    readonly bytes: number;
    /** MD5, hexadecimal. */
    readonly md5: string;
  };
  /** Names of other published weights of the network, which a converted file may state in its metadata. */
  readonly others?: readonly string[];
  /** A conversion that pages of other origins may load. It may hold the first layers only. */
  readonly shards?: ShardedWeights;
}

/** Weights cut into shards: float32, little-endian, one array after the other. */
export interface ShardedWeights {
  /** Address of the shards' folder. */
  readonly base: string;
  /** Attribution of the conversion, to append to that of the weights. */
  readonly attribution: string;
  /** Git's SHA-1 of each shard by its path in the folder, in the shards' order. */
  readonly shards: Readonly<Record<string, string>>;
  /** Shapes of the arrays in the shards, in their order: conv1_1/kernel [3, 3, 3, 64] and so on. */
  readonly arrays: Readonly<Record<string, readonly number[]>>;
}

const google = "https://storage.googleapis.com/tensorflow/keras-applications";
const github = "https://github.com/fchollet/deep-learning-models/releases/download/v0.1";
const channels = [64, 128, 256, 512, 512];

const group = {
  licence: "CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
  citation:
    "K. Simonyan, A. Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition, " +
    "arXiv:1409.1556, 2014",
};

function attributionOf(network: string): string {
  return (
    `${network} by Karen Simonyan and Andrew Zisserman, Visual Geometry Group, University of Oxford ` +
    "(https://www.robots.ox.ac.uk/~vgg/research/very_deep/), converted for Keras by François Chollet"
  );
}

/**
 * The weights of each network. VGG's are the original ones of the Visual Geometry Group, which were trained in Caffe,
 * without their fully connected layers, as Keras publishes them.
 *
 * @see https://github.com/keras-team/keras/blob/master/keras/src/applications/vgg19.py for the MD5 of the files
 * @see https://github.com/DavidCai1993/vgg19-tensorflowjs-model, at the commit that the address names, for the shards:
 * their first eight mebibytes are bit for bit those of another conversion of Keras's file
 */
export const publishedWeights = {
  compact: {
    id: "compact/brushwork@2bc24d52c698b59a",
    licence: "CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
    attribution: "compact by the Brushwork authors",
    citation: "Brushwork, https://github.com/brushwork/brushwork",
    own: {
      sha256: "2bc24d52c698b59aef93dd6785a7a80eee2223d6b6ad537ed5fb897d3bb07f97",
    },
  },
  vgg19: {
    ...group,
    id: "vgg19/keras@253f8cb515780f3b799900260a226db6",
    attribution: attributionOf("VGG-19"),
    file: {
      sources: [
        `${google}/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5`,
        `${github}/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5`,
      ],
      bytes: 80_134_624,
      md5: "253f8cb515780f3b799900260a226db6",
    },
    // torchvision's file is named after the first digits of its SHA-256: vgg19-dcbb9e9d.pth.
    others: ["vgg19/torchvision@dcbb9e9d"],
    shards: {
      base: "https://cdn.jsdelivr.net/gh/DavidCai1993/vgg19-tensorflowjs-model@08d0905/model/",
      attribution: "and for TensorFlow.js by David Cai (MIT)",
      arrays: convolutionsOf([2, 2, 4, 4, 1]),
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
    },
  },
  vgg16: {
    ...group,
    id: "vgg16/keras@6d6bbae143d832006294945121d1f1fc",
    attribution: attributionOf("VGG-16"),
    file: {
      sources: [
        `${google}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5`,
        `${github}/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5`,
      ],
      bytes: 58_889_256,
      md5: "6d6bbae143d832006294945121d1f1fc",
    },
  },
} as const satisfies Readonly<Record<string, PublishedWeights>>;

/** The name of a network. */
export type NetworkName = keyof typeof publishedWeights;

/** The names of all networks. */
export const networkNames = Object.keys(publishedWeights) as readonly NetworkName[];

/**
 * The name that recipes use for weights: their published source where that is known, else the digest of their file.
 *
 * @param network the network that the weights belong to
 * @param file what is known of their file: its digests, hexadecimal, and its metadata; a file of ours, or one that was
 * converted for us, carries `weights`, the name, or the `md5` of the published file that it was made from
 * @returns undefined where nothing is known
 */
export function weightsIdentity(
  network: NetworkName,
  {
    sha256,
    md5,
    metadata,
  }: {
    readonly sha256?: string;
    readonly md5?: string;
    readonly metadata?: Readonly<Record<string, string>>;
  },
): string | undefined {
  const { id, own, file, others }: PublishedWeights = publishedWeights[network];
  const published =
    (sha256 !== undefined && sha256 === own?.sha256) ||
    (file !== undefined && (md5 === file.md5 || metadata?.md5 === file.md5)) ||
    metadata?.weights === id;
  if (published) return id;
  if (metadata?.weights !== undefined && others?.includes(metadata.weights)) return metadata.weights;
  return sha256 === undefined ? undefined : `sha256:${sha256}`;
}

/** The shapes of the arrays of the given number of convolutions in each of VGG's blocks. */
function convolutionsOf(blocks: readonly number[]): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    blocks.flatMap((count, block) =>
      Array.from({ length: count }, (_, i) => {
        const outputs = channels[block] ?? 0;
        const inputs = i > 0 ? outputs : (channels[block - 1] ?? 3);
        const name = `conv${block + 1}_${i + 1}`;
        return [[`${name}/kernel`, [3, 3, inputs, outputs]] as const, [`${name}/bias`, [outputs]] as const];
      }).flat(),
    ),
  );
}
