import { expect, it } from "vitest";
import { weightCatalogue } from "./catalogue.js";

it("names the addresses, sizes and hashes that Keras publishes", () => {
  expect(Object.keys(weightCatalogue)).toEqual(["vgg19", "vgg16"]);
  expect(weightCatalogue.vgg19).toMatchObject({
    sources: [
      "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
      "https://github.com/fchollet/deep-learning-models/releases/download/v0.1/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
    ],
    bytes: 80134624,
    md5: "253f8cb515780f3b799900260a226db6",
  });
  expect(weightCatalogue.vgg16).toMatchObject({
    sources: [
      "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
      "https://github.com/fchollet/deep-learning-models/releases/download/v0.1/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    ],
    bytes: 58889256,
    md5: "6d6bbae143d832006294945121d1f1fc",
  });
});

it.each(Object.entries(weightCatalogue))("thanks the authors of %s under their licence", (_, weights) => {
  expect(weights.attribution).toMatch("Karen Simonyan and Andrew Zisserman");
  expect(weights.licence).toBe("CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)");
  expect(weights.citation).toMatch("arXiv:1409.1556");
});
