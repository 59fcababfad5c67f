import {
  activationOf,
  type Features,
  imageLayer,
  type LossTerm,
  type Sources,
  type StyleFeatures,
} from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assert,
  assertClose,
  assertFinite,
  assertShape,
  assertTensors,
  assertUntouched,
} from "./assertions.js";
import { assertGradient, spread } from "./gradient-check.js";
import { slopes } from "./numeric-gradient.js";
import type { Runner } from "./runner.js";
import { noise, read, type Size, scoped, taken, tensorCount, tensorsIn } from "./tensors.js";

/** The loss term to test, and how. */
export interface LossTermContract {
  /** The suite's title. */
  readonly name: string;
  /** Makes a new term for each test. */
  readonly term: () => LossTerm;
  /**
   * Activations of a picture of a size, [height, width], the same for the same seed. Absent: noise in [-0.5, 1], in
   * [0, 1] at the layer "image"; each layer is half the size of the one before, with different numbers of channels.
   */
  readonly features?: (layers: readonly string[], size: Size, seed: number) => Features;
  /** The largest error of a gradient, as a share of the largest gradient at its layer. @default 0.01 */
  readonly tolerance?: number;
}

/** The input of a term: the sources, the features of the image, and the targets. */
interface Scene {
  readonly sources: Sources;
  readonly image: Features;
  readonly targets: tf.TensorContainer;
}

/**
 * Tests of everything that a `LossTerm` has to do. They need an engine: start one in a `beforeAll`.
 *
 * No network is involved: the term gets noise under the names of its layers, whatever they are. Gradients are compared
 * with central differences.
 */
export function testLossTerm({ describe, it }: Runner, contract: LossTermContract): void {
  const { features: featuresOf = noisyFeatures, tolerance = 0.01 } = contract;

  describe(`${contract.name} keeps a loss term's promises`, () => {
    test("it has a name, a weight and layers", async ({ name, weight, layers }) => {
      assert(name !== "", "Expected the term to have a name, got an empty one.");
      assert(weight >= 0 && Number.isFinite(weight), `Expected the weight to be 0 or more, got ${weight}.`);
      assert(layers.length > 0, "Expected the term to name a layer, got none.");
      assert(new Set(layers).size === layers.length, `Expected different layers, got ${layers.join(", ")}.`);
    });

    test("its loss is a finite scalar", async (term) => {
      const { image, targets } = scene(term, [6, 5]);
      const loss = tf.tidy(() => term.loss(image, targets));
      assertShape(loss, [], "the loss");
      assertFinite(await read(loss), "the loss");
    });

    for (const [height, width] of [
      [6, 4],
      [5, 7],
    ] as const)
      test(`its gradient with respect to every layer is right at ${width}×${height} pixels`, async (term) => {
        const { image, targets } = scene(term, [height, width]);
        const { gradients } = await differentiated(term, image, targets);
        for (const [layer, activation] of Object.entries(image)) {
          const lossAt = (x: tf.Tensor4D) => term.loss({ ...image, [layer]: x }, targets);
          const numeric = await slopes(lossAt, activation, { positions: spread(activation.size, 50) });
          assertGradient(gradients[layer] ?? [], numeric, `the gradient with respect to ${layer}`, tolerance);
        }
      });

    test("its gradient is proportional to the upstream gradient", async (term) => {
      const { image, targets } = scene(term, [6, 5]);
      const one = await differentiated(term, image, targets);
      const three = await differentiated(term, image, targets, 3);
      for (const [layer, gradient] of Object.entries(one.gradients)) {
        const what = `the gradient with respect to ${layer} for an upstream gradient of 3`;
        const threefold = gradient.map((value) => 3 * value);
        assertClose(three.gradients[layer] ?? [], threefold, what);
      }
    });

    test("it sees the layers that it names and no others", async (term) => {
      const { sources, image } = given(term, [6, 5]);
      const other = noisyFeatures(["no_layer_of_the_term"], [6, 5], 90);
      const more: Sources = {
        content: { features: { ...sources.content.features, ...other } },
        styles: sources.styles.map((style) => ({ ...style, features: { ...style.features, ...other } })),
      };
      const loss = await lossOf(term, { ...image, ...other }, more);
      assertClose([loss], [await lossOf(term, image, sources)], "the loss beside features of other layers");
    });

    test("it treats a style in two parts as the whole style", async (term) => {
      const { sources, image } = given(term, [6, 5]);
      const style = { features: featuresOf(term.layers, [4, 7], 60), weight: 1 };
      const whole = await lossOf(term, image, { ...sources, styles: [style] });
      const halves = [0.25, 0.75].map((weight) => ({ ...style, weight }));
      const loss = await lossOf(term, image, { ...sources, styles: halves });
      assertClose([loss], [whole], "the loss of a style given twice, with weights that sum to 1");
    });

    test("masks that are white change nothing, if it knows masks", async (term) => {
      if (term.masks !== true) return;
      const { sources, image } = given(term, [6, 5]);
      const white = (features: Features) => masksOf(features, (size) => tf.ones(size));
      const styles = sources.styles.map((style) => ({
        ...style,
        contentMasks: white(image),
        styleMasks: white(style.features),
      }));
      // One style alone, since several are blended only where they act in the same place.
      for (const [i, style] of styles.entries()) {
        const usual = { ...sources, styles: [{ ...(sources.styles[i] as StyleFeatures), weight: 1 }] };
        const loss = await lossOf(term, image, { ...sources, styles: [{ ...style, weight: 1 }] });
        assertClose([loss], [await lossOf(term, image, usual)], "the loss with white masks");
      }
    });

    test("its gradient is right with soft masks, if it knows masks", async (term) => {
      if (term.masks !== true) return;
      const { sources, image } = given(term, [6, 4]);
      const soft = (features: Features, seed: number) =>
        masksOf(features, (size) => {
          const mask = noise(size, seed);
          return tf.div(mask, tf.mean(mask));
        });
      const styles = sources.styles.map((style, i) => ({
        ...style,
        ...(i === 0 && { contentMasks: soft(image, 70) }),
        styleMasks: soft(style.features, 80),
      }));
      const targets = tf.tidy(() => term.prepare({ ...sources, styles }));
      const { gradients } = await differentiated(term, image, targets);
      for (const [layer, activation] of Object.entries(image)) {
        const lossAt = (x: tf.Tensor4D) => term.loss({ ...image, [layer]: x }, targets);
        const numeric = await slopes(lossAt, activation, { positions: spread(activation.size, 50) });
        assertGradient(gradients[layer] ?? [], numeric, `the gradient with respect to ${layer}`, tolerance);
      }
    });

    test("its targets can be used many times", async (term) => {
      const { sources, image, targets } = scene(term, [6, 5]);
      const { value } = await differentiated(term, image, targets);
      const again = await differentiated(term, image, targets);
      assertClose([again.value], [value], "the loss at the same features, a second time");
      assertClose(
        [await lossOf(term, image, sources)],
        [value],
        "the loss of the same sources, prepared again",
      );
    });

    test("it does not change or free its input", async (term) => {
      const { sources, image } = given(term, [6, 5]);
      const features = [...tensorsIn(sources), ...tensorsIn(image)];
      const featuresBefore = await Promise.all(features.map(read));
      const targets = tf.tidy(() => term.prepare(sources));
      const targetsBefore = await Promise.all(tensorsIn(targets).map(read));
      await differentiated(term, image, targets);
      await assertUntouched(features, featuresBefore, "features");
      await assertUntouched(tensorsIn(targets), targetsBefore, "targets");
    });

    test("it stays finite where features are flat, and in a single row or position", async (term) => {
      const black = (features: Features) =>
        Object.fromEntries(
          Object.entries(features).map(([layer, activation]) => [layer, tf.zerosLike(activation)]),
        );
      const { sources, image } = given(term, [6, 5]);
      const flat: Sources = {
        content: { features: black(sources.content.features) },
        styles: sources.styles.map((style) => ({ ...style, features: black(style.features) })),
      };
      const targets = tf.tidy(() => term.prepare(flat));
      await assertFiniteAt(term, black(image), targets, "where all features are 0");
      for (const [height, width] of [
        [1, 1],
        [1, 4],
        [4, 1],
      ] as const) {
        const { image, targets } = scene(term, [height, width]);
        await assertFiniteAt(term, image, targets, `at ${width}×${height} pixels`);
      }
    });

    test("it leaves no tensors behind but those it returns", async (term) => {
      const { sources, image } = given(term, [6, 5]);
      const before = tensorCount();
      const targets = tf.tidy(() => term.prepare(sources));
      const known = tensorsIn(sources);
      const made = new Set(tensorsIn(targets).filter((tensor) => !known.includes(tensor)));
      assertTensors(before, made.size, "prepare");
      tf.tidy(() => term.loss(image, targets)).dispose();
      assertTensors(before, made.size, "loss");
      await differentiated(term, image, targets);
      assertTensors(before, made.size, "the gradient of loss");
    });
  });

  function test(title: string, body: (term: LossTerm) => Promise<void>): void {
    it(title, () => scoped(() => body(contract.term())));
  }

  /** Two styles, neither of the content's size; the image differs from all of them. */
  function given(term: LossTerm, size: Size): Pick<Scene, "sources" | "image"> {
    const featuresAt = (at: Size, seed: number) => featuresOf(term.layers, at, seed);
    const sources: Sources = {
      content: { features: featuresAt(size, 10) },
      styles: [
        { features: featuresAt([5, 6], 20), weight: 0.25 },
        { features: featuresAt([7, 3], 30), weight: 0.75 },
      ],
    };
    return { sources, image: featuresAt(size, 40) };
  }

  function scene(term: LossTerm, size: Size): Scene {
    const { sources, image } = given(term, size);
    return { sources, image, targets: tf.tidy(() => term.prepare(sources)) };
  }
}

/** A mask for each layer of features, of its size. */
export function masksOf(
  features: Features,
  maskOf: (size: [number, number, number, number]) => tf.Tensor4D,
): Features {
  return Object.fromEntries(
    Object.entries(features).map(([layer, { shape }]) => [layer, maskOf([1, shape[1], shape[2], 1])]),
  );
}

/** Noise in [-0.5, 1], in [0, 1] at the layer "image"; each layer is half the size of the one before. */
export function noisyFeatures(layers: readonly string[], [height, width]: Size, seed: number): Features {
  return Object.fromEntries(
    layers.map((layer, i) => {
      const [rows, columns] = [Math.ceil(height / 2 ** i), Math.ceil(width / 2 ** i)];
      const activation =
        layer === imageLayer
          ? noise([1, rows, columns, 3], seed + i)
          : noise([1, rows, columns, channelCounts[i % channelCounts.length] ?? 1], seed + i, [-0.5, 1]);
      return [layer, activation];
    }),
  );
}

const channelCounts = [4, 3, 5, 2, 6];

/** The loss and its gradient with respect to each layer, computed as core does. */
export async function differentiated(
  term: Pick<LossTerm, "loss">,
  image: Features,
  targets: tf.TensorContainer,
  upstream = 1,
): Promise<{ value: number; gradients: Record<string, Float32Array> }> {
  const layers = Object.keys(image);
  const lossAt = (...activations: tf.Tensor[]) =>
    term.loss(Object.fromEntries(layers.map((layer, i) => [layer, activations[i] as tf.Tensor4D])), targets);
  const { value, grads } = tf.tidy(() =>
    withRemedy(() => tf.valueAndGrads(lossAt)(Object.values(image), tf.scalar(upstream))),
  );
  const gradients: Record<string, Float32Array> = {};
  for (const [i, layer] of layers.entries()) {
    const gradient = grads[i] as tf.Tensor;
    assertShape(gradient, activationOf(image, layer).shape, `the gradient with respect to ${layer}`);
    gradients[layer] = await taken(gradient);
  }
  return { value: (await taken(value))[0] ?? Number.NaN, gradients };
}

/** Adds a remedy to two errors of TensorFlow.js that have none. */
function withRemedy<Result>(differentiate: () => Result): Result {
  try {
    return differentiate();
  } catch (cause) {
    const { message } = cause as Error;
    if (message.includes("gradient function not found"))
      throw new Error(
        `TensorFlow.js has no gradients registered: import "@tensorflow/tfjs-layers" before the tests. In a run, the ` +
          "engine does so when it starts.",
        { cause },
      );
    if (message.startsWith("Cannot compute gradient of y=f(x)"))
      throw new Error(
        "Expected the loss to be computed from every layer that the term names by TensorFlow.js operations alone, got " +
          "one without a gradient: name only the layers it uses, and read no tensor's values back.",
        { cause },
      );
    throw cause;
  }
}

async function lossOf(term: LossTerm, image: Features, sources: Sources): Promise<number> {
  const loss = tf.tidy(() => term.loss(image, term.prepare(sources)));
  return (await taken(loss))[0] ?? Number.NaN;
}

async function assertFiniteAt(
  term: LossTerm,
  image: Features,
  targets: tf.TensorContainer,
  where: string,
): Promise<void> {
  const { value, gradients } = await differentiated(term, image, targets);
  assertFinite([value], `the loss ${where}`);
  for (const [layer, gradient] of Object.entries(gradients))
    assertFinite(gradient, `the gradient with respect to ${layer} ${where}`);
}
