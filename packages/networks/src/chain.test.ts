import "@tensorflow/tfjs-backend-cpu";
import { testNetwork } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { array, sampleArray, sampleWeights } from "./chain.fixture.js";
import { type ChainOptions, chain } from "./chain.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** conv1_1, conv1_2, pool1, conv2_1, pool2, conv3_1, where its weights end; no two widths are alike. */
const small: ChainOptions = {
  name: "small",
  blocks: [2, 1, 2],
  weights: sampleWeights([[4, 5], [6], [2]]),
  pooling: "average",
  input: { mean: [0.4, 0.5, 0.6], scale: [1.5, 2, 2.5] },
};

const readouts = {
  ...small.weights,
  "relu1_2/readout": sampleArray([5, 3], 7),
  "relu3_1/readout": sampleArray([2, 4], 8),
};

const sizes = [
  [9, 7],
  [8, 12],
  [11, 6],
] as const;

for (const pooling of ["average", "max"] as const) {
  testNetwork(
    { describe, it },
    { name: `a chain with ${pooling} pooling`, network: () => chain({ ...small, pooling }), sizes },
  );
  testNetwork(
    { describe, it },
    {
      name: `a chain with ${pooling} pooling and readouts`,
      network: () => chain({ ...small, pooling, weights: readouts }),
      layers: ["relu1_1", "relu1_2", "pool1", "conv2_1", "relu3_1"],
      sizes,
    },
  );
}

testNetwork(
  { describe, it },
  {
    name: "a chain with replicate padding and average pooling times 2",
    network: () => chain({ ...small, padding: "replicate", poolingScale: 2 }),
    sizes,
  },
);
testNetwork(
  { describe, it },
  {
    name: "a chain with replicate padding and maximum pooling times 0.78",
    network: () => chain({ ...small, pooling: "max", padding: "replicate", poolingScale: 0.78 }),
    // At 11×6 two values of a window are so nearly equal that a numeric gradient takes a step from one to the other.
    sizes: [sizes[0], sizes[1], [10, 7]],
  },
);

/** One convolution that passes the red channel on, then a pooling. */
const red: ChainOptions = {
  name: "red",
  blocks: [1],
  weights: {
    "conv1_1/kernel": array([3, 3, 3, 1], (index) => (index === 4 * 3 ? 1 : 0)),
    "conv1_1/bias": array([1], () => 0),
  },
  pooling: "average",
  input: { mean: [0, 0, 0], scale: [1, 1, 1] },
};

/** An image of these reds, row by row, without green and blue. */
function reds(rows: readonly (readonly number[])[]): tf.Tensor4D {
  return tf.tensor4d([rows.map((row) => row.map((value) => [value, 0, 0]))]);
}

/** The reds of an image, row by row. */
function redsOf(image: tf.Tensor4D): number[] {
  return Array.from(image.dataSync()).filter((_, i) => i % 3 === 0);
}

/** A layer's features, and the gradient with respect to the reds for a gradient of `gradient` all over the layer. */
function evaluated(options: ChainOptions, image: tf.Tensor4D, gradients: Readonly<Record<string, number[]>>) {
  const network = chain(options);
  const pass = network.forward(image, Object.keys(gradients));
  const features = Object.fromEntries(
    Object.entries(pass.features).map(([layer, feature]) => [layer, Array.from(feature.dataSync())]),
  );
  const shapes = new Map(Object.entries(pass.features).map(([layer, { shape }]) => [layer, shape]));
  const gradient = pass.backward((layer) => tf.tensor4d(gradients[layer]!, shapes.get(layer)!));
  network.dispose();
  return { features, gradient: redsOf(gradient) };
}

describe("chain", () => {
  let tensorsBefore = 0;
  beforeEach(() => {
    tensorsBefore = tf.memory().numTensors;
    tf.engine().startScope();
    return () => {
      tf.engine().endScope();
      expect(tf.memory().numTensors).toBe(tensorsBefore);
    };
  });

  it("offers the layers of its convolutions and poolings, shallow to deep", () => {
    const { layers, dispose } = chain({ ...small, blocks: [2, 1, 1] });
    expect(layers.join(" ")).toBe(
      "conv1_1 relu1_1 conv1_2 relu1_2 pool1 conv2_1 relu2_1 pool2 conv3_1 relu3_1 pool3",
    );
    dispose();
  });

  it("ends where its weights do", () => {
    const { layers, dispose } = chain(small);
    expect(layers.at(-1)).toBe("relu3_1");
    dispose();
  });

  it("sees a bright pixel through a kernel of ones as a square of three by three", () => {
    const weights = {
      "conv1_1/kernel": array([3, 3, 3, 1], () => 1),
      "conv1_1/bias": array([1], () => -0.5),
    };
    const image = reds([
      [0, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 0],
    ]);
    const { features } = evaluated({ ...red, weights }, image, {
      conv1_1: Array(12).fill(0),
      relu1_1: Array(12).fill(0),
    });
    const row = [0.5, 0.5, 0.5, -0.5];
    expect(features.conv1_1).toEqual([...row, ...row, ...row]);
    expect(features.relu1_1).toEqual([0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0]);
  });

  it("sees copies of the border pixels beyond the border, and differentiates through them", () => {
    const weights = {
      "conv1_1/kernel": array([3, 3, 3, 1], (index) => (index % 3 === 0 ? 1 : 0)),
      "conv1_1/bias": array([1], () => 0),
    };
    // Extended by their copies, the rows are 1 1 2 2 twice and 10 10 20 20 twice; each output is a sum of nine.
    const { features, gradient } = evaluated(
      { ...red, weights, padding: "replicate" },
      reds([
        [1, 2],
        [10, 20],
      ]),
      { conv1_1: [1, 0, 0, 0] },
    );
    expect(features.conv1_1).toEqual([48, 60, 84, 105]);
    // The first output has the first pixel four times, its neighbours twice, and the last pixel once.
    expect(gradient).toEqual([4, 2, 2, 1]);
  });

  it("pads with copies at the first layer alone", () => {
    const passOn = (inputs: number) => ({
      kernel: array([3, 3, inputs, 1], (index) => (index % inputs === 0 ? 1 : 0)),
      bias: array([1], () => 0),
    });
    const [first, second] = [passOn(3), passOn(1)];
    const weights = {
      "conv1_1/kernel": first.kernel,
      "conv1_1/bias": first.bias,
      "conv1_2/kernel": second.kernel,
      "conv1_2/bias": second.bias,
    };
    const { features } = evaluated({ ...red, blocks: [2], weights, padding: "replicate" }, reds([[1]]), {
      conv1_1: [0],
      conv1_2: [0],
    });
    expect(features).toEqual({ conv1_1: [9], conv1_2: [9] });
  });

  it.each(["average", "max"] as const)("multiplies the output of %s pooling", (pooling) => {
    const image = reds([
      [3, 3],
      [3, 3],
    ]);
    const { features, gradient } = evaluated({ ...red, pooling, poolingScale: 2 }, image, { pool1: [8] });
    expect(features.pool1).toEqual([6]);
    expect(gradient).toEqual([4, 4, 4, 4]);
  });

  it("normalises its input, and differentiates through that", () => {
    const input = { mean: [0.25, 0, 0], scale: [4, 1, 1] };
    const { features, gradient } = evaluated({ ...red, input }, reds([[0.5, 0.75]]), { conv1_1: [1, 10] });
    expect(features.conv1_1).toEqual([1, 2]);
    expect(gradient).toEqual([4, 40]);
  });

  it("adds the gradients of layers before and after a relu", () => {
    const { features, gradient } = evaluated(red, reds([[1, -1, 0]]), {
      conv1_1: [10, 20, 30],
      relu1_1: [1, 2, 3],
    });
    expect(features).toEqual({ conv1_1: [1, -1, 0], relu1_1: [1, 0, 0] });
    expect(gradient).toEqual([11, 20, 30]);
  });

  it("leaves an odd last row and column out of average pooling", () => {
    const image = reds([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    const { features, gradient } = evaluated(red, image, { pool1: [8] });
    expect(features.pool1).toEqual([3]);
    expect(gradient).toEqual([2, 2, 0, 2, 2, 0, 0, 0, 0]);
  });

  it("shares the gradient of a maximum among equally large values", () => {
    const image = reds([
      [3, 3, 1, 2, 9],
      [0, 3, 1, 1, 9],
    ]);
    const { features, gradient } = evaluated({ ...red, pooling: "max" }, image, { pool1: [6, 5] });
    expect(features.pool1).toEqual([3, 2]);
    expect(gradient).toEqual([2, 2, 0, 5, 0, 0, 2, 0, 0, 0]);
  });

  it("multiplies the features by a readout, not the input of the next layer", () => {
    const weights = { ...red.weights, "relu1_1/readout": array([1, 2], (i) => 2 + i) };
    const image = reds([
      [4, -1],
      [0, 8],
    ]);
    const { features, gradient } = evaluated({ ...red, weights }, image, {
      relu1_1: [1, 10, 0, 0, 0, 0, 0, 100],
      pool1: [4],
    });
    expect(features).toEqual({ relu1_1: [8, 12, 0, 0, 0, 0, 16, 24], pool1: [3] });
    expect(gradient).toEqual([1 * 2 + 10 * 3 + 1, 0, 0, 100 * 3 + 1]);
  });

  it("computes nothing past the deepest layer, and uploads no filter before it is needed", async () => {
    const network = chain(small);
    const image = tf.zeros<tf.Rank.R4>([1, 8, 8, 3]);
    const [before, profile] = [
      tf.memory().numTensors,
      await tf.profile(() => network.features(image, ["relu1_2"])),
    ];
    expect(profile.kernels.filter(({ name }) => name === "FusedConv2D")).toHaveLength(2);
    expect(profile.kernels.filter(({ name }) => name === "AvgPool")).toHaveLength(0);
    // A filter, the filter of the backward pass and a bias, for each of two convolutions; and the feature.
    expect(tf.memory().numTensors - before).toBe(7);
    network.dispose();
  });

  it.each([
    ["average", "zero", 1],
    ["max", "zero", 1],
    ["average", "replicate", 2],
    ["max", "replicate", 2],
  ] as const)(
    "holds the kept activations and three tensors at most, with %s pooling and %s padding",
    async (pooling, padding, poolingScale) => {
      const network = chain({ ...small, pooling, padding, poolingScale });
      const image = tf.zeros<tf.Rank.R4>([1, 15, 17, 3]);
      const layers = ["relu1_1", "conv1_2", "relu2_1", "relu3_1"];
      const step = () =>
        tf.tidy(() => {
          const pass = network.forward(image, layers);
          const shapes = new Map(Object.entries(pass.features).map(([layer, { shape }]) => [layer, shape]));
          pass.backward((layer) => tf.ones(shapes.get(layer)!));
        });
      step();
      const before = tf.memory().numBytes;
      const { peakBytes } = await tf.profile(step);
      const [first, second, third] = [15 * 17, 7 * 8, 3 * 4];
      // relu1_1, conv1_2, relu1_2, relu2_1, relu3_1; a maximum's backward pass also needs the pooled values.
      const kept =
        4 * (first * (4 + 5 + 5) + second * 6 + third * 2 + (pooling === "max" ? second * 5 + third * 6 : 0));
      expect(peakBytes - before).toBeGreaterThan(kept);
      expect(peakBytes - before).toBeLessThanOrEqual(kept + 3 * 4 * first * 5);
      network.dispose();
    },
  );

  it("knows where its layers lie over the image", () => {
    const network = chain({ ...small, weights: readouts });
    expect(network.geometry?.("relu1_2")).toEqual({ stride: 1, reach: 2, channels: 3 });
    expect(network.geometry?.("pool1")).toEqual({ stride: 2, reach: 2, channels: 5 });
    expect(network.geometry?.("conv2_1")).toEqual({ stride: 2, reach: 4, channels: 6 });
    expect(network.geometry?.("relu3_1")).toEqual({ stride: 4, reach: 8, channels: 4 });
    network.dispose();
  });

  it("knows what a step costs", () => {
    const network = chain(small);
    // 10×6 positions. relu1_1 has 4 channels, relu1_2 5: kept 4·60·9 bytes; the image's 3 channels are not a layer.
    // Working memory is 4·60·(5 + 4), all there is; filters 9·(3·4 + 4·5) numbers in six forms; 4 operations each.
    // Two convolutions forward and two backward have nine pointers of 4 bytes to each position.
    expect(network.cost?.([10, 6], ["relu1_2"])).toEqual({
      bytes: 4 * 60 * 9 + 4 * 60 * 9 + 4 * 9 * 4 * 60 + 6 * 4 * 9 * 32,
      largestTensorBytes: 4 * 60 * 5,
      operations: 4 * 60 * 9 * 32,
    });
    expect(network.cost?.([10, 6], []).operations).toBe(0);
    // Only the features that were asked for stay, and the forward pass is half of the operations.
    expect(network.featuresCost?.([10, 6], ["relu1_2"])).toEqual({
      bytes: 4 * 60 * 5,
      peakBytes: 4 * 60 * 5 + 4 * 60 * 9 + 2 * 9 * 4 * 60 + 6 * 4 * 9 * 32,
      largestTensorBytes: 4 * 60 * 5,
      operations: 2 * 60 * 9 * 32,
    });
    expect(network.featuresCost?.([10, 6], []).operations).toBe(0);
    network.dispose();
  });

  it("refuses invalid images and layers before anything is computed", () => {
    const network = chain(small);
    const image = tf.zeros<tf.Rank.R4>([1, 4, 3, 3]);
    expect(() => network.features(image, ["relu3_1"])).toThrow(
      new RangeError("Expected an image of at least 4×4 for the layer relu3_1, got 3×4."),
    );
    expect(() => network.forward(image, [])).toThrow(
      new RangeError("Expected at least one layer of small, got none."),
    );
    expect(() => network.forward(tf.zeros([2, 4, 4, 3]), ["relu1_1"])).toThrow(
      new RangeError("Expected an image of shape [1, height, width, 3], got [2,4,4,3]."),
    );
    expect(() => network.cost?.([8, 8], ["relu9_1"])).toThrow(
      /^Expected a layer of small, got "relu9_1"; there are/,
    );
    network.dispose();
  });

  it.each([
    [
      "a kernel missing in the middle",
      "conv1_2/kernel",
      undefined,
      "Expected weights that hold conv1_2/kernel, got 7 arrays",
    ],
    ["a bias missing", "conv2_1/bias", undefined, "Expected weights that hold conv2_1/bias, got 7 arrays"],
    [
      "a kernel of another shape",
      "conv1_2/kernel",
      array([3, 3, 3, 5], () => 0),
      'the weights "conv1_2/kernel" to have the shape [3,3,4,5], got [3,3,3,5]',
    ],
    [
      "a kernel of five by five",
      "conv1_1/kernel",
      array([5, 5, 3, 4], () => 0),
      'the weights "conv1_1/kernel" to have the shape [3,3,3,4], got [5,5,3,4]',
    ],
    [
      "fewer numbers than the shape says",
      "conv1_1/bias",
      { shape: [4], data: new Float32Array(3) },
      "to have the shape [4], got [4] with 3 numbers",
    ],
    ["NaN", "conv2_1/bias", array([6], () => Number.NaN), 'the weights "conv2_1/bias" to be finite'],
    [
      "no outputs",
      "conv1_1/kernel",
      array([3, 3, 3, 0], () => 0),
      'the weights "conv1_1/kernel" to hold numbers',
    ],
    [
      "a readout of other channels",
      "relu1_2/readout",
      array([4, 4], () => 0),
      'the weights "relu1_2/readout" to have the shape [5,4], got [4,4]',
    ],
    [
      "a convolution that it does not have",
      "conv1_3/kernel",
      array([3, 3, 5, 5], () => 0),
      'Expected weights of small, got "conv1_3/kernel", which it does not have',
    ],
  ])("refuses weights with %s, and says which", (_, name, changed, sentence) => {
    const { [name]: __, ...others } = small.weights;
    const weights = changed === undefined ? others : { ...others, [name]: changed };
    expect(() => chain({ ...small, weights })).toThrow(RangeError);
    expect(() => chain({ ...small, weights })).toThrow(sentence);
  });

  it("refuses weights without a single convolution", () => {
    expect(() => chain({ ...small, weights: {} })).toThrow(
      new RangeError("Expected weights of small with conv1_1/kernel, got none."),
    );
  });
});
