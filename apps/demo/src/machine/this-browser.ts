import {
  checkRecipe,
  engineNames,
  engineReports,
  lossSupport,
  paint,
  readRecipe,
  weightStore,
} from "@brushwork/backend-web";
import { oneOf } from "@brushwork/core/reading";
import { pageWorker as worker } from "../page-worker.js";
import type { Machine } from "./machine.js";

/** Paints in a worker of this page. */
export const machine: Machine = {
  kind: "browser",
  engines: engineNames,
  paint: ({ content, style, recipe, engine, weights, previewEvery, signal }) =>
    paint({
      ...{ content, style, recipe, previewEvery, worker },
      engine: oneOf(engine, "the engine", ["auto", ...engineNames]),
      ...(weights && { weights }),
      ...(signal && { signal }),
    }),
  engineReports: () => engineReports({ worker }),
  lossSupport: () => lossSupport({ worker }),
  checkRecipe: (recipe) => checkRecipe(recipe, { worker }),
  readRecipe: (file) => readRecipe(file, { worker }),
  hasWeights: async () => (await weightStore().status("vgg19")) === "kept",
};
