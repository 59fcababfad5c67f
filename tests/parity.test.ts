import { type EngineName, loadNetwork, startEngine } from "@brushwork/backend-node";
import { adam, clamped, type Engine, stylize } from "@brushwork/core";
import { contentLoss } from "@brushwork/loss-content";
import { styleLoss } from "@brushwork/loss-style";
import { tvLoss } from "@brushwork/loss-tv";
import { wassersteinLoss } from "@brushwork/loss-wasserstein";
import { describe, expect, it } from "vitest";
import { absenceOfEngine } from "./absence-of-engine.js";
import { disc, stripes } from "./pictures.js";

type Losses = Readonly<Record<string, number>>;

const poolings = ["average", "max"] as const;

type Curves = Readonly<Record<(typeof poolings)[number], readonly Losses[]>>;

/** Losses of each step by pooling. On a GPU in software, most of the time goes into an engine's start. */
async function lossCurves(engineName: EngineName): Promise<Curves> {
  const engine = await startEngine(engineName, engineName === "wasm" ? { threads: 1 } : {});
  try {
    return { average: await lossCurve(engine, "average"), max: await lossCurve(engine, "max") };
  } finally {
    await engine.stop();
  }
}

/** Losses of each step from noise, over two sizes. */
async function lossCurve(engine: Engine, pooling: "average" | "max"): Promise<readonly Losses[]> {
  const { network } = await loadNetwork("compact", { pooling });
  const curve: Losses[] = [];
  const steps = stylize({
    engine,
    network,
    content: disc(64, 48),
    style: stripes(56, 64),
    terms: [
      contentLoss(),
      styleLoss({ weight: 0.5 }),
      // As large as the others, so that a difference shows in the curves of all.
      wassersteinLoss({ layers: ["relu1_1", "relu2_1", "relu3_1"], weight: 3e4 }),
      tvLoss({ weight: 3e5 }),
    ],
    optimizer: clamped(adam()),
    scales: [
      { size: 32, steps: 8 },
      { size: 48, steps: 4 },
    ],
    margin: 4,
    init: "noise",
    seed: 3,
  });
  for await (const step of steps) curve.push(await step.losses());
  network.dispose();
  return curve;
}

const missing = {
  native: await absenceOfEngine("native", async () => (await startEngine("native")).stop()),
  webgpu: await absenceOfEngine("webgpu", async () => (await startEngine("webgpu")).stop()),
};

/** What the others are compared with. */
const wasmCurves = once(() => lossCurves("wasm"));

describe.each(["native", "webgpu"] as const)("%s", (engine) => {
  const reason = missing[engine];
  describe.skipIf(reason !== undefined)(`beside wasm${reason ? `, skipped: ${reason}` : ""}`, () => {
    const otherCurves = once(() => lossCurves(engine));
    it.each(poolings)("has the same losses for 12 steps, %s pooling", async (pooling) => {
      const { [pooling]: wasm } = await wasmCurves();
      const { [pooling]: other } = await otherCurves();
      expect(wasm).toHaveLength(12);
      expect(wasm[7]!.total).toBeLessThan(wasm[0]!.total! / 2);
      const differences = wasm.map((losses, step) =>
        Object.entries(losses).map(([term, loss]) => Math.abs(other[step]![term]! - loss) / loss),
      );
      expect(Math.max(...differences.flat())).toBeLessThan(1e-3);
    });
  });
});

/** Makes a value when it is first asked for. */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
