import "@tensorflow/tfjs-backend-cpu";
import { existsSync, readFileSync } from "node:fs";
import { testNetwork } from "@brushwork/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { array, sampleWeights } from "./chain.fixture.js";
import type { NamedArrays } from "./safetensors.js";
import { type VggOptions, vgg16, vgg19 } from "./vgg.js";
import { readWeights } from "./weights.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const narrow19 = sampleWeights([
  [2, 3],
  [3, 2],
  [2, 3, 2, 3],
  [4, 2, 3, 2],
  [3, 2, 2, 3],
]);
const narrow16 = sampleWeights([
  [2, 3],
  [3, 2],
  [2, 3, 2],
  [4, 2, 3],
  [3, 2, 2],
]);

/** Torchvision's indices of the convolutions, from its documentation of the models' layers. */
const indices19 = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34];
const indices16 = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];

testNetwork(
  { describe, it },
  {
    name: "vgg19",
    network: () => vgg19({ weights: narrow19 }),
    layers: ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "conv4_2", "relu5_1"],
    sizes: [[17, 16]],
  },
);

/** The features of an image at a layer. */
function seen(
  options: VggOptions,
  pixels: readonly number[],
  layer = "conv1_1",
  width = pixels.length / 3,
): number[] {
  return tf.tidy(() => {
    const network = vgg19(options);
    const image = tf.tensor4d([...pixels], [1, pixels.length / 3 / width, width, 3]);
    const values = Array.from(network.features(image, [layer])[layer]!.dataSync());
    network.dispose();
    return values;
  });
}

/** One convolution that passes on one of its three input channels. */
function picking(channel: number): NamedArrays {
  return {
    "conv1_1/kernel": array([3, 3, 3, 1], (index) => (index === 4 * 3 + channel ? 1 : 0)),
    "conv1_1/bias": array([1], () => 0),
  };
}

function renamed(weights: NamedArrays, rename: (name: string) => string): NamedArrays {
  return Object.fromEntries(Object.entries(weights).map(([name, array]) => [rename(name), array]));
}

/** Torchvision's names and order of axes. */
function asTorchvision(weights: NamedArrays, indices: readonly number[]): NamedArrays {
  const places = new Map(
    Object.keys(weights)
      .filter((name) => name.endsWith("/kernel"))
      .map((name, i) => [name.split("/")[0], indices[i]]),
  );
  return Object.fromEntries(
    Object.entries(weights).map(([name, { shape, data }]) => {
      const [conv, kind] = name.split("/");
      if (kind === "bias") return [`features.${places.get(conv)}.bias`, { shape, data }];
      const turned = tf.tidy(() => tf.transpose(tf.tensor(data, [...shape]), [3, 2, 0, 1]));
      const array = { shape: turned.shape, data: Float32Array.from(turned.dataSync()) };
      turned.dispose();
      return [`features.${places.get(conv)}.weight`, array];
    }),
  );
}

describe("vgg19 and vgg16", () => {
  it("have the layers of their papers' configurations E and D", () => {
    const [nineteen, sixteen] = [vgg19({ weights: narrow19 }), vgg16({ weights: narrow16 })];
    const relus = ({ layers }: typeof nineteen) =>
      layers.filter((layer) => layer.startsWith("relu")).join(" ");
    expect(relus(nineteen)).toBe(
      "relu1_1 relu1_2 relu2_1 relu2_2 relu3_1 relu3_2 relu3_3 relu3_4 " +
        "relu4_1 relu4_2 relu4_3 relu4_4 relu5_1 relu5_2 relu5_3 relu5_4",
    );
    expect(relus(sixteen)).toBe(
      "relu1_1 relu1_2 relu2_1 relu2_2 relu3_1 relu3_2 relu3_3 relu4_1 relu4_2 relu4_3 relu5_1 relu5_2 relu5_3",
    );
    expect(nineteen.layers).toHaveLength(16 + 16 + 5);
    expect(nineteen.layers.slice(-3)).toEqual(["conv5_4", "relu5_4", "pool5"]);
    nineteen.dispose();
    sixteen.dispose();
  });

  it("reach as far as the sum of their convolutions' reaches, each of one stride", () => {
    const [nineteen, sixteen] = [vgg19({ weights: narrow19 }), vgg16({ weights: narrow16 })];
    // Two convolutions at stride 1, two at 2, four at 4, four at 8 and one at 16; VGG-16 has three for each four.
    expect(nineteen.geometry?.("relu5_1")).toEqual({ stride: 16, reach: 2 + 4 + 16 + 32 + 16, channels: 3 });
    expect(sixteen.geometry?.("relu5_1")).toEqual({ stride: 16, reach: 2 + 4 + 12 + 24 + 16, channels: 3 });
    expect(nineteen.geometry?.("relu4_2")).toEqual({ stride: 8, reach: 2 + 4 + 16 + 16, channels: 2 });
    nineteen.dispose();
    sixteen.dispose();
  });

  it("give Caffe's weights blue, green and red on the scale of 255, less the mean pixel", () => {
    const [r, g, b] = [0.2, 0.4, 1];
    expect(seen({ weights: picking(0) }, [r, g, b])[0]).toBeCloseTo(255 - 103.939, 3);
    expect(seen({ weights: picking(1) }, [r, g, b])[0]).toBeCloseTo(102 - 116.779, 3);
    expect(seen({ weights: picking(2) }, [r, g, b])[0]).toBeCloseTo(51 - 123.68, 3);
  });

  it("give torchvision's weights red, green, blue, less the mean, over the deviation", () => {
    const torchvision = (channel: number) => asTorchvision(picking(channel), indices19);
    const [r, g, b] = [0.714, 0.008, 0.631];
    expect(seen({ weights: torchvision(0) }, [r, g, b])[0]).toBeCloseTo(1, 5);
    expect(seen({ weights: torchvision(1) }, [r, g, b])[0]).toBeCloseTo(-2, 5);
    expect(seen({ weights: torchvision(2) }, [r, g, b])[0]).toBeCloseTo(1, 5);
  });

  it("prefer a given preprocessing to the one that follows from the names", () => {
    const pixel = [0.714, 0.008, 1];
    expect(
      seen({ weights: asTorchvision(picking(0), indices19), preprocessing: "caffe" }, pixel)[0],
    ).toBeCloseTo(255 - 103.939, 3);
    expect(seen({ weights: picking(0), preprocessing: "torchvision" }, pixel)[0]).toBeCloseTo(1, 5);
  });

  it("are 0 to 256 for caffe-256, in Caffe's order", () => {
    const pixel = [0.5, 0.25, 0.75] as const;
    const found = [0, 1, 2].map(
      (channel) => seen({ weights: picking(channel), preprocessing: "caffe-256" }, pixel)[0],
    );
    expect(found[0]).toBeCloseTo(192 - 103.939, 3);
    expect(found[1]).toBeCloseTo(64 - 116.779, 3);
    expect(found[2]).toBeCloseTo(128 - 123.68, 3);
  });

  it("reorder torchvision's [out, in, height, width]", () => {
    // Output 0 is the red of the pixel to the upper right, output 1 the green of the pixel itself.
    const kernel = array([2, 3, 3, 3], (index) => (index === 2 || index === 27 + 9 + 4 ? 1 : 0));
    const weights = { "features.0.weight": kernel, "features.0.bias": array([2], () => 0) };
    const red = (value: number) => [0.485 + 0.229 * value, 0.456, 0.406];
    const pixels = [...red(1), ...red(2), ...red(3), 0.485, 0.68, 0.406];
    const values = seen({ weights }, pixels, "conv1_1", 2);
    [0, 0, 0, 0, 2, 0, 0, 1].forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value, 5);
    });
  });

  const pixels = Array.from({ length: 16 * 16 * 3 }, (_, i) => ((i * 37) % 101) / 100);
  const expected = () => seen({ weights: narrow19 }, pixels, "relu5_1", 16);

  it.each<[string, NamedArrays]>([
    ["Keras's names", renamed(narrow19, (name) => name.replace(/conv(.)_(.)/, "block$1_conv$2"))],
    [
      "Keras's names in a model",
      renamed(narrow19, (name) => `vgg19/${name.replace(/conv(.)_(.)/, "block$1_conv$2")}:0`),
    ],
    ["torchvision's names", asTorchvision(narrow19, indices19)],
    [
      "torchvision's names in a model",
      renamed(asTorchvision(narrow19, indices19), (name) => `module.${name}`),
    ],
    ["arrays of other layers", { ...narrow19, "predictions/kernel": array([4], () => Number.NaN) }],
  ])("know %s", (_, weights) => {
    expect(seen({ weights, preprocessing: "caffe" }, pixels, "relu5_1", 16)).toEqual(expected());
  });

  it("know torchvision's names of vgg16", () => {
    const network = vgg16({ weights: asTorchvision(narrow16, indices16) });
    expect(network.layers.at(-1)).toBe("pool5");
    network.dispose();
  });

  it("name the layer that a file lacks", () => {
    const { "features.12.weight": _, ...torchvision } = asTorchvision(narrow19, indices19);
    expect(() => vgg19({ weights: torchvision })).toThrow(
      "Expected weights that hold conv3_2/kernel, got 31 arrays",
    );
    const { "conv4_1/bias": __, ...own } = narrow19;
    const keras = renamed(own, (name) => name.replace(/conv(.)_(.)/, "block$1_conv$2"));
    expect(() => vgg19({ weights: keras })).toThrow("Expected weights that hold conv4_1/bias, got 31 arrays");
  });

  it("refuse each other's weights, other networks' and duplicates", () => {
    expect(() => vgg16({ weights: narrow19 })).toThrow(
      'Expected weights of vgg16, got "conv3_4/kernel", which it does not have',
    );
    expect(() => vgg19({ weights: narrow16 })).toThrow("Expected weights that hold conv3_4/kernel");
    expect(() => vgg19({ weights: asTorchvision(narrow16, indices16) })).toThrow(
      /^Expected torchvision's vgg19 .* whose convolutions are features\.0, 2, 5, .* 34, got "features\.17\.weight"\.$/,
    );
    const normalised = {
      ...asTorchvision(narrow19, indices19),
      "features.1.running_mean": array([2], () => 0),
    };
    expect(() => vgg19({ weights: normalised })).toThrow(
      /without batch normalisation.*"features\.1\.running_mean"/,
    );
    const twice = { ...narrow19, "block1_conv1/bias": array([2], () => 0) };
    expect(() => vgg19({ weights: twice })).toThrow(
      'Expected one array for conv1_1/bias of vgg19, got "block1_conv1/bias" as well.',
    );
  });
});

/** The cat Chelsea by Stéfan van der Walt (CC0), 24×16 pixels, RGB. */
const photograph = Uint8Array.from(
  Buffer.from(
    `
  n4l9mYN2kWpQh048n3Vnrop2nXVdk2tOhFxAfVc7iGZKiWhQc1ZAbkw1YkIrfVk5l25Jm3Zlpn94pXp4n29sWz4yQCodQywf
  t6OimoN6d04xjFtDoXlkmnNXjmZKimNFh2JGgF1DhmNJiWlPgF5EhGFHakkwd1M4fVQzn3tfpoB2pG9lhFxOZUg6aUk5Zkc3
  uqamnoZ9flU1onxZlXFVkWtNjmRDjmNBgVYye1Auk29UimZKimRIg2BGe1g+fFtBgV1Bnntfo3hhoWtWgmZceV5ReVtMd1tN
  z7u6r5aMk21KonlUn3xdkGtNnnRQonZUl21NjWJAm3VWiVw2o3lXgF1CgVs/hmFDlXFXnnxhpHxikm5md1ZVgGVdgmtggGpf
  zLi4q4+BlWtHi2JCd1AzjmNBpnlRmXJWg2BCfFo8nXVXmmU6t4pjnHNTnW5HrYFfnXRRpH9jpYNkknhvi25ugmtkgWxhhnFm
  xLG0mX1tgVg5bUcugVQ1mmg/soRhck4pbFczIh4YVzoco3RWq39ipH1guYlgt49wq39bn3hapYNoqpR/q5yUeGZgZlJKhG9n
  h21if1xDeVAykmdHrYZomWlApXlWkW5EX1IpMy4bW0IafVpMtIlvlW5Stopnr4ZnZU48Tzoig1k2ooRtmoiAbVVQZEdAc1VK
  Z0YulHBWm3RYupR7tI52lmlGiVo1k2hEhmQ0b1YmRSsZbks9wph6n3VUr4JepYBfMy0ZV0ctoXdVt5iIvqemu6Kfr5KOlnZv
  b041lG5RhVg6oHRYsYlulmhIjmA9kWVBm21GoXNLg04sbz0fs4RcrX5UsX5Ql25Ka1Eofl07qX5el3pkln5wmoF3qJKMpY+J
  hmNIk2tMj2VFiVU0j14+gUsph1Uyi1w4jGA9nnBGnWo9dkAYlVsps3xEx5FdlWI2lmc+o3dRiWJAel5JdVhCbFE/b1VEe2FR
  imZKnHhknnlejF9Cl2pRoHNan3FWl2hLl2lFnXFMnXFIiVMlgEIVpWUox5Fbm2c5i141iWA8kXVoiHBphG1igGhfoYqBvKSg
  gFk7mXhprIt7mnNaiVo/mWxTrod0s4t0sYVfpHFBnWo8qGkweDgMilIhtIZYlF8xiFoxkW5RoYqCtaOmu6eooIuIrpeSvqej
  d04tiGZUsZKIrIdznXRbjFxAmnFbtZB6uotjqXVGmGI0uIBOek0uXisUg0QngE0pk2U7n4Blj3FanIV7uaWknIZ/ppCJvKWg
  elAvelQ9qIl9t5eKs5B/qYNtk2dOo3xksoZfpXBCo2s9uIpptpWEXzEibC0YmXJZm3FLn4NtlHhilXljjHZsiXJorpeOwaml
  glo5gFY4q4p8vp6RupmLtJSEqod2n3lno31lmm5NlGZKlGtXlG9fZ0g8elxPlG5TlnFRknhmj3Vhr5eFloB0moN4u6WeuaKd
  fFU1lGxMrY17vJyPvJyOt5aHr41+qYZ2o39tnnlokm1ciGFSgVdJhV9Rk3Jekm9VlXdgoYd1vKKQw6ydl4J0g2xjppGMqpWQ
    `,
    "base64",
  ),
);

const weightFile = new URL("../../../../shared/networks/vgg19-blocks1-3.safetensors", import.meta.url);

describe.skipIf(!existsSync(weightFile))("vgg19 on real weights (skipped where they are not at hand)", () => {
  // From an independent implementation in NumPy, in float64.
  it.each([
    ["average", "relu1_1", 20.044746, [5.060701, 53.456672, 0]],
    ["average", "relu3_1", 58.548403, [24.001468, 169.935822, 0]],
    ["max", "relu3_1", 151.18145, [0, 552.615625, 0]],
  ] as const)(
    "sees with %s pooling at %s what it should in a photograph",
    async (pooling, layer, mean, entries) => {
      const network = vgg19({ weights: await readWeights(readFileSync(weightFile)), pooling });
      const image = tf.tensor4d(
        Float32Array.from(photograph, (value) => value / 255),
        [1, 16, 24, 3],
      );
      const feature = network.features(image, [layer])[layer]!;
      const [, height, width, channels] = feature.shape;
      const at = (y: number, x: number, channel: number) => feature.bufferSync().get(0, y, x, channel);
      expect(tf.mean(feature).dataSync()[0]).toBeCloseTo(mean, 2);
      expect(at(0, 0, 1)).toBeCloseTo(entries[0], 2);
      expect(at(height / 2, width / 2, channels / 2)).toBeCloseTo(entries[1], 2);
      expect(at(height - 1, width - 1, 5)).toBeCloseTo(entries[2], 2);
      network.dispose();
    },
  );
});
