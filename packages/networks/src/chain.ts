import {
  type Features,
  type FeaturesCost,
  gradientSum,
  type LayerGeometry,
  type Network,
  type Pass,
  type StepCost,
} from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Convolution,
  convolution,
  convolve,
  convolveBack,
  type Padding,
  reluBack,
} from "./convolution.js";
import { type Pooling, pool, poolBack } from "./pooling.js";
import type { NamedArray, NamedArrays } from "./safetensors.js";

/** The options of a chain: 3×3 convolutions with relu, and a 2×2 pooling between its blocks. */
export interface ChainOptions {
  readonly name: string;
  /** Convolutions in each block: VGG-19 has [2, 2, 4, 4, 4]. */
  readonly blocks: readonly number[];
  /**
   * conv{block}_{index}/kernel [3, 3, in, out] and conv{block}_{index}/bias [out]; optionally
   * relu{block}_{index}/readout [out, channels], which multiplies the features of that relu, but not the input of the
   * next layer. The chain ends with the last convolution that has weights.
   */
  readonly weights: NamedArrays;
  readonly pooling: Pooling;
  /** Factor of each pooling's output, above 0. @default 1 */
  readonly poolingScale?: number | undefined;
  /** What the first layer sees beyond the image's border; the other layers see zeros. @default "zero" */
  readonly padding?: Padding | undefined;
  /** The first layer's input is (image − mean) · scale, for each channel of RGB, with the image in [0, 1]. */
  readonly input: { readonly mean: readonly number[]; readonly scale: readonly number[] };
  /** The layers to offer. Absent: all of them. */
  readonly offered?: readonly string[];
}

type ConvolutionLink = {
  readonly kind: "convolution";
  /** Layer names before and after the relu. */
  readonly conv: string;
  readonly relu: string;
  readonly inputs: number;
  readonly channels: number;
  readonly stride: number;
  readonly reach: number;
};

type PoolLink = {
  readonly kind: "pool";
  readonly pool: string;
  readonly channels: number;
  readonly stride: number;
  readonly reach: number;
};

type Link = ConvolutionLink | PoolLink;

type Size = readonly [height: number, width: number];

/** What the backward pass needs of a link: the output of a convolution's relu, or of a pooling. */
type Trace = { readonly link: Link; readonly output: tf.Tensor4D };

/**
 * A frozen network of the VGG family. Filters are uploaded when a layer first needs them.
 *
 * @throws {RangeError} when the weights of the first convolution, or of one in the middle, are missing; when an array
 * has the wrong shape
 */
export function chain({
  name,
  blocks,
  weights,
  pooling,
  poolingScale = 1,
  padding = "zero",
  input,
  offered,
}: ChainOptions): Network {
  const links = linksOf(name, blocks, weights);
  const byLayer = new Map<string, Link>(
    links.flatMap((link) => layersOf(link).map((layer): [string, Link] => [layer, link])),
  );
  const layers = [...byLayer.keys()].filter((layer) => offered?.includes(layer) ?? true);
  const convolutions = new Map<string, Convolution>();
  const readouts = new Map<string, tf.Tensor2D>();
  const mean = tf.keep(tf.tensor1d([...input.mean]));
  const scale = tf.keep(tf.tensor1d([...input.scale]));

  return {
    name,
    layers,
    geometry(layer): LayerGeometry {
      const { stride, reach, channels } = linkOf(layer);
      return { stride, reach, channels: weights[`${layer}/readout`]?.shape[1] ?? channels };
    },
    cost,
    featuresCost,
    features(image, wanted) {
      return tf.tidy(() => run(image, wanted, false).features);
    },
    forward(image, wanted) {
      return pass(tf.tidy(() => run(image, wanted, true)));
    },
    dispose() {
      for (const { filter, backFilter, bias } of convolutions.values())
        tf.dispose([filter, backFilter, bias]);
      tf.dispose([...readouts.values(), mean, scale]);
    },
  };

  function linkOf(layer: string): Link {
    const link = layers.includes(layer) ? byLayer.get(layer) : undefined;
    if (link === undefined)
      throw new RangeError(`Expected a layer of ${name}, got "${layer}"; there are ${layers.join(", ")}.`);
    return link;
  }

  /** The links up to the deepest layer. */
  function linksTo(wanted: readonly string[]): readonly Link[] {
    const deepest = Math.max(...wanted.map((layer) => links.indexOf(linkOf(layer))));
    return links.slice(0, deepest + 1);
  }

  function convolutionOf({ conv }: ConvolutionLink): Convolution {
    const made =
      convolutions.get(conv) ??
      convolution(named(weights, `${conv}/kernel`), named(weights, `${conv}/bias`).data);
    convolutions.set(conv, made);
    return made;
  }

  function paddingOf(link: Link): Padding {
    return link === links[0] ? padding : "zero";
  }

  function readoutOf(relu: string): tf.Tensor2D | undefined {
    const array = weights[`${relu}/readout`];
    if (array === undefined) return undefined;
    const made = readouts.get(relu) ?? tf.keep(tf.tensor2d(array.data, array.shape as [number, number]));
    readouts.set(relu, made);
    return made;
  }

  /** The forward pass, which frees what neither the caller nor, with `keep`, the backward pass needs. */
  function run(image: tf.Tensor4D, wanted: readonly string[], keep: boolean) {
    checkImage(image, wanted);
    const path = linksTo(wanted);
    const features: Record<string, tf.Tensor4D> = {};
    const traces: Trace[] = [];
    let x: tf.Tensor4D = tf.tidy(() => tf.mul(tf.sub(image, mean), scale));
    let needed = false;
    for (const link of path) {
      const before = x;
      const beforeNeeded = needed;
      needed = false;
      if (link.kind === "pool") {
        x = pool(before, pooling, poolingScale);
        if (wanted.includes(link.pool)) features[link.pool] = x;
        needed = wanted.includes(link.pool) || (keep && pooling === "max");
      } else {
        const filters = convolutionOf(link);
        if (wanted.includes(link.conv)) {
          features[link.conv] = convolve(before, filters, "linear", paddingOf(link));
          x = tf.relu(features[link.conv] as tf.Tensor4D);
        } else {
          x = convolve(before, filters, "relu", paddingOf(link));
        }
        const readout = readoutOf(link.relu);
        if (wanted.includes(link.relu))
          features[link.relu] = readout === undefined ? x : multiply(x, readout);
        needed = keep || features[link.relu] === x;
      }
      if (!beforeNeeded) before.dispose();
      traces.push({ link, output: x });
    }
    return { features, traces };
  }

  function pass({ features, traces }: ReturnType<typeof run>): Pass {
    let gone = false;
    const free = () => {
      gone = true;
      tf.dispose([Object.values(features), traces.map(({ output }) => output)]);
    };
    return {
      features,
      backward(gradientOf) {
        if (gone)
          throw new Error("The pass has already gone backward or been disposed of: call forward again.");
        try {
          return tf.tidy(() => back(features, traces, gradientOf));
        } finally {
          free();
        }
      },
      dispose: free,
    };
  }

  function back(
    features: Features,
    traces: readonly Trace[],
    gradientOf: (layer: string) => tf.Tensor4D | undefined,
  ): tf.Tensor4D {
    const outputs = new Set(traces.map(({ output }) => output));
    // Features that only the losses used.
    for (const feature of Object.values(features)) if (!outputs.has(feature)) feature.dispose();
    const asked = (layer: string) => (layer in features ? gradientOf(layer) : undefined);
    const [first] = traces;
    const size = first?.output.shape ?? [1, 0, 0, 0];
    let gradient: tf.Tensor4D | undefined;
    for (let i = traces.length - 1; i >= 0; i--) {
      const { link, output } = traces[i] as Trace;
      if (link.kind === "pool") {
        gradient = gradientSum(gradient, asked(link.pool));
        const input = (traces[i - 1] as Trace).output;
        gradient = replaced(gradient, (g) => poolBack(g, input, output, pooling, poolingScale));
      } else {
        const readout = readoutOf(link.relu);
        const atRelu = replaced(asked(link.relu), (g) =>
          readout === undefined ? g : multiply(g, readout, true),
        );
        gradient = replaced(gradientSum(gradient, atRelu), (g) => reluBack(g, output));
        gradient = gradientSum(gradient, asked(link.conv));
        gradient = replaced(gradient, (g) => convolveBack(g, convolutionOf(link), paddingOf(link)));
      }
      output.dispose();
    }
    return replaced(gradient, (g) => tf.mul(g, scale)) ?? tf.zeros([1, size[1], size[2], 3]);
  }

  function cost(size: Size, wanted: readonly string[]): StepCost {
    const { outputs, beside, pointerBytes, weightBytes, operations } = sizesAt(size, wanted);
    const kept = outputs.filter((output) => output.keptForStep).reduce((sum, { bytes }) => sum + bytes, 0);
    const largest = largestOf(outputs, 3);
    return {
      bytes: kept + beside + totalOf(largest) + 2 * pointerBytes + weightBytes,
      largestTensorBytes: largest[0] ?? 0,
      // The backward pass has the same convolutions as the forward pass.
      operations: 2 * operations,
    };
  }

  function featuresCost(size: Size, wanted: readonly string[]): FeaturesCost {
    const { outputs, beside, pointerBytes, weightBytes, operations } = sizesAt(size, wanted);
    const returned = outputs.filter((output) => output.returned).reduce((sum, { bytes }) => sum + bytes, 0);
    const largest = largestOf(outputs, 4);
    return {
      bytes: returned + beside,
      peakBytes: returned + beside + totalOf(largest) + pointerBytes + weightBytes,
      largestTensorBytes: largest[0] ?? 0,
      operations,
    };
  }

  /** What the links up to the deepest layer make at a size, and the operations of the forward pass. */
  function sizesAt([height, width]: Size, wanted: readonly string[]) {
    const path = wanted.length === 0 ? [] : linksTo(wanted);
    const outputs: { bytes: number; keptForStep: boolean; returned: boolean }[] = [];
    // Features that are no output of a link: what a relu is taken of, and readouts.
    let [beside, pointerBytes, weightBytes, operations] = [0, 0, 0, 0];
    for (const link of path) {
      const positions = Math.floor(height / link.stride) * Math.floor(width / link.stride);
      const bytes = positions * link.channels * 4;
      if (link.kind === "pool") {
        const returned = wanted.includes(link.pool);
        outputs.push({ bytes, keptForStep: pooling === "max" || returned, returned });
        continue;
      }
      const readout = weights[`${link.relu}/readout`];
      const asked = wanted.includes(link.relu);
      outputs.push({ bytes, keptForStep: true, returned: asked && readout === undefined });
      if (wanted.includes(link.conv)) beside += bytes;
      if (asked && readout !== undefined) beside += positions * (readout.shape[1] ?? 0) * 4;
      // XNNPACK has a pointer to each of the nine inputs of each output; other engines have workspace of their own.
      pointerBytes += 9 * positions * 4;
      // Each filter exists twice, and an engine may also hold both in two packed forms.
      weightBytes += 6 * 9 * link.inputs * link.channels * 4;
      operations += 2 * 9 * link.inputs * link.channels * positions;
    }
    return { outputs, beside, pointerBytes, weightBytes, operations };
  }

  function checkImage(image: tf.Tensor4D, wanted: readonly string[]): void {
    const [batch, height, width, channels] = image.shape;
    if (image.rank !== 4 || batch !== 1 || channels !== 3)
      throw new RangeError(`Expected an image of shape [1, height, width, 3], got [${image.shape}].`);
    if (wanted.length === 0) throw new RangeError(`Expected at least one layer of ${name}, got none.`);
    for (const layer of wanted) {
      const { stride } = linkOf(layer);
      if (Math.min(height, width) < stride)
        throw new RangeError(
          `Expected an image of at least ${stride}×${stride} for the layer ${layer}, got ${width}×${height}.`,
        );
    }
  }
}

/**
 * The largest outputs. A step's working memory is at most three of them, and that of making targets four: a loss
 * centres the features, transposes them, and an engine packs them.
 */
function largestOf(outputs: readonly { readonly bytes: number }[], count: number): readonly number[] {
  return outputs
    .map(({ bytes }) => bytes)
    .sort((a, b) => b - a)
    .slice(0, count);
}

function totalOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

function linksOf(name: string, blocks: readonly number[], weights: NamedArrays): readonly Link[] {
  const links: Link[] = [];
  const places = blocks.flatMap((convolutions, block) =>
    Array.from({ length: convolutions }, (_, i) => ({ block: block + 1, label: `${block + 1}_${i + 1}` })),
  );
  const last = places.findLastIndex(({ label }) => `conv${label}/kernel` in weights);
  const there = places.slice(0, last + 1);
  if (there.length === 0) throw new RangeError(`Expected weights of ${name} with conv1_1/kernel, got none.`);
  const strange = Object.keys(weights).find(
    (key) => /^conv\d+_\d+\/kernel$/.test(key) && !places.some(({ label }) => key === `conv${label}/kernel`),
  );
  if (strange !== undefined)
    throw new RangeError(
      `Expected weights of ${name}, got "${strange}", which it does not have: choose the network they are of.`,
    );
  let [channels, stride, reach, block] = [3, 1, 0, 1];
  const add = (place: (typeof places)[number]) => {
    if (place.block > block) {
      stride *= 2;
      links.push({ kind: "pool", pool: `pool${block}`, channels, stride, reach });
      block = place.block;
    }
    const conv = `conv${place.label}`;
    const relu = `relu${place.label}`;
    const out = checkedOutputs(weights, conv, relu, channels);
    reach += stride;
    links.push({ kind: "convolution", conv, relu, inputs: channels, channels: out, stride, reach });
    channels = out;
  };
  there.forEach(add);
  // The pooling after the last block is a layer too, as in VGG.
  if (last === places.length - 1)
    links.push({ kind: "pool", pool: `pool${block}`, channels, stride: stride * 2, reach });
  return links;
}

/** Checks the shapes of a convolution's arrays; returns its output channels. */
function checkedOutputs(weights: NamedArrays, conv: string, relu: string, inputs: number): number {
  const kernel = named(weights, `${conv}/kernel`);
  const outputs = kernel.shape[3] ?? 0;
  checkShape(`${conv}/kernel`, kernel, [3, 3, inputs, outputs]);
  checkShape(`${conv}/bias`, named(weights, `${conv}/bias`), [outputs]);
  const readout = weights[`${relu}/readout`];
  if (readout !== undefined) checkShape(`${relu}/readout`, readout, [outputs, readout.shape[1] ?? 0]);
  return outputs;
}

function checkShape(name: string, { shape, data }: NamedArray, expected: readonly number[]): void {
  const size = expected.reduce((product, side) => product * side, 1);
  if (
    shape.length !== expected.length ||
    shape.some((side, i) => side !== expected[i]) ||
    data.length !== size
  )
    throw new RangeError(
      `Expected the weights "${name}" to have the shape [${expected}], got [${shape}] with ${data.length} numbers.`,
    );
  if (size === 0) throw new RangeError(`Expected the weights "${name}" to hold numbers, got none.`);
  if (!data.every(Number.isFinite))
    throw new RangeError(
      `Expected the weights "${name}" to be finite, got NaN or infinity: get the file again.`,
    );
}

function named(weights: NamedArrays, name: string): NamedArray {
  const array = weights[name];
  if (array === undefined)
    throw new RangeError(
      `Expected weights that hold ${name}, got ${Object.keys(weights).length} arrays without it: the file is incomplete.`,
    );
  return array;
}

function layersOf(link: Link): readonly string[] {
  return link.kind === "pool" ? [link.pool] : [link.conv, link.relu];
}

/** The product [1, h, w, a] · [a, b], or with the transposed matrix. */
function multiply(x: tf.Tensor4D, matrix: tf.Tensor2D, transposed = false): tf.Tensor4D {
  return tf.tidy(() => {
    const [, height, width, channels] = x.shape;
    const rows = tf.reshape(x, [height * width, channels]);
    const right = transposed ? tf.transpose(matrix) : matrix;
    return tf.reshape(tf.matMul(rows, right), [1, height, width, -1]);
  });
}

/** The next gradient, computed from one that may be absent and is freed. */
function replaced(
  gradient: tf.Tensor4D | undefined,
  next: (gradient: tf.Tensor4D) => tf.Tensor4D,
): tf.Tensor4D | undefined {
  if (gradient === undefined) return undefined;
  const result = next(gradient);
  if (result !== gradient) gradient.dispose();
  return result;
}
