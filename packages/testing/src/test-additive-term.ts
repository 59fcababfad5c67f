import {
  type Additive,
  activationOf,
  type Features,
  type LossTerm,
  type Measures,
  type Site,
  type Sources,
} from "@brushwork/core";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertClose } from "./assertions.js";
import type { Runner } from "./runner.js";
import { noise, scoped } from "./tensors.js";
import { differentiated, masksOf, noisyFeatures } from "./test-loss-term.js";

/**
 * Tests of a term's `additive`: the loss of a picture in pieces of different sizes, and its gradient, are those of the
 * whole. They need an engine with TensorFlow.js's gradients: start one in a `beforeAll`.
 */
export function testAdditiveTerm(
  { describe, it }: Runner,
  contract: { readonly name: string; readonly term: () => LossTerm; readonly tolerance?: number },
): void {
  const { tolerance = 1e-5 } = contract;
  describe(`${contract.name} is the same in pieces`, () => {
    it("without masks", () => scoped(() => compare(contract.term(), false, tolerance)));
    it("with soft masks, if it knows masks", () =>
      scoped(async () => {
        const term = contract.term();
        if (term.masks) await compare(term, true, tolerance);
      }));
  });
}

async function compare(term: LossTerm, isMasked: boolean, tolerance: number): Promise<void> {
  const { additive } = term;
  assert(additive !== undefined, "Expected the term to have `additive`, got none.");
  const size = [17, 14] as const;
  const content = noisyFeatures(term.layers, size, 10);
  const image = noisyFeatures(term.layers, size, 40);
  const soft = (features: Features, seed: number) =>
    masksOf(features, (shape) => {
      const mask = noise(shape, seed);
      return tf.div(mask, tf.mean(mask));
    });
  const pictures = isMasked
    ? [{ seed: 20, weight: 1 }]
    : [25, 75].map((seed) => ({ seed, weight: seed / 100 }));
  const styles: Sources["styles"] = pictures.map(({ seed, weight }) => {
    const features = noisyFeatures(term.layers, [9, 13], seed);
    return {
      features,
      weight,
      ...(isMasked && { contentMasks: soft(image, 70), styleMasks: soft(features, 80) }),
    };
  });
  const targets = tf.tidy(() => term.prepare({ content: { features: content }, styles }));
  const whole = await differentiated(term, image, targets);
  const goals = additive.prepare?.(
    styles.map(({ features, weight, styleMasks }) => ({
      weight,
      measures: measuresOf(term, features, { content, mask: styleMasks }),
    })),
  );
  const mask = styles[0]?.contentMasks;
  const loss = (features: Features) =>
    additive.score(measuresOf(term, features, { content, mask }), goals as tf.TensorContainer);
  const inPieces = await differentiated({ loss }, image, targets);
  assertClose([inPieces.value], [whole.value], "the loss in pieces", tolerance);
  for (const layer of term.layers) {
    const what = `the gradient in pieces with respect to ${layer}`;
    assertClose(inPieces.gradients[layer] ?? [], whole.gradients[layer] ?? [], what, tolerance);
  }
}

/** The sums of an additive term over four pieces of different sizes of each activation. */
function measuresOf(
  { additive, layers }: LossTerm,
  features: Features,
  beside: { readonly content: Features; readonly mask?: Features | undefined },
): Measures {
  const { beside: withContent, reach = 0, measure } = additive as Additive;
  return Object.fromEntries(
    layers.map((layer) => {
      const activation = activationOf(features, layer);
      const [, height, width] = activation.shape;
      const sums = new Map<string, tf.Tensor>();
      for (const rows of spans(height, Math.ceil(height / 3)))
        for (const columns of spans(width, Math.floor(width / 2))) {
          const seen = [grown(rows, reach, height), grown(columns, reach, width)] as const;
          const cut = (tensor: tf.Tensor4D) => part(tensor, seen);
          const found = measure(cut(activation), {
            layer,
            whole: activation.shape as Site["whole"],
            ...(withContent && { content: cut(activationOf(beside.content, layer)) }),
            ...(beside.mask && { mask: cut(activationOf(beside.mask, layer)) }),
            own: (map) =>
              part(map, [
                [rows[0] - seen[0][0], rows[1] - seen[0][0]],
                [columns[0] - seen[1][0], columns[1] - seen[1][0]],
              ]),
          });
          for (const [name, value] of Object.entries(found)) {
            const before = sums.get(name);
            sums.set(name, before === undefined ? value : tf.add(before, value));
          }
        }
      return [layer, Object.fromEntries(sums)];
    }),
  );
}

type Span = readonly [begin: number, end: number];

/** One or two spans, the first of which ends at a place. */
function spans(length: number, at: number): readonly Span[] {
  return at === 0 || at === length
    ? [[0, length]]
    : [
        [0, at],
        [at, length],
      ];
}

function grown([begin, end]: Span, by: number, length: number): Span {
  return [Math.max(0, begin - by), Math.min(length, end + by)];
}

function part(tensor: tf.Tensor4D, [rows, columns]: readonly [Span, Span]): tf.Tensor4D {
  const size = ([begin, end]: Span) => end - begin;
  return tf.slice(tensor, [0, rows[0], columns[0], 0], [1, size(rows), size(columns), tensor.shape[3]]);
}
