import { startEngine } from "@brushwork/backend-node";
import { type Picture, stylize } from "@brushwork/core";
import { type NamedArrays, vgg19 } from "@brushwork/networks";
import { presets } from "@brushwork/recipes";
import { settings } from "@brushwork/runs";
import { expect, it } from "vitest";

/** Channels-last values of a square layer. */
interface Layer {
  readonly side: number;
  readonly channels: number;
  readonly values: readonly number[];
}

const side = 32;
const blocks = [2, 2, 4, 4, 1];
const widths = [3, 4, 5, 6, 4];

/** A repeatable number in [0, 1) for a whole one: the fraction of a large sine. */
const arbitrary = (seed: number) => {
  const value = Math.sin(seed * 12.9898 + 4.1414) * 43758.5453;
  return value - Math.floor(value);
};

const picture = (seed: number): Picture => ({
  width: side,
  height: side,
  data: Uint8ClampedArray.from({ length: side * side * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : Math.floor(arbitrary(seed + i) * 256),
  ),
});

function tinyWeights(): NamedArrays {
  const weights: Record<string, NamedArrays[string]> = {};
  let inputs = 3;
  blocks.forEach((convolutions, block) => {
    const outputs = widths[block] ?? 0;
    for (let i = 1; i <= convolutions; i++) {
      const filled = (seed: number, shape: readonly number[], size: number) => ({
        shape,
        data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => {
          return (arbitrary(seed + at) - 0.4) * size;
        }),
      });
      const seed = 1000 * (10 * block + i);
      weights[`conv${block + 1}_${i}/kernel`] = filled(seed, [3, 3, inputs, outputs], 0.5);
      weights[`conv${block + 1}_${i}/bias`] = filled(seed + 777, [outputs], 1);
      inputs = outputs;
    }
  });
  return weights;
}

/** The relus of a chain, written out: blue, green, red in 0–255 less the mean pixel, convolutions, averages. */
function relus({ data }: Picture, weights: NamedArrays): ReadonlyMap<string, Layer> {
  const meanPixel = [103.939, 116.779, 123.68];
  const values: number[] = [];
  for (let i = 0; i < data.length; i += 4)
    for (let c = 0; c < 3; c++) values.push((data[i + 2 - c] ?? 0) - (meanPixel[c] ?? 0));
  let layer: Layer = { side, channels: 3, values };
  const found = new Map<string, Layer>();
  blocks.forEach((convolutions, block) => {
    if (block > 0) layer = averaged(layer);
    for (let i = 1; i <= convolutions; i++) {
      const name = `${block + 1}_${i}`;
      layer = convolved(layer, weights[`conv${name}/kernel`]!, weights[`conv${name}/bias`]!.data);
      found.set(`relu${name}`, layer);
    }
  });
  return found;
}

function convolved(layer: Layer, { shape, data }: NamedArrays[string], bias: Float32Array): Layer {
  const outputs = shape[3] ?? 0;
  const values: number[] = [];
  for (let y = 0; y < layer.side; y++)
    for (let x = 0; x < layer.side; x++)
      for (let o = 0; o < outputs; o++) {
        let sum = bias[o] ?? 0;
        for (let dy = -1; dy <= 1; dy++)
          for (let dx = -1; dx <= 1; dx++) {
            const [row, column] = [y + dy, x + dx];
            if (row < 0 || column < 0 || row >= layer.side || column >= layer.side) continue;
            for (let c = 0; c < layer.channels; c++)
              sum +=
                layer.values[(row * layer.side + column) * layer.channels + c]! *
                data[(((dy + 1) * 3 + dx + 1) * layer.channels + c) * outputs + o]!;
          }
        values.push(Math.max(0, sum));
      }
  return { side: layer.side, channels: outputs, values };
}

function averaged({ side, channels, values }: Layer): Layer {
  const half = side / 2;
  const at = (y: number, x: number, c: number) => values[(y * side + x) * channels + c]!;
  return {
    side: half,
    channels,
    values: Array.from({ length: half * half * channels }, (_, i) => {
      const c = i % channels;
      const [x, y] = [2 * (Math.floor(i / channels) % half), 2 * Math.floor(i / channels / half)];
      return (at(y, x, c) + at(y, x + 1, c) + at(y + 1, x, c) + at(y + 1, x + 1, c)) / 4;
    }),
  };
}

function gram({ channels, values }: Layer): readonly number[] {
  return Array.from({ length: channels ** 2 }, (_, i) => {
    const [a, b] = [Math.floor(i / channels), i % channels];
    let sum = 0;
    for (let at = 0; at < values.length; at += channels) sum += values[at + a]! * values[at + b]!;
    return sum;
  });
}

const distance = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);

it("the paper preset's loss is what its equations give, to 1e-4", async () => {
  const [content, style, image] = [picture(1), picture(50_000), picture(90_000)];
  const weights = tinyWeights();
  const [P, S, F] = [relus(content, weights), relus(style, weights), relus(image, weights)];
  // Keras's weights take BGR, and so does the chain above. Equations 1, 3 to 5 and 7; α = 1, β = 1000; the layers'
  // divisors are VGG-19's at 224×224.
  const expectedContent = 0.5 * distance(F.get("relu4_2")!.values, P.get("relu4_2")!.values);
  const divisors: Readonly<Record<string, number>> = {
    relu1_1: 4 * 64 ** 2 * 50_176 ** 2,
    relu2_1: 4 * 128 ** 2 * 12_544 ** 2,
    relu3_1: 4 * 256 ** 2 * 3_136 ** 2,
    relu4_1: 4 * 512 ** 2 * 784 ** 2,
    relu5_1: 4 * 512 ** 2 * 196 ** 2,
  };
  const expectedStyle = Object.entries(divisors).reduce(
    (sum, [layer, divisor]) =>
      sum + (1000 * 0.2 * distance(gram(F.get(layer)!), gram(S.get(layer)!))) / divisor,
    0,
  );
  let expectedTv = 0;
  const level = (y: number, x: number, c: number) => image.data[(y * side + x) * 4 + c]!;
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      for (let c = 0; c < 3; c++) {
        if (x + 1 < side) expectedTv += 10 * (level(y, x + 1, c) - level(y, x, c)) ** 2;
        if (y + 1 < side) expectedTv += 10 * (level(y + 1, x, c) - level(y, x, c)) ** 2;
      }

  const engine = await startEngine("wasm", { threads: 1 });
  const network = vgg19({ weights });
  try {
    for await (const step of stylize({
      ...settings(presets.paper.recipe),
      engine,
      network,
      content,
      style,
      init: image,
      scales: [{ size: [side, side], steps: 1 }],
    })) {
      const losses = await step.losses();
      expect(losses.content! / expectedContent).toBeCloseTo(1, 4);
      expect(losses.style! / expectedStyle).toBeCloseTo(1, 4);
      expect(losses.tv! / expectedTv).toBeCloseTo(1, 4);
      expect(losses.total! / (expectedContent + expectedStyle + expectedTv)).toBeCloseTo(1, 4);
    }
  } finally {
    network.dispose();
    await engine.stop();
  }
});
