import { adam, type Engine, pictureTensor } from "@brushwork/core";
import type { NamedArrays } from "@brushwork/networks";
import * as tf from "@tensorflow/tfjs-core";
import { noise, type Steps } from "./step.js";
import { convolutions } from "./vgg19-shape.js";

const contentLayer = "relu4_2";
const styleLayers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"];
/** Caffe's mean pixel, RGB, on the scale 0–255. */
const meanPixel = [123.68, 116.779, 103.939];

/**
 * The same step in plain TensorFlow.js, as anyone would write it: its operations one after another, differentiated by
 * its tape.
 */
export function plainSteps(engine: Engine, weights: NamedArrays, size: number): Steps {
  const network = convolutions.map(({ name, stride, inputs, outputs }) => ({
    stride,
    relu: name.replace("conv", "relu"),
    filter: tf.tensor4d(weights[`${name}/kernel`]?.data ?? [], [3, 3, inputs, outputs]),
    bias: tf.tensor1d(weights[`${name}/bias`]?.data ?? []),
  }));
  const mean = tf.tensor1d(meanPixel);
  const optimizer = adam();
  let image = pictureTensor(noise(size, 1), [size, size]);
  let state = optimizer.init(image);
  const content = tf.tidy(() => features(image)[contentLayer] as tf.Tensor4D);
  const grams = tf.tidy(() => {
    const style = features(pictureTensor(noise(size, 2), [size, size]));
    return styleLayers.map((layer) => gram(style[layer] as tf.Tensor4D));
  });
  const slope = tf.valueAndGrad((x: tf.Tensor) => objective(x as tf.Tensor4D));

  return {
    async next() {
      const before = { image, state };
      ({ image, state } = tf.tidy(() => {
        const { value, grad } = slope(image);
        return optimizer.step(image, state, {
          loss: value as tf.Scalar,
          gradient: grad as tf.Tensor4D,
          terms: {},
        });
      }));
      tf.dispose([before.image, { ...before.state }]);
      await engine.settle();
    },
    async stop() {
      tf.dispose([image, { ...state }, content, grams, mean]);
      for (const { filter, bias } of network) tf.dispose([filter, bias]);
    },
  };

  function features(x: tf.Tensor4D): Record<string, tf.Tensor4D> {
    const found: Record<string, tf.Tensor4D> = {};
    let activation = tf.sub<tf.Tensor4D>(tf.mul(x, 255), mean);
    let stride = 1;
    for (const convolution of network) {
      if (convolution.stride > stride) activation = tf.avgPool(activation, 2, 2, "valid");
      stride = convolution.stride;
      const convolved = tf.conv2d(activation, convolution.filter, 1, "same");
      activation = tf.relu(tf.add<tf.Tensor4D>(convolved, convolution.bias));
      found[convolution.relu] = activation;
    }
    return found;
  }

  function objective(x: tf.Tensor4D): tf.Scalar {
    const found = features(x);
    const ofContent = tf.mean(tf.squaredDifference(found[contentLayer] as tf.Tensor4D, content));
    const ofStyle = styleLayers.map((layer, i) =>
      tf.mean(tf.squaredDifference(gram(found[layer] as tf.Tensor4D), grams[i] as tf.Tensor2D)),
    );
    return tf.addN([ofContent, ...ofStyle, totalVariation(x)]) as tf.Scalar;
  }
}

function gram(activation: tf.Tensor4D): tf.Tensor2D {
  const rows = tf.reshape(activation, [-1, activation.shape[3]]) as tf.Tensor2D;
  return tf.div(tf.matMul(rows, rows, true, false), activation.size);
}

function totalVariation(x: tf.Tensor4D): tf.Tensor {
  const [, height, width] = x.shape;
  const down = tf.sub(
    tf.slice(x, [0, 1, 0, 0], [1, height - 1, width, 3]),
    tf.slice(x, [0, 0, 0, 0], [1, height - 1, width, 3]),
  );
  const across = tf.sub(
    tf.slice(x, [0, 0, 1, 0], [1, height, width - 1, 3]),
    tf.slice(x, [0, 0, 0, 0], [1, height, width - 1, 3]),
  );
  return tf.add(tf.mean(tf.square(down)), tf.mean(tf.square(across)));
}
