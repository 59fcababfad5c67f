import { readFileSync } from "node:fs";
import { gramMatrix } from "@brushwork/core";
import { type NamedArray, readSafetensors } from "@brushwork/networks";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { compactOnWasm } from "./compact-on-wasm.js";

// Held pictures of 64×64 and the gradients of compact's teachers at them: see training/README.md.
const check = readSafetensors(readFileSync(new URL("../training/check.safetensors", import.meta.url)));
const photographs = [0, 1];
const paintings = [4, 5];

describe("compact's gradients beside its teachers'", () => {
  const compact = compactOnWasm();

  // Cosines that training/measure.py found in float64, over two photographs and two pictures in mid-painting.
  it.each([
    ["1_1", [0.9775, 0.9896], [0.9777, 0.9904]],
    ["2_1", [0.858, 0.9391], [0.6242, 0.581]],
    ["3_1", [0.7651, 0.8431], [0.7049, 0.7993]],
    ["4_1", [0.7048, 0.6377], [-0.0212, 0.5927]],
    ["4_2", [0.5962, 0.5922], [0.6199, 0.6884]],
    ["5_1", [-0.2147, 0.4988], [0.7045, -0.2365]],
  ])("point in the directions measured in training, at relu%s", (layer, atPhotographs, atPaintings) => {
    for (const [i, cosine] of atPhotographs.entries())
      expect(cosineAt(photographs[i]!, layer), `photograph ${i}`).toBeCloseTo(cosine, 3);
    for (const [i, cosine] of atPaintings.entries())
      expect(cosineAt(paintings[i]!, layer), `painting ${i}`).toBeCloseTo(cosine, 3);
  });

  /** The cosine between the gradients with respect to the pixels, through compact and through its teacher. */
  function cosineAt(picture: number, layer: string): number {
    return tf.tidy(() => {
      const stored = (name: string) => tensorOf(check[`${picture}/${name}`]!);
      const image = tf.div<tf.Tensor4D>(stored("picture"), 255);
      const name = `relu${layer}`;
      const goal = (kind: "style" | "content") =>
        compact.network.features(tf.div(stored(kind), 255), [name])[name] as tf.Tensor4D;
      const pass = compact.network.forward(image, [name]);
      const activation = pass.features[name] as tf.Tensor4D;
      // Σ (F − P)² at relu4_2, else Σ (G − A)² of Gram matrices over positions; constant factors turn no gradient.
      const [rows, columns] = [activation.size / activation.shape[3], activation.shape[3]];
      const upstream =
        layer === "4_2"
          ? tf.sub<tf.Tensor4D>(activation, goal("content"))
          : tf.matMul<tf.Tensor2D>(
              tf.reshape(activation, [rows, columns]),
              tf.sub(gramMatrix(activation), gramMatrix(goal("style"))),
            );
      const gradient = pass.backward(() => tf.reshape(upstream, activation.shape));
      const taught = stored(`gradient/${layer}`);
      const product = tf.sum(tf.mul(gradient, taught));
      return tf.div(product, tf.mul(tf.norm(gradient), tf.norm(taught))).dataSync()[0]!;
    });
  }
});

function tensorOf({ shape, data }: NamedArray): tf.Tensor4D {
  return tf.tensor4d(Float32Array.from(data), [1, ...shape] as [number, number, number, number]);
}
