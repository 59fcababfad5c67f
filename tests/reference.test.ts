import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { loadNetwork, readPicture, startEngine } from "@brushwork/backend-node";
import { adam, type LossTerm, lbfgs, type Optimizer, stylize } from "@brushwork/core";
import { contentLoss } from "@brushwork/loss-content";
import { styleLoss } from "@brushwork/loss-style";
import { describe, expect, it } from "vitest";

const shared = new URL("../../shared/", import.meta.url);
const pathOf = (name: string) => fileURLToPath(new URL(name, shared));
const absent =
  !existsSync(pathOf("reference")) || !existsSync(pathOf("networks/vgg19-blocks1-3.safetensors"));

interface Reference {
  readonly losses: readonly number[];
  readonly termsAtStep1: { readonly content: number; readonly style: readonly number[] };
}

const styleLayers = ["relu1_1", "relu2_1", "relu3_1"];

/** neural-style-pt's objective but for total variation; a style term for each layer, as it prints them. */
const terms: readonly LossTerm[] = [
  contentLoss({ weight: 5, layers: ["relu3_2"] }),
  ...styleLayers.map((layer) => ({ ...styleLoss({ weight: 100, layers: [layer] }), name: layer })),
];

describe.skipIf(absent)(
  `the curves of neural-style-pt${absent ? ", skipped: there is no shared folder beside the repository" : ""}`,
  () => {
    /** Starts an engine, and makes a function that paints with an optimizer, and one that frees everything. */
    async function prepared(engineName: "auto" | "wasm") {
      const engine = await startEngine(engineName);
      const { network } = await loadNetwork("vgg19", {
        weights: pathOf("networks/vgg19-blocks1-3.safetensors"),
        pooling: "max",
      });
      const [content, style] = await Promise.all(
        ["content", "style"].map((name) => readPicture(pathOf(`reference/${name}.png`))),
      );
      return {
        painting: (terms: readonly LossTerm[], steps: number, optimizer: Optimizer) =>
          stylize({
            engine,
            network,
            content: content!,
            style: style!,
            terms,
            optimizer,
            scales: [{ size: 128, steps }],
            margin: 0,
          }),
        async stop() {
          network.dispose();
          await engine.stop();
        },
      };
    }

    // A step of one level.
    const theirAdam = adam({ learningRate: 1 / 255, beta2: 0.999 });

    const readReference = async (name: string): Promise<Reference> =>
      JSON.parse(await readFile(pathOf(`reference/${name}.json`), "utf8"));

    it("begin where ours does, term by term", async () => {
      const reference = await readReference("pt-lbfgs");
      const { painting, stop } = await prepared("auto");
      for await (const step of painting(terms, 1, theirAdam)) {
        const losses = await step.losses();
        expect(losses.content).toBe(0);
        styleLayers.forEach((layer, i) => {
          expect(relative(losses[layer]!, reference.termsAtStep1.style[i]!), layer).toBeLessThan(1e-4);
        });
        expect(relative(losses.total!, reference.losses[0]!)).toBeLessThan(1e-4);
      }
      await stop();
    });

    // On WebAssembly, which adds up convolutions as they are written: the faster algorithm of the native engine rounds
    // more, and the first step is so small that its rounding shows in the differences of gradients.
    it("are followed by ours under L-BFGS for 20 steps", async () => {
      const { losses: expected } = await readReference("pt-lbfgs");
      const { painting, stop } = await prepared("wasm");
      const differences: number[] = [];
      for await (const step of painting(terms, 20, lbfgs({ history: 100, range: 255 }))) {
        const { total } = await step.losses();
        differences.push(relative(total!, expected[step.index - 1]!));
      }
      await stop();
      expect(differences[0]).toBeLessThan(1e-4);
      expect(Math.max(...differences)).toBeLessThan(1e-2);
    });
  },
);

const relative = (value: number, expected: number) => Math.abs(value - expected) / expected;
