import { type EngineName, startEngine } from "@brushwork/backend-node";
import type { Recipe, StylizeOptions } from "@brushwork/core";
import { settings } from "@brushwork/recipes";
import { checkedOptions, mistakenOption } from "./failure.js";
import { knownNetwork, type NetworkChoice, networkOfRecipe } from "./network-of-recipe.js";
import type { OutputOptions, Outputs } from "./outputs.js";
import { paintTo } from "./paint-to.js";
import type { Progress } from "./progress.js";

export interface MachineOptions {
  readonly engine?: EngineName | "auto";
  readonly threads?: number;
}

/** What is painted, and where to. */
export interface Commission {
  readonly recipe: Recipe;
  readonly outputs: Outputs;
  /** Called once, when the recipe has been found to be possible. */
  readonly sources: () => Promise<Pick<StylizeOptions, "content" | "style" | "init">>;
}

/**
 * Paints by a recipe: starts the engine, loads the network, writes the pictures, and frees everything.
 *
 * @param signal whose reason is an Interruption; the picture so far is written then
 */
export async function runRecipe(
  { recipe, outputs, sources }: Commission,
  options: MachineOptions & NetworkChoice & OutputOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const networkName = knownNetwork(recipe);
  checkedOptions(() => settings(recipe));
  const pictures = await sources();
  signal.throwIfAborted();

  const { engine: engineName = "auto", threads } = options;
  const engine = await startEngine(engineName, threads === undefined ? {} : { threads }).catch((error) => {
    throw mistakenOption(error);
  });
  try {
    const loaded = await networkOfRecipe(networkName, recipe, options, progress);
    const { network } = loaded;
    try {
      signal.throwIfAborted();
      const run = { ...settings(loaded.recipe), ...pictures, engine, network };
      await paintTo(outputs, run, loaded.recipe, options, progress, signal);
    } finally {
      network.dispose();
    }
  } finally {
    await engine.stop();
  }
}
