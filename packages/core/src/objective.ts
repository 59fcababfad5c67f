import * as tf from "@tensorflow/tfjs-core";
import { gradientSum } from "./gradient-sum.js";
import { activationOf } from "./layers.js";
import type { LossTerm, Sources } from "./loss.js";
import { type Features, imageLayer, type Network } from "./network.js";
import type { Evaluation } from "./optimizer.js";
import { quoted, shown } from "./printable.js";

/** Added to the norm that a gradient is divided by. */
const leastNorm = 1e-8;

/** A term with its targets at one scale. */
export interface PreparedTerm {
  readonly term: LossTerm;
  readonly targets: tf.TensorContainer;
}

/** The objective at one scale. */
export interface Objective {
  /**
   * Evaluates at an image, in one piece or in tiles.
   *
   * @param image RGB, [1, height, width, 3]
   * @param weights scalar tensors by term name
   * @param use called inside a `tidy`, which frees the evaluation and keeps what it returns
   */
  at<Result extends tf.TensorContainer>(
    image: tf.Tensor4D,
    weights: Readonly<Record<string, tf.Scalar>>,
    use: (evaluation: Evaluation) => Result,
  ): Result | Promise<Result>;
  /** Evaluates at once, inside the caller's `tidy`. Absent where that takes more than one piece. */
  evaluate?(image: tf.Tensor4D, weights: Readonly<Record<string, tf.Scalar>>): Evaluation;
  /** Frees the targets. */
  dispose(): void;
}

/** The layers that terms name, each once, without "image". */
export function networkLayers(terms: readonly LossTerm[]): readonly string[] {
  return [...new Set(terms.flatMap((term) => term.layers))].filter((layer) => layer !== imageLayer);
}

/**
 * The activations of an image at the layers that the terms name, and the image itself as the layer "image".
 *
 * @param image RGB in [0, 1], [1, height, width, 3]
 */
export function sourceFeatures(network: Network, image: tf.Tensor4D, terms: readonly LossTerm[]): Features {
  const layers = networkLayers(terms);
  return { ...(layers.length > 0 && network.features(image, layers)), [imageLayer]: image };
}

/** A term's targets; the term sees exactly the layers it names. The caller owns the tensors. */
export function prepareTerm(term: LossTerm, { content, styles }: Sources): tf.TensorContainer {
  return tf.tidy(() =>
    term.prepare({
      content: { ...content, features: pick(content.features, term.layers) },
      styles: styles.map((style) => ({
        ...style,
        features: pick(style.features, term.layers),
        ...(style.contentMasks && { contentMasks: pick(style.contentMasks, term.layers) }),
        ...(style.styleMasks && { styleMasks: pick(style.styleMasks, term.layers) }),
      })),
    }),
  );
}

/**
 * The objective and its gradient at an image. Call it inside a `tidy`: the caller owns what it returns.
 *
 * @param image RGB, [1, height, width, 3]
 * @param weights scalar tensors by term name
 */
export function evaluate(
  network: Pick<Network, "forward">,
  image: tf.Tensor4D,
  prepared: readonly PreparedTerm[],
  weights: Readonly<Record<string, tf.Scalar>>,
): Evaluation {
  const layers = networkLayers(prepared.map(({ term }) => term));
  const pass = layers.length > 0 ? network.forward(image, layers) : undefined;
  try {
    const features = { ...pass?.features, [imageLayer]: image };
    // The pass frees them, in whatever scope they are. A term sees by `kept` that its gradient needs no copy of them.
    for (const feature of Object.values(pass?.features ?? {})) tf.keep(feature);
    const gradients = new Map<string, tf.Tensor4D>();
    // A term may be called __proto__, which no assignment makes a name.
    const values = new Map<string, tf.Scalar>();
    for (const { term, targets } of prepared) {
      const given = Object.hasOwn(weights, term.name) ? weights[term.name] : undefined;
      const weight = given ?? tf.scalar(term.weight);
      const { value, found } = tf.tidy(() =>
        differentiate(term, pick(features, term.layers), targets, weight),
      );
      values.set(term.name, value);
      for (const [layer, gradient] of Object.entries(found)) {
        const total = gradientSum(gradients.get(layer), gradient);
        if (total !== undefined) gradients.set(layer, total);
      }
    }
    const take = (layer: string) => {
      const gradient = gradients.get(layer);
      gradients.delete(layer);
      return gradient;
    };
    const ofImage = take(imageLayer);
    const throughNetwork = pass?.backward(take);
    const gradient = gradientSum(ofImage, throughNetwork) ?? tf.zerosLike(image);
    return { loss: tf.addN([...values.values()]), gradient, terms: Object.fromEntries(values) };
  } finally {
    pass?.dispose();
  }
}

function differentiate(
  term: LossTerm,
  features: Features,
  targets: tf.TensorContainer,
  weight: tf.Scalar,
): { value: tf.Scalar; found: Record<string, tf.Tensor4D> } {
  const layers = Object.keys(features);
  const lossOf = (...activations: tf.Tensor[]): tf.Scalar => {
    const seen = Object.fromEntries(layers.map((layer, i) => [layer, activations[i] as tf.Tensor4D]));
    const loss = term.loss(seen, targets);
    if (!(loss instanceof tf.Tensor) || loss.rank !== 0)
      throw new TypeError(
        `Expected the loss ${quoted(term.name)} to be a scalar, got ${
          loss instanceof tf.Tensor ? `the shape [${loss.shape}]` : shown(loss)
        }.`,
      );
    return loss;
  };
  const { value, grads } = withRemedy(term, () =>
    withoutTape(() =>
      tf.valueAndGrads(lossOf)(Object.values(features), term.normalizeGradients ? undefined : weight),
    ),
  );
  const weighted = (gradient: tf.Tensor4D) =>
    term.normalizeGradients ? normalised(gradient, weight) : gradient;
  return {
    value: tf.mul(value, weight),
    found: Object.fromEntries(layers.map((layer, i) => [layer, weighted(grads[i] as tf.Tensor4D)])),
  };
}

/** A gradient whose absolute values sum to the weight; 0 stays 0. */
function normalised(gradient: tf.Tensor4D, weight: tf.Scalar): tf.Tensor4D {
  return tf.tidy(() => {
    // Channels first, as in `sumOfSquares`: one long sum would lose digits.
    const size = tf.sum(tf.sum(tf.abs(gradient), 3));
    return tf.mul(gradient, tf.div<tf.Scalar>(weight, tf.add(size, leastNorm)));
  });
}

/** Frees what TensorFlow.js has saved for gradients where computing them throws: it frees it only where nothing does. */
function withoutTape<Result>(compute: () => Result): Result {
  try {
    return compute();
  } catch (error) {
    const { state } = tf.engine();
    for (const { saved } of state.activeTape ?? []) tf.dispose(saved);
    state.activeTape = [];
    throw error;
  }
}

/** Turns TensorFlow.js's two errors about missing gradients into ones that say what a plugin's author can do. */
function withRemedy<Result>(term: LossTerm, compute: () => Result): Result {
  try {
    return compute();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : "";
    if (message.includes("gradient function not found"))
      throw new Error(
        `TensorFlow.js has no gradients registered for the loss ${quoted(term.name)}: start an engine of a Brushwork ` +
          `backend, or import "@tensorflow/tfjs-layers".`,
        { cause },
      );
    if (message.startsWith("Cannot compute gradient of y=f(x)"))
      throw new Error(
        `Expected the loss ${quoted(term.name)} to be computed from every layer it names (${term.layers.join(", ")}) ` +
          `by TensorFlow.js operations alone, got one without a gradient: name only the layers it uses.`,
        { cause },
      );
    throw cause;
  }
}

function pick(features: Features, layers: readonly string[]): Features {
  return Object.fromEntries(layers.map((layer) => [layer, activationOf(features, layer)]));
}
