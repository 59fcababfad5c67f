import type { Engine, Network, Picture, StylizeOptions } from "@brushwork/core";

const picture: Picture = { width: 100, height: 100, data: new Uint8ClampedArray(40_000) };

/** A kilobyte for each pixel, all in one tensor. */
const network = {
  name: "square",
  layers: ["relu1_1"],
  cost: ([height, width]: readonly [number, number]) => ({
    bytes: 1024 * height * width,
    largestTensorBytes: 1024 * height * width,
    operations: 0,
  }),
} as unknown as Network;

/** Of one square picture, on an engine with these limits. */
export function runOf(engine: Partial<Engine>, size: number): StylizeOptions {
  return {
    engine: { name: "abacus", memoryBytes: 2 ** 40, largestTensorBytes: 2 ** 40, ...engine } as Engine,
    network,
    content: picture,
    style: picture,
    terms: [
      { name: "content", weight: 1, layers: ["relu1_1"] } as unknown as StylizeOptions["terms"][number],
    ],
    scales: [{ size, steps: 1 }],
    margin: 0,
  };
}
