import { loadNetwork, startEngine } from "@brushwork/backend-node";
import { type Engine, NoRoom, type Picture, plan, type StylizeOptions, stylize } from "@brushwork/core";
import { compactRecipe, presets, type Recipe } from "@brushwork/recipes";
import { settings, type WasmBackend } from "@brushwork/runs";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

/** A picture of noise, in which every layer finds something. */
function picture(width: number, height: number): Picture {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < data.length; i++) data[i] = i % 4 === 3 ? 255 : (i * 7919) % 251;
  return { width, height, data };
}

interface Sizes {
  readonly content: readonly [width: number, height: number];
  readonly style: readonly [width: number, height: number];
}

/** The default recipe at one scale, with the content as it is; the style is scaled by its longer side. */
function optionsOf({ content, style }: Sizes, steps: number, changes: Partial<Recipe> = {}) {
  const recipe = { ...compactRecipe(presets.default.recipe), ...changes };
  const longer = Math.max(...content);
  return {
    ...settings(recipe),
    content: picture(...content),
    style: picture(...style),
    scales: [{ size: longer, steps }],
    styleScale: Math.max(...style) / longer,
  };
}

/** Runs an action on an engine of its own, with a fresh heap and the network compact. */
async function onWasm<Result>(
  threads: number,
  action: (base: Pick<StylizeOptions, "engine" | "network">, heap: () => number) => Promise<Result>,
): Promise<Result> {
  const engine: Engine = await startEngine("wasm", { threads });
  const { network } = await loadNetwork("compact");
  try {
    const { wasm } = tf.backend() as unknown as WasmBackend;
    return await action({ engine, network }, () => wasm.HEAPU8.length);
  } finally {
    network.dispose();
    await engine.stop();
  }
}

async function follow(options: StylizeOptions): Promise<void> {
  for await (const step of stylize(options))
    for (const loss of Object.values(await step.losses())) expect(loss).toBeLessThan(1000);
}

const relus = ["relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1"];
const withHistograms = [
  ...compactRecipe(presets.default.recipe).terms,
  { loss: "histogram", weight: 1, options: {} },
];
const shallow = compactRecipe(presets.default.recipe).terms.map((term) =>
  term.loss === "content" ? { ...term, options: { layers: relus, reduction: "relative" } } : term,
);

describe("the memory that is announced on wasm is what the heap grows by, or more", () => {
  it.each<[string, number, Sizes, Partial<Recipe>]>([
    ["a photograph on one thread", 1, { content: [256, 171], style: [256, 171] }, {}],
    ["a photograph on two threads", 2, { content: [256, 171], style: [256, 171] }, {}],
    ["a large style on one thread", 1, { content: [96, 72], style: [512, 384] }, {}],
    ["a large style on two threads", 2, { content: [96, 72], style: [512, 384] }, {}],
    ["a panorama and a square", 1, { content: [400, 40], style: [400, 400] }, {}],
    ["shallow layers of the content", 1, { content: [256, 171], style: [256, 171] }, { terms: shallow }],
    ["histograms", 1, { content: [256, 171], style: [256, 171] }, { terms: withHistograms }],
    [
      "the network's largest values",
      1,
      { content: [256, 171], style: [256, 171] },
      { network: { name: "compact", pooling: "max" } },
    ],
  ])("for %s", async (_, threads, sizes, changes) => {
    await onWasm(threads, async (base, heap) => {
      const options = { ...base, ...optionsOf(sizes, 3, changes) };
      const before = heap();
      await follow(options);
      const { bytes = 0 } = plan(options);
      const grown = heap() - before;
      expect(grown).toBeLessThanOrEqual(bytes);
      // Nor is far too much announced: what is refused could be painted.
      expect(grown).toBeGreaterThan(bytes / 2);
    });
  });
});

// Takes minutes and 4 GB.
describe.skipIf(process.env.BRUSHWORK_LARGEST !== "yes")(
  "the largest size that wasm accepts (BRUSHWORK_LARGEST=yes)",
  () => {
    const refused: readonly [string, Sizes][] = [
      ["a photograph", { content: [4096, 2731], style: [4096, 2731] }],
      ["a large style", { content: [96, 72], style: [9600, 7200] }],
    ];
    for (const threads of [1, 2])
      it.each(refused)(`is painted on ${threads} threads: %s`, async (_, sizes) => {
        await onWasm(threads, async (base) => {
          const options = { ...base, ...optionsOf(sizes, 1) };
          const refusal = await follow(options).catch((error: unknown) => error);
          expect(refusal).toBeInstanceOf(NoRoom);
          const { size, styleScale } = refusal as NoRoom;
          await follow(
            styleScale === undefined
              ? { ...options, scales: [{ size: size ?? 0, steps: 1 }] }
              : { ...options, styleScale },
          );
        });
      });
  },
);
