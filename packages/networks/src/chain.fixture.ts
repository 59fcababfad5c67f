import type { NamedArray, NamedArrays } from "./safetensors.js";

/**
 * Weights of a chain, under our names: noise, so that no kernel is symmetric, scaled so that activations stay near 1.
 *
 * @param channels output channels of each convolution, block by block
 */
export function sampleWeights(channels: readonly (readonly number[])[], seed = 1): NamedArrays {
  const random = uniform(seed);
  let inputs = 3;
  const arrays = channels.flatMap((block, b) =>
    block.flatMap((outputs, c): [string, NamedArray][] => {
      const range = Math.sqrt(6 / (9 * inputs));
      const kernel = array([3, 3, inputs, outputs], () => range * (2 * random() - 1));
      const bias = array([outputs], () => 0.4 * random() - 0.1);
      inputs = outputs;
      const conv = `conv${b + 1}_${c + 1}`;
      return [
        [`${conv}/kernel`, kernel],
        [`${conv}/bias`, bias],
      ];
    }),
  );
  return Object.fromEntries(arrays);
}

/** Noise of a shape, such as a readout's. */
export function sampleArray(shape: readonly number[], seed = 1): NamedArray {
  const random = uniform(seed);
  return array(shape, () => 2 * random() - 1);
}

/** An array whose element at a flat index is `at(index)`. */
export function array(shape: readonly number[], at: (index: number) => number): NamedArray {
  const size = shape.reduce((product, side) => product * side, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, index) => at(index)) };
}

/** Pseudo-random numbers in [0, 1), by Numerical Recipes' linear congruential generator. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
