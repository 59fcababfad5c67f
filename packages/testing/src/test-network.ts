import { activationOf, type Features, type Network } from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assert,
  assertClose,
  assertFinite,
  assertShape,
  assertTensors,
  assertUntouched,
  failureOf,
} from "./assertions.js";
import { assertPositions, assertReach, brightened } from "./geometry-check.js";
import { assertGradient } from "./gradient-check.js";
import { layerSlopes, summed } from "./layer-slopes.js";
import type { Runner } from "./runner.js";
import { noise, read, readAll, type Size, scoped, taken, tensorCount } from "./tensors.js";

/** The network to test, and how. */
export interface NetworkContract {
  /** The suite's title. */
  readonly name: string;
  /** Makes a new network for each test, which disposes of it. */
  readonly network: () => Network | Promise<Network>;
  /** The layers to test. Absent: all of them. */
  readonly layers?: readonly string[];
  /**
   * [height, width] of the images, each large enough for every layer. The default suits strides of 1 and 2.
   * @default [[8, 6], [7, 9]]
   */
  readonly sizes?: readonly [Size, ...Size[]];
  /** The largest error of a gradient, as a share of its largest value. @default 0.01 */
  readonly tolerance?: number;
}

/** Even and odd sizes, one upright and one wide. */
const defaultSizes: readonly [Size, ...Size[]] = [
  [8, 6],
  [7, 9],
];

/**
 * Tests of everything that a `Network` has to do. They need an engine: start one in a `beforeAll`.
 *
 * Gradients are compared with central differences at two dozen values of each image, from every layer alone and from
 * all together. That takes 50 forward passes per size and two passes per layer: test a large network with few channels.
 */
export function testNetwork({ describe, it }: Runner, contract: NetworkContract): void {
  const { sizes = defaultSizes, tolerance = 0.01 } = contract;
  const [size] = sizes;

  describe(`${contract.name} keeps a network's promises`, () => {
    test("it names itself and its layers", async (network) => {
      assert(network.name !== "", "Expected the network to have a name, got an empty one.");
      assert(network.layers.length > 0, "Expected the network to have layers, got none.");
      const names = network.layers.join(", ");
      assert(
        new Set(network.layers).size === network.layers.length,
        `Expected different layers, got ${names}.`,
      );
    });

    test("it gives the requested layers and no others, in any order", async (network, layers) => {
      const image = noise([1, ...size, 3], 1);
      for (const asked of [layers, [...layers].reverse(), ...layers.map((layer) => [layer])]) {
        assertLayers(network.features(image, asked), asked);
        assertLayers(network.forward(image, asked).features, asked);
      }
    });

    test("its features are the same with and without a backward pass", async (network, layers) => {
      for (const size of sizes) {
        const image = noise([1, ...size, 3], 1);
        const features = await readAll(network.features(image, layers));
        const again = await readAll(network.forward(image, layers).features);
        for (const layer of layers) {
          assertFinite(features[layer] ?? [], `the features at ${layer}`);
          assertClose(again[layer] ?? [], features[layer] ?? [], `the features of a pass at ${layer}`);
        }
      }
    });

    for (const [height, width] of sizes)
      test(`its gradient is right at ${width}×${height} pixels`, async (network, layers) => {
        const image = noise([1, height, width, 3], 1);
        const upstream = upstreamOf(network.features(image, layers));
        const numeric = await layerSlopes(network, image, upstream);
        for (const asked of [...layers.map((layer) => [layer]), layers]) {
          const gradient = await backward(network, image, asked, upstream);
          assertGradient(
            gradient,
            summed(numeric, asked),
            `the gradient from ${asked.join(", ")}`,
            tolerance,
          );
        }
        // A loss may leave out layers that the pass has.
        for (const remainder of [0, 1]) {
          const given = layers.filter((_, i) => i % 2 === remainder);
          const gradient = await backward(network, image, layers, upstream, given);
          const what = `the gradient from ${given.join(", ") || "no layer"} in a pass to ${layers.join(", ")}`;
          assertGradient(gradient, summed(numeric, given), what, tolerance);
        }
      });

    test("it asks for each layer's gradient once, deep to shallow", async (network, layers) => {
      const asked: string[] = [];
      network.forward(noise([1, ...size, 3], 1), layers).backward((layer) => {
        asked.push(layer);
        return undefined;
      });
      const expected = [...layers].reverse();
      assert(
        asked.join() === expected.join(),
        `Expected gradients to be asked for in the order ${expected.join(", ")}, got ${asked.join(", ")}.`,
      );
    });

    test("it stops at the deepest requested layer", async (network, layers) => {
      const [shallowest = "", deepest = ""] = [layers[0], layers.at(-1)];
      const image = noise([1, ...size, 3], 1);
      for (const call of ["features", "forward"] as const) {
        const work = (layer: string) => tensorsMade(() => network[call](image, [layer]));
        const [least, most] = [work(shallowest), work(deepest)];
        assert(
          least < most || shallowest === deepest,
          `Expected ${call} to make fewer tensors for ${shallowest} than for ${deepest}, got ${least} and ${most}.`,
        );
      }
    });

    test("it keeps two passes apart", async (network, layers) => {
      const [first, second] = [noise([1, ...size, 3], 1), noise([1, ...size, 3], 2)];
      const upstream = upstreamOf(network.features(first, layers));
      const alone = await backward(network, first, layers, upstream);
      const pass = network.forward(first, layers);
      await backward(network, second, layers, upstream);
      const gradient = await taken(pass.backward(handing(upstream, layers)));
      assertClose(gradient, alone, "the gradient of a pass with another pass in between");
    });

    test("it leaves the image alone", async (network, layers) => {
      const image = noise([1, ...size, 3], 1);
      const before = await read(image);
      await backward(network, image, layers, upstreamOf(network.features(image, layers)));
      await assertUntouched([image], [before], "image");
    });

    test("it frees every tensor of a pass", async (network, layers) => {
      const image = noise([1, ...size, 3], 1);
      const upstream = upstreamOf(network.features(image, layers));
      const before = tensorCount();

      const features = network.features(image, layers);
      assertTensors(before, layers.length, "features");
      tf.dispose(features);

      const pass = network.forward(image, layers);
      const gradient = pass.backward(handing(upstream, layers));
      assertShape(gradient, image.shape, "the gradient");
      assertTensors(before, 1, "backward");
      pass.dispose();
      pass.dispose();
      assertTensors(before, 1, "dispose after backward");
      gradient.dispose();

      const unused = network.forward(image, layers);
      unused.dispose();
      unused.dispose();
      assertTensors(before, 0, "dispose without backward");

      const broken = network.forward(image, layers);
      const reason = new Error("no gradient");
      const failure = await failureOf(() =>
        broken.backward(() => {
          throw reason;
        }),
      );
      assert(failure === reason, `Expected backward to pass on the error of a gradient, got ${failure}.`);
      broken.dispose();
      assertTensors(before, 0, "dispose after a backward that failed");

      tf.tidy(() => {
        const inside = network.forward(image, layers);
        inside.backward(handing(upstream, layers));
        inside.dispose();
      });
      assertTensors(before, 0, "a pass in a tidy");
    });

    test("it goes backward only once per pass", async (network, layers) => {
      const image = noise([1, ...size, 3], 1);
      const [used, freed] = [network.forward(image, layers), network.forward(image, layers)];
      used.backward(() => undefined);
      freed.dispose();
      for (const pass of [used, freed]) {
        const failure = await failureOf(() => pass.backward(() => undefined));
        assert(failure instanceof Error, "Expected backward of a finished pass to throw, got a gradient.");
      }
    });

    test("it refuses a layer it does not have, naming those it has", async (network) => {
      const image = noise([1, ...size, 3], 1);
      const unknown = "no_such_layer";
      for (const call of [
        () => network.features(image, [unknown]),
        () => network.forward(image, [unknown]),
        ...(network.geometry ? [() => network.geometry?.(unknown)] : []),
      ]) {
        const failure = await failureOf(call);
        assert(failure instanceof RangeError, `Expected a RangeError for an unknown layer, got ${failure}.`);
        const missing = [unknown, ...network.layers].find((layer) => !failure.message.includes(layer));
        assert(missing === undefined, `Expected the error to name ${missing}, got "${failure.message}".`);
      }
    });

    test("it takes the smallest images or refuses them with a RangeError", async (network, layers) => {
      for (const tiny of [
        [1, 1],
        [1, size[1]],
        [size[0], 1],
      ] as const) {
        const image = noise([1, ...tiny, 3], 1);
        const before = tensorCount();
        const failure = await failureOf(() => {
          const upstream = upstreamOf(network.features(image, layers));
          return backward(network, image, layers, upstream);
        });
        if (failure === undefined) continue;
        const what = `an image of ${tiny[1]}×${tiny[0]} pixels`;
        assert(
          failure instanceof RangeError,
          `Expected a gradient or a RangeError for ${what}, got ${failure}.`,
        );
        assertTensors(before, 0, `the refusal of ${what}`);
        const refusal = await failureOf(() => network.forward(image, layers));
        assert(
          refusal instanceof RangeError,
          `Expected forward to refuse ${what} as features does, got ${refusal}.`,
        );
      }
    });

    for (const [height, width] of sizes)
      test(`its geometry holds at ${width}×${height} pixels`, async (network, layers) => {
        if (network.geometry === undefined) return;
        const image = noise([1, height, width, 3], 1);
        const before = network.features(image, layers);
        for (const pixel of [
          [0, 0],
          [height >> 1, 0],
          [height - 1, width - 1],
        ] as const) {
          const after = network.features(brightened(image, pixel), layers);
          for (const layer of layers) {
            const geometry = network.geometry(layer);
            const pair = [activationOf(before, layer), activationOf(after, layer)] as const;
            assertPositions(pair[0], [height, width], geometry, layer);
            await assertReach(pair, pixel, geometry, layer);
          }
        }
      });

    test("its cost is at least the memory that a pass holds", async (network, layers) => {
      const image = noise([1, ...size, 3], 1);
      const bytes = tf.memory().numBytes;
      const pass = network.forward(image, layers);
      const held = tf.memory().numBytes - bytes;
      const largest = 4 * Math.max(...Object.values(pass.features).map((activation) => activation.size));
      const cost = network.cost?.(size, layers);
      if (cost === undefined) return;
      assert(cost.bytes >= held, `Expected a cost of at least ${held} bytes, got ${cost.bytes}.`);
      assert(
        cost.largestTensorBytes >= largest,
        `Expected a largest tensor of at least ${largest} bytes, got ${cost.largestTensorBytes}.`,
      );
      assert(cost.operations > 0, `Expected a step to cost operations, got ${cost.operations}.`);
    });

    test("the cost of its features is at least the memory that they hold", async (network, layers) => {
      const image = noise([1, ...size, 3], 1);
      const bytes = tf.memory().numBytes;
      const features = network.features(image, layers);
      const held = tf.memory().numBytes - bytes;
      const largest = 4 * Math.max(...Object.values(features).map((activation) => activation.size));
      const cost = network.featuresCost?.(size, layers);
      if (cost === undefined) return;
      const returned = 4 * Object.values(features).reduce((sum, activation) => sum + activation.size, 0);
      assert(cost.bytes >= returned, `Expected features of at least ${returned} bytes, got ${cost.bytes}.`);
      assert(
        cost.peakBytes >= held,
        `Expected a peak of features of at least ${held} bytes, got ${cost.peakBytes}.`,
      );
      assert(
        cost.largestTensorBytes >= largest,
        `Expected a largest tensor of features of at least ${largest} bytes, got ${cost.largestTensorBytes}.`,
      );
      assert(cost.operations > 0, `Expected features to cost operations, got ${cost.operations}.`);
    });

    it("it frees its weights", () =>
      scoped(async () => {
        const before = tensorCount();
        const network = await contract.network();
        const image = noise([1, ...size, 3], 1);
        network.forward(image, layersOf(network)).dispose();
        image.dispose();
        network.dispose();
        assertTensors(before, 0, "dispose of the network");
      }));
  });

  function layersOf(network: Network): readonly string[] {
    const { layers = network.layers } = contract;
    return [...layers].sort((a, b) => network.layers.indexOf(a) - network.layers.indexOf(b));
  }

  function test(title: string, body: (network: Network, layers: readonly string[]) => Promise<void>): void {
    it(title, () =>
      scoped(async () => {
        const network = await contract.network();
        try {
          const layers = layersOf(network);
          // Weights may be uploaded when they are first needed, and must outlive the tidy in which that happens.
          tf.tidy(() => {
            network.forward(noise([1, ...size, 3], 1), layers).backward(() => undefined);
          });
          await body(network, layers);
        } finally {
          network.dispose();
        }
      }),
    );
  }
}

/** Noise in the features' shapes, as upstream gradients. */
function upstreamOf(features: Features): Features {
  const entries = Object.entries(features);
  return Object.fromEntries(
    entries.map(([layer, { shape }], i) => [layer, noise(shape, 100 + i, [-1, 1])] as const),
  );
}

/** The gradient with respect to the image, from the layers in `given`. */
async function backward(
  network: Network,
  image: tf.Tensor4D,
  layers: readonly string[],
  upstream: Features,
  given: readonly string[] = layers,
): Promise<Float32Array> {
  const pass = network.forward(image, layers);
  return taken(pass.backward(handing(upstream, given)));
}

/** Gives a pass copies of gradients, since it frees them; they are made beforehand, outside any scope of the pass. */
function handing(upstream: Features, layers: readonly string[]): (layer: string) => tf.Tensor4D | undefined {
  const copies = new Map(layers.map((layer) => [layer, tf.clone(activationOf(upstream, layer))]));
  return (layer) => copies.get(layer);
}

/** The number of tensors that a function makes, whether it frees them or not: their ids count up. */
function tensorsMade(body: () => void): number {
  const before = tf.scalar(0).id;
  body();
  return tf.scalar(0).id - before;
}

function assertLayers(features: Features, asked: readonly string[]): void {
  const got = Object.keys(features);
  assert(
    [...got].sort().join() === [...asked].sort().join(),
    `Expected the features of ${asked.join(", ")}, got ${got.join(", ")}.`,
  );
}
