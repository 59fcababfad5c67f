/** Published weights: where they are, how they are recognised, and whom to thank. */
export interface PublishedWeights {
  /** Addresses of the same bytes, the one to be tried first first. */
  readonly sources: readonly [string, ...string[]];
  readonly bytes: number;
  /** Of the published file, hexadecimal. */
  readonly md5: string;
  /** Its name and address. */
  readonly licence: string;
  readonly attribution: string;
  readonly citation: string;
}

export type WeightCatalogue = Readonly<Record<string, PublishedWeights>>;

const google = "https://storage.googleapis.com/tensorflow/keras-applications";
const github = "https://github.com/fchollet/deep-learning-models/releases/download/v0.1";

const vgg = {
  licence: "CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
  citation:
    "K. Simonyan, A. Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition, " +
    "arXiv:1409.1556, 2014",
};

/**
 * The weights that can be pulled: the original ones of the Visual Geometry Group, which were trained in Caffe, without
 * their fully connected layers, as Keras publishes them.
 *
 * @see https://github.com/keras-team/keras/blob/master/keras/src/applications/vgg19.py for the hashes
 */
export const weightCatalogue: WeightCatalogue = {
  vgg19: {
    ...vgg,
    sources: [
      `${google}/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5`,
      `${github}/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5`,
    ],
    bytes: 80_134_624,
    md5: "253f8cb515780f3b799900260a226db6",
    attribution:
      "VGG-19 by Karen Simonyan and Andrew Zisserman, Visual Geometry Group, University of Oxford " +
      "(https://www.robots.ox.ac.uk/~vgg/research/very_deep/), converted for Keras by François Chollet",
  },
  vgg16: {
    ...vgg,
    sources: [
      `${google}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5`,
      `${github}/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5`,
    ],
    bytes: 58_889_256,
    md5: "6d6bbae143d832006294945121d1f1fc",
    attribution:
      "VGG-16 by Karen Simonyan and Andrew Zisserman, Visual Geometry Group, University of Oxford " +
      "(https://www.robots.ox.ac.uk/~vgg/research/very_deep/), converted for Keras by François Chollet",
  },
};
