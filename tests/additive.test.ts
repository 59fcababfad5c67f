import { type EngineName, startEngine } from "@brushwork/backend-node";
import { type Engine, imageLayer } from "@brushwork/core";
import { contentLoss } from "@brushwork/loss-content";
import { laplacianLoss } from "@brushwork/loss-laplacian";
import { momentsLoss } from "@brushwork/loss-moments";
import { styleLoss } from "@brushwork/loss-style";
import { tvLoss } from "@brushwork/loss-tv";
import { wassersteinLoss } from "@brushwork/loss-wasserstein";
import { testAdditiveTerm } from "@brushwork/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { absenceOfEngine } from "./absence-of-engine.js";

const absence: Partial<Record<EngineName, string | undefined>> = {
  native: await absenceOfEngine("native", async () => (await startEngine("native")).stop()),
};

describe.each(["wasm", "native"] as const)("on the engine %s", (name) => {
  const missing = absence[name];
  describe.skipIf(missing !== undefined)(missing ? `skipped: ${missing}` : "a loss", () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await startEngine(name);
    });
    afterAll(() => engine.stop());

    const runner = { describe, it };
    const layers = [imageLayer, "relu1_1", "relu2_1"];
    for (const reduction of ["mean", "sum", "relative"] as const) {
      const options = { layers, layerWeights: { relu1_1: 3 }, reduction };
      const losses = { contentLoss, styleLoss, momentsLoss };
      for (const [loss, make] of Object.entries(losses))
        testAdditiveTerm(runner, { name: `${loss}, ${reduction}`, term: () => make(options) });
      // The inverse of the covariance's root multiplies the rounding of its smallest variances.
      testAdditiveTerm(runner, {
        name: `wassersteinLoss, ${reduction}`,
        term: () => wassersteinLoss(options),
        tolerance: 1e-4,
      });
      // Squares larger than the picture, and several sizes.
      for (const poolSizes of [[1], [2, 4], [30]])
        testAdditiveTerm(runner, {
          name: `laplacianLoss of ${poolSizes.join(" and ")}, ${reduction}`,
          term: () => laplacianLoss({ poolSizes, reduction }),
        });
    }
    testAdditiveTerm(runner, {
      name: "wassersteinLoss to a barycenter, with fixed iterations",
      term: () => wassersteinLoss({ layers, blending: "barycenter", epsilon: 1e-4, iterations: 12 }),
      tolerance: 1e-4,
    });
    for (const kind of ["squared", "absolute", "inner", "nine-point"] as const)
      for (const reduction of ["mean", "sum"] as const)
        testAdditiveTerm(runner, {
          name: `tvLoss, ${kind}, ${reduction}`,
          term: () => tvLoss({ kind, reduction }),
        });
  });
});
