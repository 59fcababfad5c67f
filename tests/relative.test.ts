import { type Features, type Network, type Picture, stylize } from "@brushwork/core";
import { presets } from "@brushwork/recipes";
import { settings } from "@brushwork/runs";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { compactOnWasm } from "./compact-on-wasm.js";
import { disc, stripes } from "./pictures.js";

const compact = compactOnWasm();

/** The same network, whose features are so many times as strong at each layer. */
function scaled(factors: Readonly<Record<string, number>>): Network {
  const { network } = compact;
  const times = (features: Features): Features =>
    Object.fromEntries(
      Object.entries(features).map(([layer, feature]) => [layer, tf.mul(feature, factors[layer] ?? 1)]),
    );
  return {
    ...network,
    features: (image, layers) => tf.tidy(() => times(network.features(image, layers))),
    forward(image, layers) {
      const pass = network.forward(image, layers);
      const features = times(pass.features);
      return {
        features,
        backward: (gradient) =>
          pass.backward((layer) => {
            const found = gradient(layer);
            return found && tf.mul<tf.Tensor4D>(found, factors[layer] ?? 1);
          }),
        dispose() {
          tf.dispose(features as Record<string, tf.Tensor>);
          pass.dispose();
        },
      };
    },
  };
}

async function painted(by: Network): Promise<Picture> {
  const { terms, ...rest } = settings(presets.default.recipe);
  const run = stylize({
    ...rest,
    terms,
    scales: [{ size: 64, steps: 10 }],
    margin: 4,
    engine: compact.engine,
    network: by,
    content: disc(64, 48),
    style: stripes(56, 64),
  });
  for await (const step of run) if (step.last) return await step.picture();
  throw new Error("Expected a last step.");
}

it("paints the same where a network's layers are scaled, since every loss of the default is relative", async () => {
  const plain = await painted(compact.network);
  // Powers of two, so that float32 rounds alike.
  const other = await painted(
    scaled({ relu1_1: 16, relu2_1: 1 / 64, relu2_2: 4, relu3_2: 256, relu5_1: 1 / 8 }),
  );
  const differences = plain.data.map((value, i) => Math.abs(value - (other.data[i] ?? 0)));
  expect(Math.max(...differences)).toBeLessThanOrEqual(2);
});
