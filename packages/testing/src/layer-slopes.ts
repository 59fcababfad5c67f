import type { Features, Network } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { spread } from "./gradient-check.js";
import { nudged, type Slope } from "./numeric-gradient.js";
import { readAll } from "./tensors.js";

/** How layers change with one value of the image, each weighted by its upstream gradient. */
export interface LayerSlopes {
  readonly position: number;
  readonly byLayer: ReadonlyMap<string, Omit<Slope, "position">>;
}

/**
 * Numeric slopes of a network, layer by layer, at two dozen values of an image.
 *
 * The layers share the forward passes. Differences are weighted and summed on the host, in float64: a sum on the device
 * would lose them to rounding.
 *
 * @param upstream upstream gradients by layer name, in the features' shapes
 */
export async function layerSlopes(
  network: Network,
  image: tf.Tensor4D,
  upstream: Features,
): Promise<readonly LayerSlopes[]> {
  const weights = Object.entries(await readAll(upstream));
  const seen = async (at: tf.Tensor4D) => {
    const features = network.features(at, Object.keys(upstream));
    const values = await readAll(features);
    tf.dispose(features);
    return values;
  };
  const here = await seen(image);
  const found: LayerSlopes[] = [];
  for await (const { position, down, up, distance } of nudged(image, { positions: spread(image.size, 24) })) {
    const [below, above] = [await seen(down), await seen(up)];
    const byLayer = weights.map(([layer, weight]) => {
      let [slope, bend] = [0, 0];
      weight.forEach((factor, i) => {
        const [low = 0, middle = 0, high = 0] = [below, here, above].map((values) => values[layer]?.[i]);
        slope += (factor * (high - low)) / distance;
        bend += Math.abs(factor * (high - 2 * middle + low)) / distance;
      });
      return [layer, { slope, bend }] as const;
    });
    found.push({ position, byLayer: new Map(byLayer) });
  }
  return found;
}

/** The slopes of the sum of some layers. */
export function summed(found: readonly LayerSlopes[], layers: readonly string[]): readonly Slope[] {
  return found.map(({ position, byLayer }) => {
    const chosen = layers.map((layer) => byLayer.get(layer) ?? { slope: Number.NaN, bend: 0 });
    return {
      position,
      slope: chosen.reduce((sum, { slope }) => sum + slope, 0),
      bend: chosen.reduce((sum, { bend }) => sum + bend, 0),
    };
  });
}
