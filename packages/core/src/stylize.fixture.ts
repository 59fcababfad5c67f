import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import type { Engine } from "./engine.js";
import type { LossTerm } from "./loss.js";
import type { Network } from "./network.js";
import type { Picture } from "./picture.js";

/** An engine over whatever backend TensorFlow.js has. */
export function bareEngine(changes: Partial<Engine> = {}): Engine {
  return {
    name: "bare",
    device: "test",
    largestTensorBytes: 2 ** 31,
    memoryBytes: 2 ** 32,
    lost: new Promise(() => {}),
    settle: async () => {},
    trim() {},
    stop: async () => {},
    ...changes,
  };
}

/** A network of one layer, "double", which is twice the image. */
export function doublingNetwork(changes: Partial<Network> = {}): Network {
  return {
    name: "doubling",
    layers: ["double"],
    features: (image) => ({ double: tf.mul<tf.Tensor4D>(image, 2) }),
    forward(image) {
      const double = tf.mul<tf.Tensor4D>(image, 2);
      return {
        features: { double },
        backward: (gradient) => tf.tidy(() => tf.mul(gradient("double") ?? tf.zerosLike(image), 2)),
        dispose: () => double.dispose(),
      };
    },
    dispose() {},
    ...changes,
  };
}

/** Half the sum of squared differences of "double" from the style's mean, or from the content: ½ Σ (F − target)². */
export function distance(
  to: "content" | "style",
  { name = to, weight = 1, layer = "double" }: { name?: string; weight?: number; layer?: string } = {},
): LossTerm<tf.Tensor> {
  return {
    name,
    weight,
    layers: [layer],
    prepare({ content, styles }) {
      const features = to === "content" ? content.features : styles[0]?.features;
      const target = features?.[layer] as tf.Tensor4D;
      return to === "content" ? target : tf.mean(target, [0, 1, 2]);
    },
    loss: (features, target) =>
      tf.customGrad((x) => ({
        value: tf.mul(tf.sum(tf.square(tf.sub(x as tf.Tensor, target))), 0.5) as tf.Scalar,
        gradFunc: (dy: tf.Scalar) => tf.mul(dy, tf.sub(x as tf.Tensor, target)),
      }))(features[layer] as tf.Tensor4D),
  };
}

/** A picture from a function of its pixels' coordinates. */
export function pictureOf(
  width: number,
  height: number,
  pixel: (x: number, y: number) => readonly [number, number, number, number?],
): Picture {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [red, green, blue, alpha = 255] = pixel(x, y);
      data.set([red, green, blue, alpha], (y * width + x) * 4);
    }
  return { width, height, data };
}
