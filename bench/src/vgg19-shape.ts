import type { NamedArray, NamedArrays } from "@brushwork/networks";

/** Output channels of VGG-19's convolutions up to conv5_1, block by block. */
const blocks = [[64, 64], [128, 128], [256, 256, 256, 256], [512, 512, 512, 512], [512]];

/** The layers that the paper's losses use: a step goes as far as relu5_1. */
export const layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1"];

/** One convolution of VGG-19. */
export interface ConvolutionShape {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Image pixels per position, in each direction. */
  readonly stride: number;
}

/** VGG-19's convolutions up to conv5_1. */
export const convolutions: readonly ConvolutionShape[] = blocks.flatMap((block, b) =>
  block.map((outputs, c) => ({
    name: `conv${b + 1}_${c + 1}`,
    inputs: block[c - 1] ?? blocks[b - 1]?.at(-1) ?? 3,
    outputs,
    stride: 2 ** b,
  })),
);

/** Floating-point operations of one convolution's forward pass; a multiply-add counts as two. */
export function operationsOf({ inputs, outputs, stride }: ConvolutionShape, size: number): number {
  return 2 * 9 * inputs * outputs * Math.floor(size / stride) ** 2;
}

/** Noise in the shape of VGG-19's weights, scaled as by He et al. 2015, so that activations keep their magnitude. */
export function randomWeights(seed = 1): NamedArrays {
  const random = uniform(seed);
  return Object.fromEntries(
    convolutions.flatMap(({ name, inputs, outputs }): [string, NamedArray][] => {
      const range = Math.sqrt(6 / (9 * inputs));
      const kernel = Float32Array.from({ length: 9 * inputs * outputs }, () => range * (2 * random() - 1));
      return [
        [`${name}/kernel`, { shape: [3, 3, inputs, outputs], data: kernel }],
        [`${name}/bias`, { shape: [outputs], data: new Float32Array(outputs) }],
      ];
    }),
  );
}

/** Pseudo-random numbers in [0, 1), by Numerical Recipes' linear congruential generator. */
export function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
