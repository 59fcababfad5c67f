import type { LayerGeometry, Network, Pass } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { noise } from "./tensors.js";

/** A layer and its backward pass. */
interface Link {
  readonly layer: string;
  readonly geometry: LayerGeometry;
  readonly weights: readonly tf.Tensor[];
  forward(input: tf.Tensor4D): tf.Tensor4D;
  /** The gradient with respect to the input. */
  backward(gradient: tf.Tensor4D, input: tf.Tensor4D, output: tf.Tensor4D): tf.Tensor4D;
}

/** A link with its input and its output. */
interface Trace {
  readonly link: Link;
  readonly input: tf.Tensor4D;
  readonly output: tf.Tensor4D;
}

/**
 * A network for tests, which runs in milliseconds: 3 → 5 channels, average pooling, 5 → 4 channels.
 *
 * Its layers are relu1_1, pool1 and relu2_1. Its weights are noise, so that no kernel is symmetric, and swapping
 * height and width, channels, or a filter's direction makes a difference. Pooling leaves out an odd last row or column.
 *
 * @param options `seed`: that of the weights, 1 by default; the same seed gives the same network on every engine
 */
export function tinyNetwork({ seed = 1 }: { readonly seed?: number } = {}): Network {
  const links: readonly Link[] = [
    convolution("relu1_1", { stride: 1, reach: 1, channels: 5 }, 3, seed),
    averagePooling("pool1", { stride: 2, reach: 1, channels: 5 }),
    convolution("relu2_1", { stride: 2, reach: 3, channels: 4 }, 5, seed + 2),
  ];
  const layers = links.map(({ layer }) => layer);

  return {
    name: "tiny",
    layers,
    geometry: (layer) => named(layer).geometry,
    features: (image, asked) => tf.tidy(() => pass(image, asked).features),
    forward: pass,
    dispose: () => tf.dispose(links.flatMap(({ weights }) => weights)),
  };

  function named(layer: string): Link {
    const link = links.find((candidate) => candidate.layer === layer);
    if (link === undefined)
      throw new RangeError(`Expected a layer of the tiny network (${layers.join(", ")}), got "${layer}".`);
    return link;
  }

  function pass(image: tf.Tensor4D, asked: readonly string[]): Pass {
    const [, height, width] = image.shape;
    for (const { layer, geometry } of asked.map(named))
      if (Math.min(height, width) < geometry.stride)
        throw new RangeError(
          `Expected an image of at least ${geometry.stride} pixels on its shorter side for ${layer}, ` +
            `got ${width}×${height}.`,
        );
    const depth = Math.max(-1, ...asked.map((layer) => layers.indexOf(layer))) + 1;
    const traces: Trace[] = [];
    let input = image;
    for (const link of links.slice(0, depth)) {
      const output = tf.tidy(() => link.forward(input));
      traces.push({ link, input, output });
      input = output;
    }
    const dispose = () => tf.dispose(traces.map(({ output }) => output));
    const found = traces.map(({ link, output }) => [link.layer, output] as const);
    return {
      features: Object.fromEntries(found.filter(([layer]) => asked.includes(layer))),
      backward(gradientOf) {
        if (traces.some(({ output }) => output.isDisposed))
          throw new Error("The pass has already gone backward or been disposed of: call forward again.");
        const gradient = tf.tidy(() => {
          let sum: tf.Tensor4D | undefined;
          for (const { link, input, output } of [...traces].reverse()) {
            const given = asked.includes(link.layer) ? gradientOf(link.layer) : undefined;
            const total = sum && given ? tf.add<tf.Tensor4D>(sum, given) : (sum ?? given);
            sum = total && link.backward(total, input, output);
            given?.dispose();
          }
          return sum ?? tf.zerosLike(image);
        });
        dispose();
        return gradient;
      },
      dispose,
    };
  }
}

function convolution(layer: string, geometry: LayerGeometry, inputs: number, seed: number): Link {
  const { channels } = geometry;
  const { filter, backFilter, bias } = tf.tidy(() => {
    const filter = tf.keep(noise([3, 3, inputs, channels], seed, [-0.5, 0.5]));
    return {
      filter,
      // The backward pass of a stride-1 convolution: rotated by 180°, with its channel axes swapped.
      backFilter: tf.keep(tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2])),
      bias: tf.keep(tf.randomUniform<tf.Rank.R1>([channels], -0.2, 0.4, "float32", seed + 1)),
    };
  });
  return {
    layer,
    geometry,
    weights: [filter, backFilter, bias],
    forward: (input) => tf.relu(tf.add<tf.Tensor4D>(tf.conv2d(input, filter, 1, "same"), bias)),
    backward: (gradient, _, output) =>
      tf.conv2d(tf.mul<tf.Tensor4D>(gradient, tf.step(output)), backFilter, 1, "same"),
  };
}

function averagePooling(layer: string, geometry: LayerGeometry): Link {
  return {
    layer,
    geometry,
    weights: [],
    forward: (input) => tf.avgPool(input, 2, 2, "valid"),
    backward(gradient, input, output) {
      const [, height, width] = output.shape;
      const quarters = tf.image.resizeNearestNeighbor(tf.mul<tf.Tensor4D>(gradient, 0.25), [
        2 * height,
        2 * width,
      ]);
      const [bottom, right] = [input.shape[1] - 2 * height, input.shape[2] - 2 * width];
      return tf.pad(quarters, [
        [0, 0],
        [0, bottom],
        [0, right],
        [0, 0],
      ]);
    },
  };
}
